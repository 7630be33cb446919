"""What paid judges cost: counted to the cent by what their servers say, on every score, and capped per 1,000 rollouts."""

import json
import time

import pytest
from rlar.client import Client
from support import jsonl, lines, run, serve, validator
from test_judge_groups import whole
from test_judges import RUBRIC, ModelServer, honest, rows
from test_write_rubric import build, report
from test_write_rubric import judge as kind_judge

IN, OUT = 300, 40  # tokens of each call
CALL = (IN * 2.0 + OUT * 10.0) / 1e6  # US dollars, at a price of 2,10


def counted(answer):
    def with_usage(path, body):
        return {**answer(path, body), "usage": {"prompt_tokens": IN, "completion_tokens": OUT}}

    return with_usage


@pytest.fixture
def library(tmp_path):
    def make(server, *options, price="2,10"):
        (tmp_path / "rows.jsonl").write_text(jsonl(rows()))
        (tmp_path / "rubric.json").write_text(json.dumps(RUBRIC))
        done = run(
            "models", "add", "host", "--backend", "judge", "--url", server.url, "--model", "m", "--price", price,
            "--rubric", tmp_path / "rubric.json", "--library", tmp_path / "lib", "--data", tmp_path / "rows.jsonl", "--json", *options,
        )  # fmt: skip
        run("route", "set", "greetings", "host", "--library", tmp_path / "lib")
        return json.loads(done.stdout)

    return make


def greeting(i, *responses):
    return {"prompt": f"Greet guest {i}.", "task": "greetings", "responses": list(responses)}


def test_each_score_says_what_it_cost_and_the_server_what_all_did(library, tmp_path):
    with ModelServer(counted(honest)) as model:
        card = library(model)
        assert card["program"]["price"] == {"prompt": 2, "completion": 10}
        with serve("--library", tmp_path / "lib", "--tick-ms", "50") as server:
            client = Client(server.url)
            scores = client.score([greeting(1, "kind", "rude"), {"prompt": "?", "task": "nobody's", "response": "x"}])
            status = client.status()
            validator("status").validate(status)
            time.sleep(0.3)
            metrics = server.request("/metrics")[1]
    assert [score.components.get("usd") for score in scores] == [pytest.approx(CALL), pytest.approx(CALL), None]
    spent = status["spent"]
    assert spent["usd"] == pytest.approx(2 * CALL) and spent["models"] == {"m": spent["usd"]}
    assert (
        spent["rollouts"] == 3 and spent["usd_per_1000"] == pytest.approx(2 * CALL / 3 * 1000) and spent["cap"] is None
    )
    assert f'rlar_spent_usd{{model="m"}} {2 * CALL:g}' in metrics, metrics


def test_a_price_is_no_part_of_a_judges_version(library):
    with ModelServer(counted(honest)) as model:
        dear, cheap = library(model), library(model, price="0,0")
    assert dear["version"] == cheap["version"] and "price" not in cheap["program"]


def test_a_groups_calls_are_shared_by_its_responses(library, tmp_path):
    with ModelServer(counted(whole)) as model:
        library(model, "--mode", "listwise")
        row = greeting(1, "kind kind kind", "kind", "rude", "kind kind")
        got = lines(run("score", "--library", tmp_path / "lib", input=jsonl([row])).stdout)
    assert [line["components"]["usd"] for line in got] == pytest.approx([2 * CALL / 4] * 4)


def test_a_server_that_counts_no_tokens_is_counted_by_bytes(library, tmp_path):
    with ModelServer(honest) as model:
        library(model)
        (line,) = lines(run("score", "--library", tmp_path / "lib", input=jsonl([greeting(1, "kind")])).stdout)
        asked = len(json.dumps(model.requests[-1], separators=(",", ":"), ensure_ascii=False))
    assert line["components"]["usd"] > 0.9 * asked / 4 * 2 / 1e6


def test_past_the_cap_scores_fail_and_cheap_rollouts_earn_new_ones(library, tmp_path):
    cap = 10.5 * CALL  # ten calls in advance, and eleven for each 1,000 rollouts
    with ModelServer(counted(honest)) as model:
        library(model)
        before = len(model.requests)
        with serve("--library", tmp_path / "lib", "--max-usd-per-1000", str(cap)) as server:
            client = Client(server.url)
            first = [score for i in range(30) for score in client.score([greeting(i, f"kind {i}")])]
            paid = len(model.requests) - before
            sums = [{"prompt": "1 + 1", "reference": "2", "responses": ["2"] * 500}] * 4
            assert all(score.ok for score in client.score(sums, tool="number_equal"))
            later = [score for i in range(40) for score in client.score([greeting(100 + i, f"kind {i}")])]
            status = client.status()
        failed = [score for score in first + later if not score.ok]
    assert [score.ok for score in first] == [True] * paid + [False] * (30 - paid) and paid == 11
    assert {(score.status, score.error_class) for score in failed} == {("failed", "cost")}
    assert "per 1,000 rollouts is reached" in failed[0].reason
    assert 20 <= sum(score.ok for score in later) <= 23
    assert status["spent"]["usd"] <= cap * (1 + status["spent"]["rollouts"] / 1000) + CALL
    assert not [alarm for alarm in status["alarms"] if alarm["kind"] == "failing"], "a cap is no sickness"


@pytest.mark.parametrize("price", ["2", "2,x", "-1,2"])
def test_a_wrong_price_is_said(tmp_path, price):
    (tmp_path / "rows.jsonl").write_text(jsonl(rows()))
    done = run(
        "models", "add", "host", "--backend", "judge", "--url", "http://127.0.0.1:9", "--price", price,
        "--library", tmp_path / "lib", "--data", tmp_path / "rows.jsonl", check=2,
    )  # fmt: skip
    assert "--price" in done.stderr.decode()


def graded_rows():
    return [{**row, "rubric": [{"id": "own", "text": "It is kind."}]} for row in rows()]


@pytest.mark.parametrize("other", [[], ["--llm-price", "1000,1000"]])
def test_a_builds_budget_counts_its_judge_by_the_judges_price(tmp_path, other):
    with ModelServer(counted(kind_judge)) as server:
        price = ["--judge-price", "2,10", *other]
        build(tmp_path, None, server, *price, "--budget", "usd=0.03", data=graded_rows())
        few = len(server.requests)
        cost = json.loads(run("report", tmp_path / "lib", "--json").stdout)["cost"]
        assert 3 <= few < 30 and cost["usd"] == pytest.approx(few * CALL) and cost["usd"] <= 0.03
        assert "US dollars would be passed" in json.dumps(cost["lost"])
        build(tmp_path, None, server, *price, "--budget", "usd=1", data=graded_rows())
        assert report(tmp_path)["route"]["parts"][0]["tool"].startswith("greetings_judge@")
        calls = lines((tmp_path / "lib" / "build" / "judge" / "calls.jsonl").read_bytes())
    assert all(call["usd"] == pytest.approx(CALL) for call in calls)


def test_evolve_knows_what_its_judge_takes(tmp_path):
    library = tmp_path / "lib"
    build(tmp_path, None, "", data=[{"prompt": f"What is {i} + {i}?", "reference": str(2 * i)} for i in range(20)])
    (library / "evolve").mkdir()
    (library / "evolve" / "gathered.jsonl").write_text(jsonl(graded_rows()))
    with ModelServer(counted(kind_judge)) as server:
        asking = ["evolve", "--library", library, "--judge", server.url]
        for option in ("--budget", "--budget-per-hour"):
            done = run(*asking, option, "usd=1", check=2)
            assert option in done.stderr.decode() and "--judge-price" in done.stderr.decode()
        assert b"--judge-price" in run(*asking, "--judge-price", "2", check=2).stderr
        assert not server.requests
        run(*asking, "--judge-price", "2,10", "--budget-per-hour", "usd=1")
        asked = len(server.requests)
        (line,) = lines(
            run("score", "--library", library, input=jsonl([{**graded_rows()[0], "response": "kind"}])).stdout
        )
    assert line["components"]["usd"] == pytest.approx(CALL), line
    spent = json.loads((library / "evolve" / "round.json").read_text())["budget"]["spent"]
    assert asked > 20 and spent["usd"] == pytest.approx(asked * CALL)


def test_route_learn_pays_for_no_answer_twice(tmp_path):
    library, labelled = tmp_path / "lib", tmp_path / "labelled.jsonl"
    (tmp_path / "rubric.json").write_text(json.dumps(RUBRIC))
    (tmp_path / "rows.jsonl").write_text(jsonl(rows()))
    labelled.write_text(
        jsonl(
            [
                {
                    "prompt": row["prompt"],
                    "task": "greetings",
                    "responses": [row["chosen"], row["rejected"]],
                    "labels": [1, 0],
                }
                for row in rows()
            ]
        )
    )
    with ModelServer(counted(honest)) as server:
        run(
            "models", "add", "host", "--backend", "judge", "--url", server.url, "--price", "2,10", "--rubric", tmp_path / "rubric.json",
            "--library", library, "--data", tmp_path / "rows.jsonl",
        )  # fmt: skip
        build(tmp_path, None, "", data=rows())
        proven = len(server.requests)
        told = run("route", "learn", labelled, "--library", library).stdout.decode()
        assert len(server.requests) == proven, "the gate's own answers"
        assert "judges: 0 calls, 48 answered from the record" in told, told
        fresh = tmp_path / "fresh.jsonl"
        fresh.write_text(labelled.read_text().replace("welcome", "good day"))
        for _ in range(2):
            run("route", "learn", fresh, "--library", library)
        assert len(server.requests) == proven + 24
    assert all(
        call["usd"] == pytest.approx(CALL) for call in lines((library / "build" / "judge" / "calls.jsonl").read_bytes())
    )
