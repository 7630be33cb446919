"""The Python package: in-process engine, client, and the plugs without their trainers."""

import asyncio
import pickle

import pytest
import rlar
import rlar.trl
import rlar.verl
from support import mixed_library, mixed_rows, run, serve

ROW = {"prompt": "q", "response": "Paris", "reference": "Paris"}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return str(mixed_library(tmp_path_factory.mktemp("package")))


def test_engine_scores_like_the_program(library):
    engine = rlar.Engine(library)
    rows = mixed_rows(responses=True)[:30]
    assert [score.value for score in engine.score(rows)] == [1.0, 0.0] * 30
    assert engine.version and engine.score(rows)[0].library_version == engine.version
    (bad,) = engine.score([{"x": 1}], tool="exact_match")
    assert bad.status == "invalid" and bad.value is None and not bad.ok


def test_engine_errors_are_exceptions():
    engine = rlar.Engine()
    with pytest.raises(ValueError, match="unknown tool"):
        engine.score([ROW], tool="nope")
    with pytest.raises(ValueError, match="strip"):
        engine.score([ROW], tool="exact_match", params={"strp": True})
    with pytest.raises(ValueError):
        engine.score([{"prompt": float("nan")}], tool="exact_match")
    with pytest.raises(ValueError, match="library"):
        rlar.Engine("no/such/library")


def test_client_and_engine_agree(library):
    with serve("--library", library) as server:
        client = rlar.Client(server.url)
        rows = mixed_rows(responses=True)

        def values(scores):
            return [(score.status, score.value, score.route, score.tool) for score in scores]

        assert values(client.score(rows)) == values(rlar.Engine(library).score(rows))
        assert values(pickle.loads(pickle.dumps(client)).score(rows[:1])) == values(client.score(rows[:1]))
        with pytest.raises(rlar.ServerError) as caught:
            client.score(rows, tool="nope")
        assert caught.value.status == 404


def test_client_outlives_a_restart_and_gives_up_in_time(library):
    with serve("--library", library) as server:
        client = rlar.Client(server.url, timeout=20)
        assert client.score([ROW], tool="exact_match")[0].value == 1
        port = server.port
    with pytest.raises(rlar.ServerError, match="no answer"):
        rlar.Client(f"http://127.0.0.1:{port}", timeout=0.5).score([ROW], tool="exact_match")
    with serve("--library", library, port=port):
        assert client.score([ROW], tool="exact_match")[0].value == 1


def test_trl_form(library):
    reward = rlar.trl.Reward(library=library)
    metrics = {}
    values = reward(
        prompts=["What is 2 + 6? Give the number.", "Tell me a story about thing 3."],
        completions=[[{"role": "assistant", "content": "8"}], [{"role": "assistant", "content": "Once"}]],
        answer=["8", None],
        completion_ids=[[1], [2]],
        trainer_state=object(),
        log_metric=lambda name, value: metrics.update({name: value}),
    )
    assert values == [1.0, None]
    assert (metrics["rlar/valid"], metrics["rlar/failed"], metrics["rlar/mean"]) == (0.5, 0.5, 1.0)
    assert sum(value for key, value in metrics.items() if key.startswith("rlar/task/") and key.endswith("/share")) == 1
    assert "rlar/truncated" not in metrics  # without eos_token_id nobody said
    assert rlar.trl.Reward(library=library, on_failure="neutral=0.5")(["x"], ["y"]) == [0.5]
    with pytest.raises(RuntimeError, match="no score"):
        rlar.trl.Reward(library=library, on_failure="raise")(["x"], ["y"])
    with pytest.raises(ValueError, match="on_failure"):
        rlar.trl.Reward(on_failure="zero")
    assert pickle.loads(pickle.dumps(reward))(["What is 2 + 6? Give the number."], ["8"], reference=["8"]) == [1.0]


def test_verl_form_has_constant_numeric_keys(library):
    def score(text, truth, **kwargs):
        return asyncio.run(
            rlar.verl.compute_score(
                "", text, truth, {"question": "What is 2 + 6? Give the number."}, library=library, **kwargs
            )
        )

    right, wrong = score("8", "8"), score("9", "8")
    failed = score("9", None, on_failure="neutral=0.1")
    assert (right["score"], wrong["score"], failed["score"]) == (1.0, 0.0, 0.1)
    assert (right["rlar_valid"], failed["rlar_valid"]) == (1.0, 0.0)
    assert right.keys() == wrong.keys() == failed.keys()
    assert all(type(value) is float for reply in (right, wrong, failed) for value in reply.values())
    with pytest.raises(RuntimeError, match="no score"):
        score("9", None)
    with pytest.raises(ValueError, match="skip is not possible here: .*raise"):
        score("8", "8", on_failure="skip")
    with pytest.raises(TypeError, match="'onfailure'.*on_failure"):
        score("8", "8", onfailure="raise")


def test_a_pinned_version_stays(library):
    version = rlar.Engine(library).version
    run("route", "set", "something", "exact_match", "--library", library)
    assert rlar.Engine(library).version != version
    reward = rlar.trl.Reward(library=library, version=version)
    assert reward(["What is 2 + 6? Give the number."], ["8"], reference=["8"]) == [1.0]
    with serve("--library", library) as server:
        client = rlar.Client(server.url, version=version)
        assert client.score([ROW], tool="exact_match")[0].library_version == version
        assert {route["task"] for route in client.status()["routes"]} >= {"something"}
