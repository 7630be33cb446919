"""A worker that runs beside the program serves it: rlar models start for a library's model, and for a GGUF."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny
from hub_server import Hub
from support import jsonl, lines, run, serve
from test_find_reward_model import preference_rows


@pytest.fixture(scope="module")
def built(small_hub, tmp_path_factory):
    """A library with the chat model; (folder, cache of the Hub)."""
    folder = tmp_path_factory.mktemp("workers")
    (folder / "rows.jsonl").write_text(jsonl(preference_rows("chat")))
    with Hub(*small_hub) as hub:
        env = {
            **os.environ,
            "RLAR_MODELS_PYTHON": sys.executable,
            "HF_HOME": str(folder / "hf"),
            "HF_ENDPOINT": hub.url,
        }
        run("build", folder / "rows.jsonl", "--out", folder / "lib", "--quiet", "--hub", "on", env=env, timeout=300)
    return folder / "lib", folder / "hf"


@pytest.fixture
def library(built, environment, tmp_path):
    """The library, and an environment with workers of its own."""
    return built[0], {**environment, "HF_HOME": str(built[1]), "RLAR_WORKERS": str(tmp_path / "w")}


def rows():
    return [{**row, "responses": [row.pop("chosen"), row.pop("rejected")]} for row in preference_rows("chat", 6)]


def score(library, environment, check=0):
    return lines(
        run("score", "--library", library, input=jsonl(rows()), env=environment, check=check, timeout=120).stdout
    )


def test_a_running_worker_serves_every_program(library, monkeypatch):
    library, environment = library
    alone = [line["value"] for line in score(library, environment)]
    run("models", "start", "rm_lab_chat_reward", "--library", library, env=environment, timeout=120)
    try:
        assert (
            "runs already"
            in run(
                "models", "start", "rm_lab_chat_reward", "--library", library, env=environment, check=2
            ).stderr.decode()
        )
        # Without an interpreter no program can start a worker of its own.
        lame = {**environment, "RLAR_MODELS_PYTHON": "/nonexistent/python"}
        assert [line["value"] for line in score(library, lame)] == alone
        monkeypatch.setattr(os, "environ", lame)
        with serve("--library", library) as server:
            assert [line["value"] for line in server.request("/v1/score", {"rows": rows()})[1]["results"]] == alone
            (state,) = lines(run("models", "list", "--json", env=environment).stdout)
            os.kill(state["worker"]["pid"], signal.SIGKILL)
            deadline = time.monotonic() + 60
            while True:  # failed at first, never a wrong number
                results = server.request("/v1/score", {"rows": rows()})[1]["results"]
                assert all(line["status"] == "failed" or line["value"] == value for line, value in zip(results, alone))
                if all(line["status"] == "ok" for line in results):
                    break
                assert time.monotonic() < deadline, results
                time.sleep(0.2)
    finally:
        run("models", "stop", "rm_lab_chat_reward", env=environment)
    assert all(line["status"] == "failed" for line in score(library, lame, check=1))


def test_a_worker_that_cannot_run_says_why(library):
    library, environment = library
    lame = {**environment, "RLAR_MODELS_PYTHON": "/bin/false"}
    done = run("models", "start", "rm_lab_chat_reward", "--library", library, "--timeout-s", "5", env=lame, check=1)
    assert "rm_lab_chat_reward" in done.stderr.decode() and ".log" in done.stderr.decode()
    run("models", "stop", "rm_lab_chat_reward", env=environment)
    assert (
        "is no reward model"
        in run("models", "start", "chrf", "--library", library, env=environment, check=2).stderr.decode()
    )


WORKER = Path(__file__).resolve().parents[2] / "src" / "tools" / "reward_model" / "worker.py"
# At most so many tokens at once, as on a GPU with little memory.
NARROW = """
import torch, transformers
plain = transformers.BertForSequenceClassification.forward
def narrow(self, input_ids, **more):
    if input_ids.numel() > TOKENS:
        raise torch.OutOfMemoryError("out of memory")
    return plain(self, input_ids=input_ids, **more)
transformers.BertForSequenceClassification.forward = narrow
"""


def asked(folder, items, before=""):
    """What the worker itself answers to one request."""
    request = {
        "items": [{"messages": [{"role": "user", "content": prompt}], "response": text} for prompt, text in items]
    }
    command = [sys.executable, "-c", before + WORKER.read_text(), json.dumps({"model": str(folder), "device": "cpu"})]
    done = subprocess.run(command, input=json.dumps(request) + "\n", capture_output=True, text=True, timeout=120)
    ready, answer = map(json.loads, done.stdout.splitlines())
    assert ready["ready"], ready
    return answer


def test_what_memory_does_not_hold_at_once_is_scored_in_parts(hub_folder):
    folder = hub_folder[0] / "lab/chat-reward"
    items = [(prompt, text) for prompt, *both in tiny.pairs("chat", 40, 3) for text in both]
    whole = asked(folder, items)
    assert asked(folder, items, NARROW.replace("TOKENS", "200")) == {
        "scores": pytest.approx(whole["scores"], abs=1e-5),
        "truncated": whole["truncated"],
    }
    # A text that alone is too much is an error and no number.
    assert "OutOfMemoryError" in asked(folder, items, NARROW.replace("TOKENS", "20"))["error"]
