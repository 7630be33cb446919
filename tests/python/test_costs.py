"""What paid judges cost: counted to the cent by what their servers say, on every score, and capped per 1,000 rollouts."""

import json
import time

import pytest
from rlar.client import Client
from support import jsonl, lines, run, serve, validator
from test_judge_groups import whole
from test_judges import RUBRIC, ModelServer, honest, rows

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
