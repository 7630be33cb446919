"""What labels alone decide: a model below the bar where nothing better serves, and models that order more together."""

import json
import random
import re

import tiny
from hub_server import Hub
from model_servers import ModelServer
from support import jsonl, lines, run, validator
from test_find_reward_model import chosen


def doubtful(count=60):
    """Pairs of which three in ten have their labels the wrong way round: the right model orders 70 %, which is not surely above 60 %."""
    rows = []
    for i, (prompt, better, worse) in enumerate(tiny.pairs("chat", count, 5)):
        labels = [0, 1] if i % 10 < 3 else [1, 0]
        rows.append(
            {"id": i, "prompt": f"{prompt} ({i})", "responses": [better, worse], "labels": labels, "task": "chat"}
        )
    return rows


def build(folder, small_hub, environment, name, rows):
    (folder / "rows.jsonl").write_text(jsonl(rows))
    with Hub(*small_hub) as hub:
        env = {**environment, "HF_ENDPOINT": hub.url}
        run(
            "build",
            folder / "rows.jsonl",
            "--out",
            folder / name,
            "--quiet",
            "--hub",
            "on",
            env=env,
            timeout=300,
        )
    report = json.loads(run("report", folder / name, "--json").stdout)
    validator("report").validate(report)
    (task,) = [task for task in report["tasks"] if task["task"] == "chat"]
    return task


def cards(library):
    found = json.loads(run("tools", "--library", library, "--json").stdout)
    return {card["name"]: card for card in (found if isinstance(found, list) else found["tools"])}


def test_the_best_there_is_serves_with_its_fault_stated(small_hub, environment, tmp_path):
    task = build(tmp_path, small_hub, environment, "lib", doubtful())
    assert chosen(task) == "rm_lab_chat_reward" and task["missing"] is None
    assert "below the bar, and the best there is" in task["route"]["why"], task["route"]["why"]
    faults = {fault["kind"]: fault for fault in cards(tmp_path / "lib")["rm_lab_chat_reward"]["faults"]}
    assert (
        abs(faults["wrong_order"]["rate"] - 0.3) < 0.05
        and faults["wrong_order"]["ci"][0] < 0.3 < faults["wrong_order"]["ci"][1]
    )


def test_a_library_that_wants_nothing_below_the_bar_gets_nothing(small_hub, environment, tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "settings.toml").write_text("[gate]\nweak = 0\n")
    task = build(tmp_path, small_hub, environment, "lib", doubtful())
    assert chosen(task) is None and "no reward model is good enough" in task["missing"]


def test_a_few_rows_admit_what_is_always_right_and_nothing_else(small_hub, environment, tmp_path):
    """Twelve labelled rows prove nothing by the gate; a model that is right on all of them is surely better than chance."""
    rows = [{**row, "labels": [1, 0]} for row in doubtful(12)]
    task = build(tmp_path, small_hub, environment, "lib", rows)
    assert chosen(task) == "rm_lab_chat_reward" and "only 12 rows to prove it on" in task["route"]["why"]
    rng = random.Random(1)
    coin = [{**row, "labels": rng.choice([[1, 0], [0, 1]])} for row in rows]
    assert chosen(build(tmp_path, small_hub, environment, "coin", coin)) is None


def small(name, count=14):
    """A task of fourteen rows, ten of which have their labels the right way round: too few to say more than chance."""
    rows = []
    for i, (prompt, better, worse) in enumerate(tiny.pairs("chat", count, len(name))):
        labels = [0, 1] if i % 7 < 2 else [1, 0]
        rows.append(
            {
                "id": f"{name}{i}",
                "prompt": f"{prompt} ({name})",
                "responses": [better, worse],
                "labels": labels,
                "task": name,
            }
        )
    return rows


def test_tasks_of_too_few_rows_stand_together_before_a_model_that_serves(small_hub, environment, tmp_path):
    def served(name, rows):
        build(tmp_path, small_hub, environment, name, rows)
        report = json.loads(run("report", tmp_path / name, "--json").stdout)
        return {task["task"]: (chosen(task), (task["route"] or {}).get("why", "")) for task in report["tasks"]}

    both = served("both", doubtful() + small("talk") + small("banter"))
    for task in ("talk", "banter"):
        assert both[task][0] == "rm_lab_chat_reward", both
        assert "on the 28 rows of 2 such tasks together 71.4 %" in both[task][1], both
    alone = served("alone", doubtful() + small("talk"))
    assert alone["chat"][0] == "rm_lab_chat_reward" and alone["talk"][0] is None, alone
    against = [{**row, "labels": row["labels"][::-1]} for row in small("banter")]
    assert served("against", doubtful() + small("talk") + against)["talk"][0] is None


def counter(word):
    """A reward model behind TEI's interface that counts one word."""

    def answer(path, body):
        return [
            [{"label": "L", "score": float(len(re.findall(word, one[0].split("\n", 1)[1])))}] for one in body["inputs"]
        ]

    return answer


def half_and_half(count=60):
    """The better response has more red in even rows, more blue in odd ones; lengths tell nothing."""
    rows = []
    for i in range(count):
        word = ["red ", "blue"][i % 2]
        better, worse = f"{word} {word} thing {i}", f"{word} grey thing {i}"
        pair = [better, worse + " "] if i % 4 < 2 else [better + " ", worse]
        rows.append({"id": i, "prompt": f"Paint thing {i}.", "responses": pair, "labels": [1, 0], "task": "paint"})
    return rows


def test_models_that_order_more_together_are_weighed_together(tmp_path):
    (tmp_path / "rows.jsonl").write_text(jsonl(half_and_half()))
    library = tmp_path / "lib"
    with ModelServer(counter("red")) as red, ModelServer(counter("blue")) as blue:
        for name, server in {"reds": red, "blues": blue}.items():
            run(
                "models",
                "add",
                name,
                "--backend",
                "tei",
                "--url",
                server.url,
                "--library",
                library,
                "--data",
                tmp_path / "rows.jsonl",
            )
        run("build", tmp_path / "rows.jsonl", "--out", library, "--quiet", "--hub", "off")
        report = json.loads(run("report", library, "--json").stdout)
        validator("report").validate(report)
        (task,) = report["tasks"]
        row = {
            "prompt": "Paint thing 99.",
            "task": "paint",
            "responses": ["red  red thing", "blue blue thing", "grey grey thing"],
        }
        got = lines(run("score", "--library", library, input=jsonl([row])).stdout)
        # A second build finds the same, and keeps both tools.
        run("build", tmp_path / "rows.jsonl", "--out", library, "--quiet", "--hub", "off")
        again = json.loads(run("report", library, "--json").stdout)["tasks"][0]
    route = task["route"]
    assert route["combine"] == "weighted" and {part["tool"].split("@")[0] for part in route["parts"]} == {
        "reds",
        "blues",
    }, route
    assert "together they order 100.0 %" in route["why"] and "out of sample" in route["why"], route["why"]
    assert got[0]["value"] > got[2]["value"] and got[1]["value"] > got[2]["value"], got
    assert again["route"]["parts"] == route["parts"]
    assert {"reds", "blues"} <= set(cards(library))


def forgetful(path, body):
    """Likes a reply that is sorry, and reads no further than its seventh word; behind TEI's interface."""
    read = [" ".join(one[0].split("\n", 1)[1].split()[:7]) for one in body["inputs"]]
    return [[{"label": "L", "score": 2.0 * ("sorry" in text) + 0.05 * len(text)}] for text in read]


def replies(count=60):
    """Good replies end with an offer, which tells a whole one; the others are curt, or long-winded."""
    things = ["lamp", "oven", "clock", "radio", "fence", "boat", "kettle", "bicycle"]
    verbs, ends = ["oil", "wash", "seal", "warm", "polish"], ["tell me how it goes .", "ask me again any time ."]
    return [
        {
            "id": i,
            "prompt": f"My {things[i % 8]} is broken ({i}).",
            "responses": [
                f"I am sorry . {verbs[i % 5]} the {things[i % 8]} . {ends[i % 2]}",
                "do not bother me" + " now" * (20 * (i % 2)),
            ],
            "labels": [1, 0],
            "task": "repair",
        }
        for i in range(count)
    ]


def test_a_later_build_keeps_a_guarded_model_on_its_scale(tmp_path):
    rows, library = tmp_path / "rows.jsonl", tmp_path / "lib"
    rows.write_text(jsonl(replies()))
    some = jsonl([{"prompt": "My oven is broken.", "task": "repair", "responses": replies()[1]["responses"]}])
    routes, scores = [], []
    with ModelServer(forgetful) as server:
        run(
            "models", "add", "kindly", "--backend", "tei", "--url", server.url, "--library", library, "--data", rows,
        )  # fmt: skip
        for _ in range(3):
            run("build", rows, "--out", library, "--quiet", "--hub", "off")
            routes.append(json.loads(run("report", library, "--json").stdout)["tasks"][0]["route"])
            scores.append([line["components"] for line in lines(run("score", "--library", library, input=some).stdout)])
    assert routes[0]["combine"] == "min" and [part["tool"].split("@")[0] for part in routes[0]["parts"]] == [
        "kindly",
        "like_known",
    ], routes[0]
    assert "kindly/raw" in scores[0][0], scores[0]
    assert scores == [scores[0]] * 3
    assert [route["parts"] for route in routes] == [routes[0]["parts"]] * 3
