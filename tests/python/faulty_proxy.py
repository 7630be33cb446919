"""A proxy before a server that spoils some answers: what networks and overloaded machines do to a trainer's reward requests."""

from __future__ import annotations

import contextlib
import http.client
import random
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KINDS = ("reset", "500", "503", "429", "cut", "not_json")


class Proxy:
    def __init__(self, url: str, port: int) -> None:
        self.url, self.faults, self.passed = f"http://127.0.0.1:{port}", dict.fromkeys(KINDS, 0), 0
        self.target = urllib.parse.urlsplit(url)


@contextlib.contextmanager
def faulty_proxy(url: str, share: float, seed: int = 0, kinds: tuple[str, ...] = KINDS):
    """Forwards POSTs and GETs to `url`; of the POSTs, `share` are spoilt, each in one of `kinds`."""
    rng, lock = random.Random(seed), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                kind = rng.choice(kinds) if rng.random() < share else ""
                if kind:
                    proxy.faults[kind] += 1
                else:
                    proxy.passed += 1
            if kind == "reset":
                self.close_connection = True
                self.connection.close()
            elif kind in ("500", "503", "429"):
                self.answer(int(kind), b'{"error": {"code": "x", "message": "spoilt on purpose"}}')
            else:
                status, data, about = self.forward("POST", body)
                if kind == "cut":
                    self.send_response(status)
                    self.send_header("Content-Type", about)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data[: len(data) // 2])
                    self.close_connection = True
                    self.wfile.flush()
                    self.connection.close()
                else:
                    self.answer(status, b"<html>gateway</html>" if kind == "not_json" else data, about)

        def do_GET(self):
            self.answer(*self.forward("GET", None))

        def forward(self, method, body):
            connection = http.client.HTTPConnection(proxy.target.hostname, proxy.target.port, timeout=60)
            try:
                connection.request(method, self.path, body, {"Content-Type": "application/json"})
                reply = connection.getresponse()
                return reply.status, reply.read(), reply.headers["Content-Type"]
            except OSError:
                return 502, b'{"error": {"code": "x", "message": "the server is away"}}', "application/json"
            finally:
                connection.close()

        def answer(self, status, data, about="application/json"):
            self.send_response(status)
            self.send_header("Content-Type", about)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

        def handle(self):
            with contextlib.suppress(OSError, ValueError):
                super().handle()

        def finish(self):
            with contextlib.suppress(OSError, ValueError):
                super().finish()

    class Server(ThreadingHTTPServer):
        daemon_threads, request_queue_size = True, 512

    server = Server(("127.0.0.1", 0), Handler)
    proxy = Proxy(url, server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
