"""The agent that finds reward models: the best for each task by its own measure, none of the decoys, none where none is good enough."""

import json
import random
import time

import pytest
import tiny
from chat_server import Chat
from hub_server import Hub
from support import jsonl, lines, run, serve, validator

PLACES = "attic cellar barn kitchen balcony".split()


def preference_rows(kind, count=40):
    return [
        {"id": f"{kind}{i}", "prompt": prompt, "chosen": better, "rejected": worse, "task": kind}
        for i, (prompt, better, worse) in enumerate(tiny.pairs(kind, count, 5))
    ]


def coin_rows(count=40):
    """Pairs that nothing tells apart: no model can be good enough."""
    rng = random.Random(4)
    rows = []
    for i in range(count):
        first, second = (f"It is the {rng.choice(PLACES)} with the {rng.choice(tiny.THINGS)}." for _ in range(2))
        if first != second:
            prompt = f"Guess number {i}: in which place did somebody hide a thing?"
            rows.append({"id": f"coin{i}", "prompt": prompt, "chosen": first, "rejected": second, "task": "coin"})
    return rows


@pytest.fixture(scope="module")
def built(hub_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    rows = [row for kind in ("chat", "safety", "stories") for row in preference_rows(kind)] + coin_rows()
    (folder / "rows.jsonl").write_text(jsonl(rows))
    import os
    import sys

    inherited = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    with Hub(*hub_folder) as hub:
        environment = {
            **inherited, "RLAR_MODELS_PYTHON": sys.executable, "HF_HOME": str(folder / "hf"), "HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_canary41",
        }  # fmt: skip
        done = run(
            "build",
            folder / "rows.jsonl",
            "--out",
            folder / "lib",
            "--quiet",
            "--hub-trials",
            "8",
            env=environment,
            timeout=500,
        )
        assert not any(
            "hf_canary41" in path.read_text(errors="ignore") for path in (folder / "lib").rglob("*") if path.is_file()
        )
        assert b"hf_canary41" not in done.stdout + done.stderr
    report = json.loads(run("report", folder / "lib", "--json").stdout)
    return folder, {task["task"]: task for task in report["tasks"]}, report, environment


def chosen(task):
    return task["route"]["parts"][0]["tool"].split("@")[0] if task["route"] else None


def test_the_best_model_serves_each_task(built):
    _, tasks, report, _ = built
    validator("report").validate(report)
    assert {name: chosen(task) for name, task in tasks.items()} == {
        "chat": "rm_lab_chat_reward",
        "safety": "rm_lab_safety_reward",
        "stories": "rm_lab_stories_reward",
        "coin": None,
    }
    assert "no reward model is good enough" in tasks["coin"]["missing"]


def test_every_decoy_is_refused_with_its_reason(built):
    _, tasks, _, _ = built
    why = {trial["model"]: trial["why"] for trial in tasks["chat"]["models"]}
    for model, says in {
        "odd/masked-reward": "architecture",
        "lab/gated-reward": "gated",
        "huge/reward-70b": "too large",
        "old/pickle-reward": "pickle",
        "odd/broken-reward": "no score",
        "odd/headless-reward": "lack the weights",
        "liar/sota-chat-safety-stories": "pairs",
        "big/verbose-reward": "pairs",
    }.items():
        assert says in why[model], (model, why[model])
    admitted = [trial for trial in tasks["chat"]["models"] if trial["admitted"]]
    assert [trial["model"] for trial in admitted] == ["lab/chat-reward"]
    evidence = admitted[0]["evidence"]
    assert evidence["accuracy"] > 0.95 and evidence["rows"] >= 30 and evidence["ci"][0] > 0.6


def test_scores_of_the_library(built):
    folder, _, _, environment = built
    rows = [{**row, "responses": [row.pop("chosen"), row.pop("rejected")]} for row in preference_rows("safety", 12)]
    got = lines(run("score", "--library", folder / "lib", input=jsonl(rows), env=environment, timeout=120).stdout)
    assert all(line["status"] == "ok" and "logit" in line["components"] for line in got), got
    assert all(a["value"] > b["value"] for a, b in zip(got[::2], got[1::2]))
    # The same over HTTP, bit for bit, and without the Hub.
    offline = {**environment, "HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://127.0.0.1:9"}
    import os

    old = dict(os.environ)
    os.environ.update(offline)
    try:
        with serve("--library", folder / "lib") as server:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                _, reply, _ = server.request("/v1/score", {"rows": rows})
                if all(line["status"] == "ok" for line in reply["results"]):
                    break
    finally:
        os.environ.clear()
        os.environ.update(old)
    assert [line["value"] for line in reply["results"]] == [line["value"] for line in got]


def test_what_is_in_the_library_is_tried_before_the_hub(built, tmp_path):
    folder, _, _, environment = built
    offline = {**environment, "HF_ENDPOINT": "http://127.0.0.1:9"}
    (tmp_path / "rows.jsonl").write_text(jsonl(preference_rows("chat")))
    run(
        "build",
        tmp_path / "rows.jsonl",
        "--out",
        folder / "lib2",
        "--library",
        folder / "lib",
        "--hub",
        "off",
        "--quiet",
        env=offline,
        timeout=300,
    )
    report = json.loads(run("report", folder / "lib2", "--json").stdout)
    assert {task["task"]: chosen(task) for task in report["tasks"]}["chat"] == "rm_lab_chat_reward"


def test_nothing_to_prove_on_is_said(hub_folder, environment, tmp_path):
    rows = [{"prompt": f"Please write me some lines about the colour number {i}, freely."} for i in range(30)]
    (tmp_path / "rows.jsonl").write_text(jsonl(rows))
    with Hub(*hub_folder) as hub:
        run(
            "build",
            tmp_path / "rows.jsonl",
            "--out",
            tmp_path / "lib",
            "--quiet",
            env={**environment, "HF_ENDPOINT": hub.url},
        )
        assert not [entry for entry in hub.log if entry[1].startswith("/api/models")]
    (task,) = json.loads(run("report", tmp_path / "lib", "--json").stdout)["tasks"]
    assert task["route"] is None and "nothing to prove one on" in task["missing"]


def test_a_hub_that_is_away_costs_the_task_only(environment, tmp_path):
    rows = preference_rows("chat") + [{"prompt": f"What is {i} + {i}?", "reference": str(2 * i)} for i in range(20)]
    (tmp_path / "rows.jsonl").write_text(jsonl(rows))
    run(
        "build",
        tmp_path / "rows.jsonl",
        "--out",
        tmp_path / "lib",
        "--quiet",
        env={**environment, "HF_ENDPOINT": "http://127.0.0.1:9"},
    )
    tasks = json.loads(run("report", tmp_path / "lib", "--json").stdout)["tasks"]
    assert sorted(task["route"] is not None for task in tasks) == [False, True]
    (lost,) = [task for task in tasks if task["route"] is None]
    assert "search:" in lost["missing"], lost["missing"]


def test_a_comparison_that_orders_no_labels_gives_way_to_a_model(small_hub, environment, tmp_path):
    """References that are as far from the better as from the worse response: comparing with them passes its own probes, and says nothing."""
    others = tiny.pairs("stories", 40, 8)
    rows = [
        {
            "prompt": row["prompt"],
            "responses": [row["rejected"], row["chosen"]],
            "labels": [0, 1],
            "reference": other,
            "task": "chat",
        }
        for row, (_, other, _) in zip(preference_rows("chat"), others)
    ]
    (tmp_path / "rows.jsonl").write_text(jsonl(rows))
    with Hub(*small_hub) as hub:
        run(
            "build",
            tmp_path / "rows.jsonl",
            "--out",
            tmp_path / "lib",
            "--quiet",
            "--hub",
            "on",
            env={**environment, "HF_ENDPOINT": hub.url},
            timeout=300,
        )
    report = json.loads(run("report", tmp_path / "lib", "--json").stdout)
    validator("report").validate(report)
    (task,) = report["tasks"]
    assert chosen(task) == "rm_lab_chat_reward", task
    graded = [trial for trial in task["trials"] if "label_order" in trial["evidence"]]
    assert graded and all(trial["evidence"]["label_order"]["rate"] < 0.8 for trial in graded)


def one_model_hub(folder, repo, model, words, text):
    tiny.save(model, words, folder / repo, tiny.CARD.format(license="mit", tag="chat", title=repo, text=text))
    return Hub(folder, {repo: {"downloads": 5, "tags": ["reward-model"]}})


def build_with(hub, environment, folder, *more):
    (folder / "rows.jsonl").write_text(jsonl(preference_rows("chat")))
    with hub:
        env = {**environment, "HF_ENDPOINT": hub.url}
        run(
            "build",
            folder / "rows.jsonl",
            "--out",
            folder / "lib",
            "--quiet",
            "--hub",
            "on",
            *more,
            env=env,
            timeout=300,
        )
    report = json.loads(run("report", folder / "lib", "--json").stdout)
    validator("report").validate(report)
    return report["tasks"][0]


def test_the_output_that_is_high_for_good_answers_is_found_by_evidence(environment, tmp_path):
    model, words = tiny.train("chat")
    hub = one_model_hub(tmp_path / "hub", "lab/two-outputs", tiny.good_first(model), words, "Classifies replies.")
    task = build_with(hub, environment, tmp_path, "--llm", "none")
    (trial,) = task["models"]
    assert trial["admitted"] and trial["asked"] == "output 0" and trial["evidence"]["accuracy"] > 0.9, trial


def test_a_model_is_asked_as_its_card_says(environment, tmp_path):
    """The card's format is tried beside the pair of texts, and the evidence chooses; what a card says of itself is no instruction."""
    hub = one_model_hub(
        tmp_path / "hub", "lab/formatted", *tiny.train_for_format("chat"), f"Input: '{tiny.FORMAT}'. Higher is better."
    )

    def answer(stage, prompt):
        if stage != "read_card":
            return "{}"
        assert tiny.FORMAT in prompt
        said = {
            "reward_model": True,
            "made_for": "replies about things in the house",
            "nearness": 3,
            "format": tiny.FORMAT,
            "good_output": -1,
        }
        return json.dumps(said)

    with Chat(answer) as chat:
        task = build_with(hub, environment, tmp_path, "--llm", chat.url, "--llm-model", "scripted")
    (trial,) = task["models"]
    assert (
        trial["admitted"] and trial["asked"] == f"text '{tiny.FORMAT}'" and trial["made_for"].startswith("replies")
    ), trial
    rows = [{**row, "responses": [row.pop("chosen"), row.pop("rejected")]} for row in preference_rows("chat", 8)]
    got = lines(run("score", "--library", tmp_path / "lib", input=jsonl(rows), env=environment, timeout=120).stdout)
    assert all(a["value"] > b["value"] for a, b in zip(got[::2], got[1::2])), got
