"""Clients of reward model servers: right numbers in every documented shape, and never a wrong one when a server misbehaves."""

import json
import time

import model_servers as servers
import pytest
from model_servers import ModelServer, logit
from support import jsonl, lines, run, serve

SHAPES = {"vllm": servers.vllm, "sglang": servers.sglang, "tei": servers.tei, "llamacpp": servers.llamacpp}


def rows(count=24):
    """The better response says more that is good; lengths tell nothing."""
    made = []
    for i in range(count):
        better, worse = f"this is good and good, number {i}", f"this is bad, very bad, number {i}"
        more = " well" * (2 + i % 3)
        chosen, rejected = (better + more, worse) if i % 2 else (better, worse + more)
        made.append({"id": i, "prompt": f"How is thing {i}?", "chosen": chosen, "rejected": rejected, "task": "things"})
    return made


def add(folder, server, backend, check=0, **more):
    (folder / "rows.jsonl").write_text(jsonl(rows()))
    options = [part for key, value in more.items() for part in (f"--{key}", value) if part is not None]
    return run(
        "models", "add", "judge_of_things", "--backend", backend, "--url", server.url, "--library", folder / "lib",
        "--data", folder / "rows.jsonl", "--json", *options, check=check,
    )  # fmt: skip


def score(folder, texts, check=0, prompt="How is it?"):
    row = {"prompt": prompt, "responses": texts}
    return lines(
        run("score", "--library", folder / "lib", "--tool", "judge_of_things", input=jsonl([row]), check=check).stdout
    )


@pytest.mark.parametrize("backend", SHAPES)
def test_right_numbers_in_order(tmp_path, backend):
    with ModelServer(SHAPES[backend]) as server:
        card = json.loads(add(tmp_path, server, backend).stdout)
        assert card["status"] == "admitted" and card["kind"] == "reward_model"
        (evidence,) = card["evidence"].values()
        assert evidence["measured"]["accuracy"] == 1 and evidence["measured"]["rows"] == 24
        texts = ["good", "bad bad", "good good good", "so so", "good bad", "ok"]
        got = score(tmp_path, texts)
    assert [line["components"]["logit"] for line in got] == pytest.approx([logit(text) for text in texts], abs=1e-4)
    values = [line["value"] for line in got]
    assert sorted(range(6), key=lambda i: values[i]) == sorted(range(6), key=lambda i: logit(texts[i]))
    assert all(0 < value < 1 for value in values)


def test_plain_words_are_all_that_a_model_is_shown_where_it_follows_looks(tmp_path):
    """A server that pays for bold type: refused as it is, admitted where it is shown plain words."""

    def pays(path, body):
        said = [one[0].split("\n", 1)[1] for one in body["inputs"]]
        return [[{"label": "LABEL_0", "score": 9.0 if "**" in text else logit(text)}] for text in said]

    with ModelServer(pays) as server:
        (evidence,) = json.loads(add(tmp_path, server, "tei", check=1).stdout)["evidence"].values()
        assert evidence["measured"]["style_turned"] == evidence["measured"]["style_rows"] == 24, evidence
        card = json.loads(add(tmp_path, server, "tei", plain=None).stdout)
        (evidence,) = card["evidence"].values()
        assert evidence["measured"]["style_turned"] == 0 and "follows_style" not in json.dumps(card["faults"]), card
        plain, dressed = score(tmp_path, ["good and bad", "## So\n\n- **good** and bad\n"])
        assert (
            dressed["components"]["logit"] == pytest.approx(logit("So good and bad"), abs=1e-4) and plain["value"] < 1
        )


def test_an_older_vllm_is_found_out_once(tmp_path):
    with ModelServer(servers.vllm_pooling) as server:
        add(tmp_path, server, "vllm")
        asked = len(server.requests)
        got = score(tmp_path, ["good"])
        assert got[0]["components"]["logit"] == pytest.approx(1.04)
    assert asked == len(rows()) * 3 + server_probes(server, asked)  # each row's worse response once more, dressed


def server_probes(server, asked):
    """Calls of /classify that a 404 answered: some of the first callers come together; later ones know."""
    extra = asked - len(rows()) * 3
    assert 1 <= extra <= 4, extra
    return extra


@pytest.mark.parametrize("backend", SHAPES)
@pytest.mark.parametrize(
    ("name", "fault", "says"),
    [
        ("500 for ever", lambda n: 500, "500"),
        ("429 for ever", lambda n: 429, "429"),
        ("half a body", lambda n: "cut", ""),
        ("no JSON", lambda n: lambda _: "<html>", "cannot be read"),
        (
            "NaN",
            lambda n: lambda answer: json.dumps(answer).replace(": [1.04]", ": [NaN]").replace(": 1.04", ": NaN"),
            "cannot be read",
        ),
        (
            "null",
            lambda n: lambda answer: json.dumps(answer).replace(": [1.04]", ": [null]").replace(": 1.04", ": null"),
            "number",
        ),
        ("too few", lambda n: lambda answer: shorter(answer), ""),
    ],
)
def test_no_wrong_number_ever(tmp_path, backend, name, fault, says):
    with ModelServer(SHAPES[backend]) as server:
        add(tmp_path, server, backend)
        server.fault = fault
        got = score(tmp_path, ["good", "bad"], check=1)
    failed = [line for line in got if line["status"] == "failed"]
    # What is wrong with one text costs no other: it is asked for alone.
    assert len(failed) == (1 if name in ("NaN", "null") else 2) and got[0]["status"] == "failed", got
    assert all("value" not in line or line["value"] is None for line in failed), got
    assert says in failed[0]["reason"], failed[0]["reason"]
    assert all(line["components"]["logit"] == pytest.approx(logit("bad")) for line in got if line["status"] == "ok")


def shorter(answer):
    """One result less than there should be."""
    if isinstance(answer, list):
        return answer[:-1]
    key = "data" if "data" in answer else "results"
    return {**answer, key: answer[key][:-1]}


@pytest.mark.parametrize(
    "fault",
    [
        lambda n: 500 if n % 3 == 1 else None,
        lambda n: 429 if n % 4 == 1 else None,
        lambda n: "cut" if n % 3 == 1 else None,
    ],
)
def test_faults_now_and_then_cost_nothing(tmp_path, fault):
    with ModelServer(servers.tei, fault) as server:
        add(tmp_path, server, "tei")
        got = score(tmp_path, ["good", "bad", "good good"])
    assert [line["components"]["logit"] for line in got] == pytest.approx([1.04, -0.97, 2.09], abs=1e-4)


def test_an_index_that_stands_twice_orders_nothing(tmp_path):
    def doubled(answer):
        return {**answer, "results": [{**one, "index": 0} for one in answer["results"]]}

    with ModelServer(servers.llamacpp) as server:
        add(tmp_path, server, "llamacpp")
        server.fault = lambda n: doubled
        got = score(tmp_path, ["bad", "good"])
        assert [len(body["documents"]) for body in server.requests[-3:]] == [
            2,
            1,
            1,
        ]  # the batch cannot be read: each alone
    assert [line["components"]["logit"] for line in got] == pytest.approx([logit("bad"), logit("good")], abs=1e-4)


def test_equal_responses_are_asked_once(tmp_path):
    with ModelServer(servers.sglang) as server:
        add(tmp_path, server, "sglang")
        before = sum(len(body["text"]) for body in server.requests)
        got = score(tmp_path, ["good"] * 20 + ["bad"] * 20)
        assert sum(len(body["text"]) for body in server.requests) - before == 2
    assert [line["value"] for line in got] == [got[0]["value"]] * 20 + [got[20]["value"]] * 20


def test_a_dead_server_does_not_slow_other_routes(tmp_path):
    with ModelServer(servers.tei) as server:
        add(tmp_path, server, "tei")
    row = {"prompt": "How?", "response": "4", "reference": "4"}
    with serve("--library", tmp_path / "lib") as running:
        for _ in range(4):  # the pause after three failures in a row begins
            _, reply, _ = running.request("/v1/score", {"rows": [row], "tool": "judge_of_things"})
            assert reply["results"][0]["status"] == "failed"
        start = time.monotonic()
        for _ in range(20):
            _, reply, _ = running.request("/v1/score", {"rows": [row], "tool": "judge_of_things"})
            assert reply["results"][0]["class"] == "unavailable"
            _, reply, _ = running.request("/v1/score", {"rows": [row], "tool": "exact_match"})
            assert reply["results"][0]["value"] == 1
        assert time.monotonic() - start < 10


def test_a_server_that_comes_back_is_used_again(tmp_path):
    with ModelServer(servers.tei) as server:
        port = server.server.server_port
        add(tmp_path, server, "tei")
    row = {"prompt": "How?", "response": "good"}
    with serve("--library", tmp_path / "lib") as running:
        ask = {"rows": [row], "tool": "judge_of_things"}
        assert running.request("/v1/score", ask)[1]["results"][0]["status"] == "failed"
        with ModelServer(servers.tei, port=port):
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                result = running.request("/v1/score", ask)[1]["results"][0]
                if result["status"] == "ok":
                    break
                time.sleep(0.2)
        assert result["status"] == "ok"


def test_a_model_that_orders_nothing_is_refused(tmp_path):
    with ModelServer(lambda path, body: [[{"label": "x", "score": 1.0}] for _ in body["inputs"]]) as server:
        card = json.loads(add(tmp_path, server, "tei", check=1).stdout)
    assert card["status"] == "refused"
    done = run("score", "--library", tmp_path / "lib", "--tool", "judge_of_things", input=jsonl(rows(1)), check=2)
    assert b"judge_of_things" in done.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--backend", "tgi", "--url", "http://x"], "'backend'"),
        (["--backend", "vllm"], "'url'"),
        (["--backend", "transformers"], "'model_dir'"),
        (["--backend", "tei", "--url", "http://x", "--format", "{prompt}"], "'format'"),
        (["--backend", "tei", "--url", "http://x", "--chat-template", "mine"], "'chat_template'"),
    ],
)
def test_wrong_options_are_named(tmp_path, options, says):
    (tmp_path / "rows.jsonl").write_text(jsonl(rows()))
    done = run(
        "models", "add", "x", *options, "--library", tmp_path / "lib", "--data", tmp_path / "rows.jsonl", check=2
    )
    assert says in done.stderr.decode()
