"""Servers that answer in the documented shapes of vLLM, SGLang, TEI and llama.cpp, for a made-up model; and that misbehave when told to.

The model's logit is the number of times the response says "good" less the number of "bad", plus a hundredth of its length.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def logit(text: str) -> float:
    return text.count("good") - text.count("bad") + 0.01 * len(text)


class Refuse(Exception):
    def __init__(self, status, body):
        self.status, self.body = status, body


def vllm(path, body):
    """use_activation must be off, and the template must not be followed by special tokens of the tokenizer's own."""
    if path not in ("/classify",):
        raise Refuse(404, {"detail": "Not Found"})
    if body.get("use_activation") is not False or body.get("add_special_tokens") is not False:
        raise Refuse(400, {"error": {"message": "this test wants raw logits and one template"}})
    assert body["messages"][-1]["role"] == "assistant"
    value = logit(body["messages"][-1]["content"])
    return {
        "id": "classify-1",
        "object": "list",
        "model": "m",
        "data": [{"index": 0, "label": None, "probs": [value], "num_classes": 1}],
    }


def vllm_pooling(path, body):
    """An older server: no /classify, one number a token."""
    if path != "/pooling":
        raise Refuse(404, {"detail": "Not Found"})
    value = logit(body["messages"][-1]["content"])
    return {"id": "pool-1", "data": [{"index": 0, "object": "pooling", "data": [[0.0], [5.5], [value]]}]}


def sglang(path, body):
    if path != "/classify":
        raise Refuse(404, {})
    return [{"embedding": [logit(text.split("\n", 1)[1])], "meta_info": {}} for text in body["text"]]


def tei(path, body):
    if path != "/predict" or body.get("raw_scores") is not True:
        raise Refuse(422, {"error": "validation", "error_type": "Validation"})
    inputs = body["inputs"]
    if all(isinstance(one, str) for one in inputs):  # a flat list of two strings is one pair
        return [{"label": "LABEL_0", "score": logit(inputs[-1])}]
    return [[{"label": "LABEL_0", "score": logit(one[0].split("\n", 1)[1])}] for one in inputs]


def llamacpp(path, body):
    """Sorted by score, as rerankers answer: only the index tells what belongs to what."""
    if path != "/v1/rerank":
        raise Refuse(404, {})
    results = [{"index": i, "relevance_score": logit(text)} for i, text in enumerate(body["documents"])]
    return {"object": "list", "results": sorted(results, key=lambda one: -one["relevance_score"])}


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many callers come at once


class ModelServer:
    """`fault(n)` may give a status, a number of seconds to wait, "cut", or a function of the right answer."""

    def __init__(self, shape, fault=None, port=0):
        self.shape, self.fault = shape, fault
        self.requests: list[dict] = []
        self.texts = 0
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer.lock:
                    n = len(outer.requests)
                    outer.requests.append(body)
                trouble = outer.fault(n) if outer.fault else None
                if isinstance(trouble, float):
                    time.sleep(trouble)
                if isinstance(trouble, int):
                    return self.reply(trouble, {"error": "trouble"})
                try:
                    answer = outer.shape(self.path, body)
                except Refuse as refusal:
                    return self.reply(refusal.status, refusal.body)
                if callable(trouble):
                    answer = trouble(answer)
                self.reply(200, answer, cut=trouble == "cut")

            def reply(self, status, answer, cut=False):
                data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data[: len(data) // 2] if cut else data)
                    if cut:
                        self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = Listener(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
