"""rlar serve: the protocols, their refusals, and clients that misbehave."""

import concurrent.futures
import json
import os
import socket
import threading
import time

import pytest
from support import jsonl, mixed_library, mixed_rows, run, serve, validator

ROW = {"prompt": "Capital of France?", "response": "Paris", "reference": "Paris"}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return mixed_library(tmp_path_factory.mktemp("serve"))


@pytest.fixture(scope="module")
def server(library):
    with serve("--library", library) as running:
        yield running


def test_score_route(server):
    rows = [{**row, "responses": [f"The answer is {row['reference']}.", "no"]} for row in mixed_rows()[:24]]
    status, body, _ = server.request("/v1/score", {"rows": rows})
    assert status == 200
    validator("score_response").validate(body)
    assert [line["value"] for line in body["results"]] == [1, 0] * 24
    assert [line["line"] for line in body["results"][:4]] == [1, 1, 2, 2]


def test_score_errors_are_the_clients(server):
    for body, status, says in [
        (b"{", 400, "not JSON"),
        ({}, 400, "rows"),
        ({"rows": [], "tool": "exact_mach"}, 404, "did you mean 'exact_match'"),
        ({"rows": [], "tool": "exact_match", "params": {"strp": 1}}, 400, "strip"),
        ({"rows": [], "params": {"strip": True}}, 400, "goes with tool"),
        ({"rows": [], "library_version": "0" * 16}, 404, "version"),
    ]:
        got, reply, _ = server.request("/v1/score", body)
        assert got == status and says in reply["error"]["message"], (body, got, reply)
        validator("error_response").validate(reply)
    assert server.request("/v1/scores", {})[0] == 404
    assert server.request("/v1/score", method="GET")[0] == 405


def test_bad_rows_do_not_spoil_the_batch(server):
    status, body, _ = server.request("/v1/score", {"rows": [ROW, {"x": 1}, 5, ROW], "tool": "exact_match"})
    assert status == 200
    assert [line["status"] for line in body["results"]] == ["ok", "invalid", "invalid", "ok"]


def test_pinned_version(library):
    with serve("--library", library) as server:
        version = server.request("/health")[1]["library_version"]
        run("route", "set", "something", "exact_match", "--library", library)
        status, body, _ = server.request(
            "/v1/score", {"rows": [ROW], "tool": "exact_match", "library_version": version}
        )
        assert status == 200 and body["library_version"] == version
        new = (library / "CURRENT").read_text().strip()
        assert new != version
        status, body, _ = server.request("/v1/score", {"rows": [ROW], "tool": "exact_match", "library_version": new})
        assert body["library_version"] == new
        os.kill(server.process.pid, 1)  # SIGHUP takes the current version
        deadline = time.monotonic() + 10
        while server.request("/health")[1]["library_version"] != new and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.request("/health")[1]["library_version"] == new


def test_get_reward_of_openrlhf(server):
    prompt = "<|im_start|>user\nWhat is 2 + 6? Give the number.<|im_end|>\n<|im_start|>assistant\n"
    body = {"query": [prompt + "8<|im_end|>", prompt + "9<|im_end|>\n"], "prompts": [prompt] * 2, "labels": ["8", "8"]}
    status, reply, _ = server.request("/get_reward", body)
    assert status == 200
    assert reply["rewards"] == [1, 0] == reply["scores"] and reply["extra_logs"]["rlar_valid"] == [1, 1]
    assert server.request("/get_reward", {"query": [], "prompts": [], "labels": []})[1]["rewards"] == []
    status, reply, _ = server.request("/get_reward", {"query": ["q"], "prompts": ["q"], "labels": [None]})
    assert status == 502 and "neutral" in reply["error"]["message"]
    assert server.request("/get_reward", {"query": ["q"], "prompts": []})[0] == 400


def test_get_reward_finds_the_response_behind_a_changed_prompt(server):
    """A token before the prompt, or a long prompt that the trainer cut at its front: the response is what follows."""
    prompt = "Here is a long story about nothing. " * 20 + "What is 2 + 6? Give the number.\nassistant: "
    for query, reward in [
        ("<s>" + prompt + "8</s>", 1),
        (prompt[300:] + "8</s>", 1),
        (prompt[300:] + "9</s>", 0),
        (prompt[-20:] + "8</s>", 1),
        (prompt + "", 0),
    ]:
        body = {"query": [query], "prompts": [prompt], "labels": [json.dumps({"reference": "8", "task": ""})]}
        status, reply, _ = server.request("/get_reward", body)
        assert (status, reply["rewards"]) == (200, [reward]), (query[-60:], reply)


def test_get_reward_logs_tasks_when_asked(server):
    rows = [(row["prompt"], row["reference"]) for row in mixed_rows() if "reference" in row]
    body = {"query": [p + r for p, r in rows], "prompts": [p for p, _ in rows], "labels": [r for _, r in rows]}
    logs = server.request("/get_reward?tasks=1", body)[1]["extra_logs"]
    shares = {key: values for key, values in logs.items() if key.startswith("rlar_task/")}
    assert set(logs) == {"rlar_valid", "rlar_usd", "rlar_scale"} | set(shares) | {
        key.replace("_task/", "_reward/") for key in shares
    }
    assert [sum(values) for values in zip(*shares.values())] == [1] * 30
    assert sorted(sum(values) for values in shares.values()) == [0, 10, 20] and sum(shares["rlar_task/other"]) == 0
    assert set(server.request("/get_reward", body)[1]["extra_logs"]) == {"rlar_valid", "rlar_usd", "rlar_scale"}


def test_get_reward_routes_by_a_json_label(server):
    label = json.dumps({"reference": "Lima", "params": {}, "source": ""})
    body = {
        "query": ["Which city is the capital of Peru?Lima"],
        "prompts": ["Which city is the capital of Peru?"],
        "labels": [label],
    }
    assert server.request("/get_reward", body)[1]["rewards"] == [1]


def test_remote_rm_of_slime(server):
    sample = {"prompt": "What is 2 + 6? Give the number.", "response": "8", "label": "8"}
    assert server.request("/remote_rm", sample)[1] == 1
    assert server.request("/remote_rm", [sample, {**sample, "response": "9"}])[1] == [1, 0]
    assert server.request("/remote_rm?dict=1", sample)[1] == {"score": 1, "valid": 1}
    assert server.request("/remote_rm", {**sample, "label": None})[0] == 502


def test_neutral_is_sent_only_when_asked_for(library):
    with serve("--library", library, "--on-failure", "neutral=0.25") as server:
        status, reply, _ = server.request("/get_reward", {"query": ["q"], "prompts": ["q"], "labels": [None]})
        assert status == 200 and reply["rewards"] == [0.25] and reply["extra_logs"]["rlar_valid"] == [0]


def test_health_and_metrics(server):
    status, body, _ = server.request("/health")
    validator("health").validate(body)
    server.request("/v1/score", {"rows": [ROW], "tool": "exact_match"})
    status, text, headers = server.request("/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain")
    assert 'rlar_scores_total{tool="exact_match@2",status="ok",class=""}' in text
    assert 'rlar_requests_total{path="/v1/score",code="200"}' in text
    for line in text.splitlines():
        assert line.startswith("#") or len(line.rsplit(" ", 1)) == 2, line


def test_bearer_token(library):
    with serve("--library", library, "--token", "s3cret") as server:
        body = {"rows": [ROW], "tool": "exact_match"}
        assert server.request("/v1/score", body)[0] == 401
        assert server.request("/v1/score", body, headers={"Authorization": "Bearer wrong!"})[0] == 401
        assert server.request("/v1/score", body, headers={"Authorization": "Bearer s3cret"})[0] == 200
        assert server.request("/health")[0] == 200
        assert server.request("/metrics")[0] == 401


def test_body_over_the_limit(library):
    with serve("--library", library, "--max-body-bytes", "1000") as server:
        status, reply, _ = server.request("/v1/score", {"rows": [{**ROW, "response": "x" * 2000}]})
        assert status == 413 and "1000" in reply["error"]["message"]
        assert server.request("/health")[0] == 200


def test_full_queue_answers_429_with_retry_after(tmp_path, library):
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import time\n"
        "def score(data_source, solution_str, ground_truth, extra_info=None):\n"
        "    if solution_str.startswith('SLOW'): time.sleep(1.0)\n"
        "    return float(solution_str.strip() == ground_truth)\n"
    )
    (tmp_path / "settings.toml").write_text("")
    run("build", library.parent / "train.jsonl", "--out", tmp_path / "lib")
    (tmp_path / "lib" / "settings.toml").write_text("[gate]\nmin_accept = 0\nmin_pairs = 0\nmin_refuse = 0\n")
    run("tools", "add", f"{slow}:score", "--library", tmp_path / "lib", "--data", library.parent / "train.jsonl")
    with serve("--library", tmp_path / "lib", "--threads", "1", "--queue", "1") as server:
        body = {"rows": [{**ROW, "response": "SLOW"}], "tool": "score"}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: server.request("/v1/score", body), range(8)))
        statuses = sorted(status for status, _, _ in replies)
        assert statuses.count(429) >= 1 and statuses.count(200) >= 1 and set(statuses) <= {200, 429}, statuses
        assert all(headers["Retry-After"] == "1" for status, _, headers in replies if status == 429)
        assert server.request("/v1/score", {"rows": [ROW], "tool": "exact_match"})[0] == 200
        # A deadline that passes while the function runs is a failure of ours, never a zero.
        late = {**body, "rows": [{**ROW, "response": "SLOW again"}], "deadline_ms": 100}
        status, reply, _ = server.request("/v1/score", late)
        assert (reply["results"][0]["status"], reply["results"][0]["class"]) == ("failed", "timeout")


def raw(server, data: bytes, read: bool = True, timeout: float = 10) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as connection:
        connection.sendall(data)
        return connection.recv(65536) if read else b""


@pytest.mark.parametrize(
    "data",
    [
        b"NONSENSE\r\n\r\n",
        b"POST /v1/score HTTP/1.1\r\nContent-Length: abc\r\n\r\n",
        b"POST /v1/score HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
    ],
)
def test_malformed_requests_are_refused(server, data):
    try:
        reply = raw(server, data)
    except ConnectionError:
        reply = b""
    assert reply == b"" or reply.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431", b"HTTP/1.1 413"))
    assert server.request("/health")[0] == 200


def test_pipelined_chunked_and_continued_requests(server):
    body = json.dumps({"rows": [ROW], "tool": "exact_match"}).encode()
    head = b"POST /v1/score HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall((head + body) * 3)
        got = b""
        while got.count(b'"library_version"') < 6:
            got += connection.recv(65536)
        assert got.count(b"HTTP/1.1 200 OK") == 3
    chunked = b"POST /v1/score HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    assert raw(server, chunked).startswith(b"HTTP/1.1 200")
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head[:-2] + b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def descriptors(server) -> int:
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def test_sixty_four_misbehaving_clients(library):
    """Slow readers, half-closed, malformed and oversize clients: the healthy ones are answered, no descriptor leaks."""
    with serve("--library", library, "--max-body-bytes", "2000000") as server:
        body = json.dumps({"rows": [ROW] * 2000, "tool": "exact_match"}).encode()
        good = b"POST /v1/score HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        server.request("/health")
        before = descriptors(server)
        stop = threading.Event()

        def misbehave(kind: int):
            while not stop.is_set():
                try:
                    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as s:
                        if kind == 0:  # reads a byte at a time, slowly, then goes away
                            s.sendall(good)
                            for _ in range(5):
                                s.recv(1)
                                time.sleep(0.02)
                        elif kind == 1:  # half-closed
                            s.sendall(good[: len(good) // 2])
                            s.shutdown(socket.SHUT_WR)
                            s.recv(100)
                        elif kind == 2:  # malformed
                            s.sendall(b"\xff" * 200 + b"\r\n\r\n")
                            s.recv(100)
                        else:  # oversize
                            s.sendall(b"POST /v1/score HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 1000)
                            s.recv(100)
                except OSError:
                    pass

        threads = [threading.Thread(target=misbehave, args=(i % 4,)) for i in range(64)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(40):
                status, reply, _ = server.request("/v1/score", {"rows": [ROW], "tool": "exact_match"})
                assert status == 200 and reply["results"][0]["value"] == 1
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        deadline = time.monotonic() + 15
        while descriptors(server) > before + 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert descriptors(server) <= before + 2


def test_drain_finishes_what_has_arrived(tmp_path, library):
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import time\ndef score(data_source, solution_str, ground_truth, extra_info=None):\n"
        "    if solution_str == 'SLOW': time.sleep(0.7)\n    return 1.0\n"
    )
    run("build", library.parent / "train.jsonl", "--out", tmp_path / "lib")
    (tmp_path / "lib" / "settings.toml").write_text("[gate]\nmin_accept = 0\nmin_pairs = 0\nmin_refuse = 0\n")
    run("tools", "add", f"{slow}:score", "--library", tmp_path / "lib", "--data", library.parent / "train.jsonl")
    with serve("--library", tmp_path / "lib") as server, concurrent.futures.ThreadPoolExecutor(1) as pool:
        body = {"rows": [{**ROW, "response": "SLOW"}], "tool": "score"}
        waiting = pool.submit(server.request, "/v1/score", body)
        time.sleep(0.3)
        server.process.terminate()
        status, reply, _ = waiting.result(timeout=20)
        assert status == 200 and reply["results"][0]["value"] == 1
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", server.port), timeout=5)
        server.process.wait(timeout=20)


def test_an_address_in_use_is_one_clear_line(server):
    done = run("serve", "--listen", f"127.0.0.1:{server.port}", check=2)
    assert b"cannot listen" in done.stderr
    assert b"HOST:PORT" in run("serve", "--listen", "nowhere", check=2).stderr


def test_slow_requests_do_not_hold_fast_ones(tmp_path):
    """More slow requests than there are workers: answers that wait for nothing come at once, and every slow one comes too."""
    source = tmp_path / "slow.py"
    source.write_text(
        "import time\n"
        "def slow(data_source, solution_str, ground_truth, extra_info=None):\n"
        "    time.sleep(1.0 if solution_str.startswith('wait') else 0)\n"
        "    return float(solution_str.strip() == ground_truth)\n"
    )
    rows = [{"prompt": f"Say {i}", "reference": f"word{i} and word{i + 1}"} for i in range(12)]
    (tmp_path / "rows.jsonl").write_text(jsonl(rows))
    run(
        "tools",
        "add",
        f"{source}:slow",
        "--form",
        "verl",
        "--library",
        tmp_path / "lib",
        "--data",
        tmp_path / "rows.jsonl",
        check=None,
    )
    library = tmp_path / "lib"
    manifest = json.loads((library / "versions" / f"{(library / 'CURRENT').read_text().strip()}.json").read_text())
    tool = "slow" if any(card["name"] == "slow" for card in manifest["tools"]) else None
    with serve("--library", library, "--threads", "2") as server:

        def slow_body(i: int) -> dict:
            if tool is None:
                return {"code": f"import time; time.sleep(1.0 + {i} / 1e6)", "language": "python"}
            return {"rows": [{**ROW, "response": f"wait {i}"}], "tool": tool}

        slow_path = "/v1/score" if tool else "/run_code"
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            flood = [pool.submit(server.request, slow_path, slow_body(i)) for i in range(10)]
            time.sleep(0.1)
            start, done = time.monotonic(), 0
            while time.monotonic() - start < 0.5:
                status, body, _ = server.request("/v1/score", {"rows": [ROW], "tool": "exact_match"})
                assert status == 200 and body["results"][0]["value"] == 1
                done += 1
            assert not all(future.done() for future in flood)  # they were waiting all the while
            assert all(future.result()[0] == 200 for future in flood)
        assert done > 20, done


def test_what_the_fast_lane_has_done_is_not_done_twice(tmp_path):
    """A batch of cheap rows and rows that run code: each is scored, counted and recorded once, in order."""
    import sqlite3

    code = {
        "prompt": "Write f.",
        "response": "def f():\n    return 3",
        "params": {"tests": ["assert f() == 3"]},
        "task": "code",
    }
    cheap = {**ROW, "task": "cheap"}
    run("route", "set", "code", "code_tests", "--library", tmp_path / "lib")
    run("route", "set", "cheap", "exact_match", "--library", tmp_path / "lib")
    rows = [cheap, {**cheap, "response": "Rome"}, code, cheap, code, {**cheap, "response": "Oslo"}]
    with serve("--library", tmp_path / "lib", "--records", tmp_path / "r.sqlite") as server:
        _, body, _ = server.request("/v1/score", {"rows": rows})
        assert [line["value"] for line in body["results"]] == [1, 0, 1, 1, 1, 0]
        assert [line["line"] for line in body["results"]] == [1, 2, 3, 4, 5, 6]
        samples = [
            {
                "prompt": row["prompt"],
                "response": row["response"],
                "label": json.dumps(
                    {"reference": row.get("reference", ""), **{k: row[k] for k in ("task", "params") if k in row}}
                ),
            }
            for row in rows
        ]
        assert server.request("/remote_rm", samples)[1] == [1, 0, 1, 1, 1, 0]
        query = {
            "query": [s["prompt"] + s["response"] for s in samples],
            "prompts": [s["prompt"] for s in samples],
            "labels": [s["label"] for s in samples],
        }
        assert server.request("/get_reward", query)[1]["rewards"] == [1, 0, 1, 1, 1, 0]
        assert server.request("/v1/status")[1]["queries"] == 18
    with sqlite3.connect(tmp_path / "r.sqlite") as database:
        assert database.execute("SELECT count(*) FROM rewards").fetchone() == (18,)
