"""./dev bench backends: what the micro-batcher costs in front of a reward model server, beside calling that server directly.

A stub server in TEI's shape takes a fixed time a batch, as a model on an accelerator does. The same conversations are scored (a) by a client that
sends full batches over the same number of connections itself and (b) through `rlar serve`: samples per second, the ratio, and p50 and p99 of a group.
Then groups whose responses are half equal: texts that reached the server.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import http.client
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "python"))
from support import RLAR, jsonl, serve  # noqa: E402

BATCH, CONNECTIONS = 32, 4


class Stub:
    """`seconds` a batch, whatever its size; counts texts."""

    def __init__(self, seconds: float) -> None:
        outer, self.texts, self.lock = self, 0, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                inputs = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["inputs"]
                with outer.lock:
                    outer.texts += len(inputs)
                time.sleep(seconds)
                answer = [
                    [{"label": "LABEL_0", "score": text[0].count("good") - text[0].count("bad") + 0.01 * len(text[0])}]
                    for text in inputs
                ]
                data = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        class Listener(ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 256

        self.server = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def direct(stub: Stub, texts: list[str]) -> float:
    """Samples per second of full batches on a connection each."""
    batches = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]

    def work(part: list[list[str]]) -> None:
        connection = http.client.HTTPConnection(stub.url.split("//")[1])
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for batch in part:
            body = json.dumps({"inputs": [[text] for text in batch], "raw_scores": True, "truncate": True})
            connection.request("POST", "/predict", body)
            json.loads(connection.getresponse().read())

    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(work, [batches[i::CONNECTIONS] for i in range(CONNECTIONS)]))
    return len(texts) / (time.perf_counter() - start)


def through(server, rows: list[dict], callers: int) -> tuple[float, list[float]]:
    """Samples per second, and the seconds that each request of eight groups took."""
    parts = [rows[i : i + 8] for i in range(0, len(rows), 8)]
    took = []

    def work(part: list[dict]) -> None:
        begin = time.perf_counter()
        status, reply, _ = server.request("/v1/score", {"rows": part, "tool": "stub"})
        assert status == 200 and all(line["status"] == "ok" for line in reply["results"]), reply
        took.append(time.perf_counter() - begin)

    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(callers) as pool:
        list(pool.map(work, parts))
    samples = sum(len(row["responses"]) for row in rows)
    return samples / (time.perf_counter() - start), sorted(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-ms", type=float, default=30)
    parser.add_argument("--groups", type=int, default=512)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    stub = Stub(options.batch_ms / 1000)
    rows = [
        {"prompt": f"Question {i}", "responses": [f"answer {i} {k} good" for k in range(8)]}
        for i in range(options.groups)
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        proof = [{"prompt": f"Q {i}", "chosen": f"good {i}", "rejected": f"bad {i} x", "task": "t"} for i in range(24)]
        (folder / "proof.jsonl").write_text(jsonl(proof))
        command = [
            RLAR,
            "models",
            "add",
            "stub",
            "--backend",
            "tei",
            "--url",
            stub.url,
            "--library",
            folder / "lib",
            "--data",
            folder / "proof.jsonl",
        ]
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
        with serve("--library", folder / "lib", "--threads", "64") as server:
            through(server, rows[:64], 16)  # connections, threads
            beside = direct(stub, [f"{row['prompt']}\n{text}" for row in rows for text in row["responses"]])
            rate, took = through(server, rows, 32)
            before = stub.texts
            halves = [
                {"prompt": f"Half {i}", "responses": [f"answer {i} {k // 2} good" for k in range(8)]} for i in range(64)
            ]
            through(server, halves, 8)
            asked = (stub.texts - before) / (64 * 8)
    p50, p99 = took[len(took) // 2], took[int(0.99 * (len(took) - 1))]
    print(f"direct, full batches of {BATCH} on {CONNECTIONS} connections: {beside:,.0f} samples/s")
    print(
        f"through the micro-batcher: {rate:,.0f} samples/s, ratio {rate / beside:.3f}; a request of 8 groups: p50 {1000 * p50:.0f} ms, p99 {1000 * p99:.0f} ms"
    )
    print(f"half of the responses equal: {asked:.0%} of the texts reached the server")
    if options.json:
        row = {
            "direct_per_s": beside,
            "batcher_per_s": rate,
            "ratio": rate / beside,
            "p50_ms": 1000 * p50,
            "p99_ms": 1000 * p99,
            "asked_share": asked,
        }
        machine = {"cores": os.cpu_count(), "machine": platform.machine()}
        report = {
            "schema_version": 1,
            "bench": "backends",
            "machine": machine,
            "versions": {"python": platform.python_version()},
            "seed": 0,
            "rows": [row],
        }
        options.json.write_text(json.dumps(report))


if __name__ == "__main__":
    main()
