"""When a server takes a newer version by itself: serve --follow, by rule."""

import os
import signal

import pytest
from support import run, serve, validator
from test_evolve import eventually, score

ROW = {"prompt": "Capital of Norway?", "reference": "Oslo", "task": "capital", "response": "Oslo"}


@pytest.fixture
def library(tmp_path):
    run("route", "set", "capital", "contains", "--library", tmp_path / "lib")
    return tmp_path / "lib"


def current(library):
    return (library / "CURRENT").read_text().strip()


def served(server):
    return server.request("/health")[1]["library_version"]


def waiting(server):
    status = server.request("/v1/status")[1]
    validator("status").validate(status)
    return status["waiting"]


def test_only_new_tasks(library):
    with serve("--library", library, "--follow=new-tasks", "--tick-ms", "50") as server:
        run("route", "set", "sum", "number_equal", "--library", library)
        eventually(lambda: served(server) == current(library))
        before = served(server)
        run("route", "set", "capital", "exact_match", "--library", library)
        held = eventually(lambda: waiting(server))
        assert held == {"version": current(library), "why": "task 'capital' would be on another scale"}
        assert served(server) == before and score(server, [ROW])[0]["scale"] == 1
        os.kill(server.process.pid, signal.SIGHUP)  # a person takes it
        eventually(lambda: served(server) == current(library))
        eventually(lambda: waiting(server) is None)


def test_only_what_is_approved(library):
    with serve("--library", library, "--follow=approved", "--tick-ms", "50") as server:
        run("route", "set", "sum", "number_equal", "--library", library)
        assert "approve" in eventually(lambda: waiting(server))["why"]
        assert (
            "no version 'ffffffffffffffff'" in run("approve", "f" * 16, "--library", library, check=2).stderr.decode()
        )
        assert waiting(server)
        run("approve", "--library", library)
        eventually(lambda: served(server) == current(library))
    listed = run("versions", "--library", library).stdout.decode().splitlines()
    assert [("(approved)" in line) for line in listed] == [False, True], listed


def test_only_between_steps(library):
    with serve("--library", library, "--follow=step", "--tick-ms", "50") as server:
        before = served(server)
        run("route", "set", "sum", "number_equal", "--library", library)

        def under_way():
            score(server, [ROW])
            return waiting(server)

        assert "step" in eventually(under_way)["why"]
        assert served(server) == before
        eventually(lambda: served(server) == current(library))  # nothing is asked for a while


def test_a_rule_that_is_none(library):
    told = run("serve", "--library", library, "--follow=monthly", check=2).stderr.decode()
    assert "--follow" in told and "'monthly'" in told and "new-tasks" in told
