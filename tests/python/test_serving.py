"""rlar serve under work that waits: rows run side by side, in turn, once, streamed as they are done, and not for clients that left."""

import concurrent.futures
import http.client
import json
import re
import socket
import time

import pytest
import rlar
from support import add_function, mixed_library, run, serve, validator

CHEAP = {"prompt": "Capital of France?", "response": "Paris", "reference": "Paris", "task": "cheap"}


def code_row(body: str, tests: int = 1, **more) -> dict:
    """A row that runs code in the sandbox; right where f() is 3."""
    return {
        "prompt": "Write f.",
        "response": f"def f():\n    {body}\n    return 3",
        "params": {"tests": ["assert f() == 3"] * tests},
        "task": "code",
        **more,
    }


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serving") / "lib"
    run("route", "set", "code", "code_tests", "--library", folder)
    run("route", "set", "cheap", "exact_match", "--library", folder)
    return folder


def metric(server, name: str) -> float:
    text = server.request("/metrics")[1]
    found = re.search(rf"^{re.escape(name)} ([\d.e+]+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def wait_for(true, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def stream(server, body: dict):
    """(seconds since the request, score line), as they come."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    start = time.monotonic()
    connection.request("POST", "/v1/score", json.dumps(body), {"Accept": "application/x-ndjson"})
    reply = connection.getresponse()
    assert reply.status == 200 and reply.headers["Content-Type"] == "application/x-ndjson"
    while line := reply.readline():
        yield time.monotonic() - start, json.loads(line)
    connection.close()


def test_rows_that_wait_run_side_by_side(library):
    rows = [code_row(f"import time; time.sleep(0.4 + {i} / 1000)") for i in range(8)]
    with serve("--library", library) as server:
        server.request("/v1/score", {"rows": [code_row("pass")]})  # the sandbox is warm
        start = time.monotonic()
        _, body, _ = server.request("/v1/score", {"rows": rows})
        took = time.monotonic() - start
    assert [line["value"] for line in body["results"]] == [1] * 8
    assert took < 8 * 0.4, took  # what one after the other would sleep


def test_lines_come_as_they_are_done(library):
    check = validator("score_line")
    rows = [
        code_row("import time; time.sleep(0.8)"),
        CHEAP,
        {**CHEAP, "response": "Rome"},
        {"response": "no prompt"},
        code_row("pass"),
    ]
    with serve("--library", library) as server:
        _, whole, _ = server.request("/v1/score", {"rows": rows})
    with serve("--library", library) as server:
        lines = list(stream(server, {"rows": rows}))
    for _, line in lines:
        check.validate(line)
    assert [line["line"] for _, line in lines[:3]] == [2, 3, 4]  # what waits for nothing is first
    assert lines[-1][1]["line"] == 1 and lines[-1][0] - lines[0][0] > 0.5
    kept = ("line", "response_index", "status", "value", "class", "reason", "tool")
    picked = sorted(([line.get(key) for key in kept] for _, line in lines), key=str)
    assert picked == sorted(([line.get(key) for key in kept] for line in whole["results"]), key=str)


def test_the_client_streams(library):
    rows = [code_row("import time; time.sleep(0.3)"), CHEAP, {**CHEAP, "response": "Rome"}]
    with serve("--library", library) as server:
        scores = list(rlar.Client(server.url).stream(rows))
        assert [(score.line, score.value) for score in scores] == [(2, 1), (3, 0), (1, 1)]
        with pytest.raises(rlar.ServerError, match="exact_match"):
            next(rlar.Client(server.url).stream(rows, tool="exact_matsch"))
    with pytest.raises(rlar.ServerError):
        next(rlar.Client(server.url, timeout=2).stream(rows))


def test_errors_of_a_streamed_request_are_plain_replies(library):
    with serve("--library", library) as server:
        headers = {"Accept": "application/x-ndjson"}
        status, body, head = server.request("/v1/score", {"rows": [CHEAP], "tool": "exact_matsch"}, headers=headers)
        assert (
            status == 404 and "exact_match" in body["error"]["message"] and head["Content-Type"] == "application/json"
        )
        assert server.request("/v1/score", {"rows": []}, headers=headers)[:2] == (200, "")


def test_equal_work_is_done_once(library):
    with serve("--library", library, "--tick-ms", "50") as server:
        row = code_row("import time; time.sleep(0.5)")
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            replies = list(pool.map(lambda _: server.request("/v1/score", {"rows": [row]})[1], range(6)))
        assert all(reply["results"][0]["value"] == 1 for reply in replies)
        server.request("/v1/score", {"rows": [row, {**row, "id": "another"}]})  # the id is part of what a tool may read
        assert wait_for(lambda: metric(server, 'rlar_cache{what="asked"}') == 2)
        assert metric(server, 'rlar_cache{what="hits"}') + metric(server, 'rlar_cache{what="shared"}') == 6
        group = {**row, "id": "group", "responses": [row["response"]] * 4 + ["def f(): return 4"]}
        del group["response"]
        _, body, _ = server.request("/v1/score", {"rows": [group]})
        assert [line["value"] for line in body["results"]] == [1, 1, 1, 1, 0]
        assert wait_for(lambda: metric(server, 'rlar_cache{what="asked"}') == 4)


def test_what_looks_at_the_whole_group_is_not_kept(tmp_path):
    """A function that marks the longest of its group: the same response is judged anew in another group."""
    (tmp_path / "longest.py").write_text(
        "def longest(prompts, completions, **columns):\n"
        "    return [float(len(text) == max(map(len, completions))) for text in completions]\n"
    )
    library = mixed_library(tmp_path)
    add_function(library, tmp_path / "longest.py", "longest", "--form", "trl")
    with serve("--library", library) as server:
        for responses, values in ((["aa", "b"], [1, 0]), (["aa", "ccc"], [0, 1]), (["b", "aa"], [0, 1])):
            row = {"prompt": "Which?", "reference": "x", "responses": responses}
            _, body, _ = server.request("/v1/score", {"rows": [row], "tool": "longest"})
            assert [line["value"] for line in body["results"]] == values


def test_nothing_is_kept_where_the_cache_is_off(library):
    with serve("--library", library, "--tick-ms", "50", "--cache-mb", "0") as server:
        for _ in range(3):
            assert server.request("/v1/score", {"rows": [code_row("pass")]})[1]["results"][0]["value"] == 1
        assert wait_for(lambda: metric(server, 'rlar_cache{what="asked"}') == 3)
        assert metric(server, 'rlar_cache{what="kept"}') == 0


def test_one_busy_tool_leaves_runners_to_the_others(library):
    """More rows of code than there are runners: a run of another kind has its turn before they are through."""
    rows = [code_row(f"import time; time.sleep(0.5 + {i} / 1000)") for i in range(24)]
    with serve("--library", library, "--runners", "4") as server, concurrent.futures.ThreadPoolExecutor(1) as pool:
        flood = pool.submit(server.request, "/v1/score", {"rows": rows})
        time.sleep(0.3)
        start = time.monotonic()
        assert server.request("/run_code", {"code": "print(1)", "language": "python"})[1]["status"] == "Success"
        assert time.monotonic() - start < 2.5 and not flood.done()
        assert [line["value"] for line in flood.result()[1]["results"]] == [1] * 24


@pytest.mark.parametrize("path", ["/v1/score", "/run_code"])
def test_a_client_that_left_is_not_worked_for(library, path):
    """Its runs end, those that wait do not begin, and nothing of it is counted or recorded."""
    rows = [code_row(f"import time; time.sleep(20 + {i})") for i in range(6)]
    code = {"code": "import time; time.sleep(20)", "language": "python", "run_timeout": 25}
    body = json.dumps({"rows": rows} if path == "/v1/score" else code).encode()
    with serve("--library", library, "--runners", "2", "--tick-ms", "50") as server:
        server.request("/v1/score", {"rows": [code_row("pass")]})
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            time.sleep(0.6)
        start = time.monotonic()
        _, reply, _ = server.request("/v1/score", {"rows": [code_row("x = 1")]})
        assert reply["results"][0]["value"] == 1 and time.monotonic() - start < 5
        assert wait_for(lambda: metric(server, "rlar_rows_waiting") == 0, 3)
        assert server.request("/v1/status")[1]["queries"] == 2


def test_a_client_that_left_a_stream(library):
    rows = [code_row(f"import time; time.sleep({0.05 if i < 2 else 20})", id=i) for i in range(6)]
    with serve("--library", library, "--runners", "2") as server:
        lines = stream(server, {"rows": rows, "deadline_ms": 29_000})
        next(lines)
        lines.close()
        start = time.monotonic()
        assert server.request("/v1/score", {"rows": [code_row("x = 2")]})[1]["results"][0]["value"] == 1
        assert time.monotonic() - start < 5


def test_a_stream_that_is_read_slowly_is_whole(library):
    rows = [{**CHEAP, "id": "x" * 400} for _ in range(20_000)]
    with serve("--library", library) as server:
        seen = 0
        for _, line in stream(server, {"rows": rows}):
            seen += 1
            if seen == 1:
                time.sleep(1.0)
            assert line["value"] == 1
        assert seen == len(rows)
