"""rlar models start, stop, list: workers are watched, started anew, kept within their memory, and never taken for another process."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from support import RLAR, lines, run, validator

WORKER = """
import json, os, sys, time
if "never" in sys.argv: print(json.dumps({"ready": False, "error": "it lacks its head"})); sys.exit(0)
if "crash" in sys.argv: sys.exit(3)
print(json.dumps({"ready": True}), flush=True)
held = []
for line in sys.stdin:
    asked = json.loads(line)["do"]
    if asked == "die": os._exit(1)
    if asked == "eat": held.append(bytearray(200 << 20)); time.sleep(30)
    print(json.dumps({"did": asked, "pid": os.getpid()}), flush=True)
"""


@pytest.fixture
def directory(tmp_path, monkeypatch):
    monkeypatch.setenv("RLAR_WORKERS", str(tmp_path))
    return tmp_path


@contextlib.contextmanager
def supervised(directory, *arguments, limit=0, name="w"):
    job = {
        "directory": str(directory), "answers": True, "argv": [sys.executable, "-c", WORKER, *arguments], "environment": ["PATH=/usr/bin:/bin"],
        "worker": {"name": name, "kind": "transformers", "model": "m", "key": "k", "memory_limit_mb": limit},
    }  # fmt: skip
    process = subprocess.Popen([RLAR, "models", "supervise", json.dumps(job)], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


def eventually(check, seconds=20):
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def listed(name="w"):
    found = lines(run("models", "list", "--workers", "--json").stdout)
    for one in found:
        validator("worker_state").validate(one)
    return next((one for one in found if one["name"] == name), {"state": "absent"})


def ready():
    return eventually(lambda: (state := listed())["state"] == "ready" and state)


def ask(directory, what, seconds=20):
    """The answer, or None where the worker's end cut the question off."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(seconds)
        line.connect(str(directory / "w.sock"))
        line.sendall(json.dumps({"do": what}).encode() + b"\n")
        data = b""
        while not data.endswith(b"\n"):
            if not (chunk := line.recv(4096)):
                return None
            data += chunk
    return json.loads(data)


def test_a_worker_answers_many_and_stops(directory):
    with supervised(directory) as process:
        state = ready()
        answers = [ask(directory, f"n{i}") for i in range(3)]
        assert [answer["did"] for answer in answers] == ["n0", "n1", "n2"] and {
            answer["pid"] for answer in answers
        } == {state["worker"]["pid"]}
        assert state["memory_mb"] > 0 and state["supervisor"]["pid"] == process.pid
        assert "w stopped" in run("models", "stop", "w").stdout.decode()
        assert process.wait(timeout=20) == 0
    assert listed() == {"state": "absent"} and not (directory / "w.sock").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(state["worker"]["pid"], 0)


def test_one_that_dies_is_started_anew_and_cuts_off_one_question_only(directory):
    with supervised(directory):
        first = ready()["worker"]
        assert ask(directory, "die") is None
        state = eventually(lambda: (now := listed())["state"] == "ready" and now["restarts"] == 1 and now)
        assert state["worker"] != first and "ended" in state["error"]
        assert ask(directory, "again")["pid"] == state["worker"]["pid"]


def test_more_memory_than_its_limit_ends_it(directory):
    with supervised(directory, limit=150):
        ready()
        assert ask(directory, "eat") is None
        state = eventually(lambda: (now := listed())["restarts"] == 1 and now)
        assert "more than its limit of 150 MB" in state["error"]


def test_one_that_says_why_it_never_runs_is_given_up_at_once(directory):
    with supervised(directory, "never") as process:
        assert process.wait(timeout=20) == 0
    state = listed()
    assert state["state"] == "failed" and state["error"] == "it lacks its head"


def test_two_of_one_name_are_refused(directory):
    with supervised(directory):
        ready()
        with supervised(directory) as second:
            assert second.wait(timeout=20) == 2
        ready()


def test_a_killed_supervisor_takes_its_worker_along_and_leaves_no_trap(directory):
    with supervised(directory) as process:
        worker = ready()["worker"]["pid"]
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
        assert listed()["state"] == "gone"
        eventually(lambda: not os.path.exists(f"/proc/{worker}"))
    with supervised(directory):  # what the dead one left does not keep another from its place
        assert ask(directory, "hello" if ready() else "")["did"] == "hello"


def test_a_reused_number_is_another_process(directory):
    """The file names a process that runs, but began at another time: stop must leave it alone."""
    with subprocess.Popen(["sleep", "100"]) as bystander:
        mark = {"pid": bystander.pid, "begun": 1}
        state = {
            "schema_version": 1, "name": "w", "kind": "transformers", "model": "m", "key": "k", "state": "ready", "error": None, "url": None,
            "supervisor": mark, "worker": mark, "restarts": 0, "memory_limit_mb": 0, "started": 1,
        }  # fmt: skip
        (directory / "w.json").write_text(json.dumps(state))
        assert listed()["state"] == "gone"
        assert "did not run any more" in run("models", "stop", "w").stdout.decode()
        time.sleep(0.2)
        assert bystander.poll() is None
        bystander.kill()


def test_unknown_names(directory):
    assert "no worker 'nobody'" in run("models", "stop", "nobody", check=2).stderr.decode()
    assert run("models", "list").stdout == b""
    assert "no file" in run("models", "start", "x", "--gguf", directory / "none.gguf", check=2).stderr.decode()
