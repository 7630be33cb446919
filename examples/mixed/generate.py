#!/usr/bin/env python3
"""Ask an OpenAI-compatible server for responses to a file of queries.

    python generate.py QUERIES.jsonl --out raw.jsonl --url http://127.0.0.1:8080 --model NAME --samples 4

QUERIES.jsonl holds {"id", "prompt", "max_tokens"?} a line (`draw.py` writes such a file). Every response is appended to
--out at once, so that a run which stops is continued by giving the same command again. A request that fails is tried
again within its deadline; what stays unanswered is named on stderr, is not written, and makes the exit code 1. Exit 2: wrong
usage or unreadable input. The API key, where one is needed, is read from RLAR_LLM_API_KEY and never written.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import socket
import sys
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from mixedset.files import Record, prompt_sha256, read_jsonl

_RETRIED = {408, 409, 425, 429, 500, 502, 503, 504}
_MAX_BODY = 16 << 20


class GaveUp(Exception):
    """A request that stays unanswered; the message says why, without the prompt."""


class _Again(Exception):
    """One attempt failed in a way that another may not. `wait`: seconds the server asked for, or None."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


@dataclass(frozen=True)
class Settings:
    """How to ask. `timeout` bounds one attempt and `deadline` one request with its retries, both in seconds."""

    url: str
    model: str
    temperature: float
    top_p: float
    max_tokens: int
    timeout: float
    deadline: float
    retries: int
    seed: int


def _body(response: http.client.HTTPResponse) -> bytes:
    """The whole body; _Again when it ends early, GaveUp when it is too large."""
    parts, size = [], 0
    while part := response.read1(1 << 16):
        parts.append(part)
        size += len(part)
        if size > _MAX_BODY:
            raise GaveUp(f"the answer is larger than {_MAX_BODY} bytes")
    if response.length:
        raise _Again(f"the answer was cut {response.length} bytes before its end")
    return b"".join(parts)


def _retry_after(headers: http.client.HTTPMessage) -> float | None:
    try:
        return max(0.0, float(headers.get("Retry-After", "")))
    except ValueError:
        return None


def _target(settings: Settings, left: float) -> tuple[http.client.HTTPConnection, str]:
    """A connection, not yet made, and the path to post to."""
    parts = urllib.parse.urlsplit(settings.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    base = parts.path.rstrip("/")
    path = base + ("/chat/completions" if base.endswith("/v1") else "/v1/chat/completions")
    return kind(parts.hostname or "", parts.port, timeout=left), path


def _post(settings: Settings, body: bytes, end: float) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One exchange that is over when `settings.timeout` or `end` is reached, also when the server drips byte by byte."""
    left = max(0.01, min(end - time.monotonic(), settings.timeout))
    connection, path = _target(settings, left)
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get("RLAR_LLM_API_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    late = threading.Event()
    watchdog: threading.Timer | None = None
    try:
        connection.connect()
        sock = connection.sock

        def stop() -> None:
            late.set()
            # the socket's own timeout starts anew with every byte; closing both directions ends any read at once
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

        watchdog = threading.Timer(left, stop)
        watchdog.daemon = True
        watchdog.start()
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        return response.status, response.headers, _body(response)
    except (OSError, http.client.HTTPException, _Again) as error:
        why = f"no complete answer in {left:.3g} s" if late.is_set() else f"{type(error).__name__}: {error}"
        raise _Again(why) from error
    finally:
        if watchdog is not None:
            watchdog.cancel()
        connection.close()


def _choices(status: int, headers: http.client.HTTPMessage, body: bytes) -> list[Record]:
    """The choices of an answer; _Again or GaveUp for everything else."""
    text = body.decode("utf-8", "replace")
    if status in _RETRIED:
        raise _Again(f"HTTP {status}", _retry_after(headers))
    if status != 200:
        raise GaveUp(f"HTTP {status}: {text[:200]!r}")
    try:
        answer: Any = json.loads(text)
        found = [(c["message"]["content"], c.get("finish_reason")) for c in answer["choices"]]
    except (json.JSONDecodeError, LookupError, TypeError) as error:
        raise _Again(f"not a chat completion: {text[:80]!r}") from error
    if not found or not all(isinstance(content, str) for content, _ in found):
        raise _Again("a chat completion without text")
    return [{"text": content, "finish_reason": reason} for content, reason in found]


def ask(settings: Settings, query: Record, samples: list[int], end: float) -> list[Record]:
    """Responses to one query with their settings, one for each number in `samples`; raises GaveUp.

    One request asks for all of them, so that the server reads the prompt once; a server that knows no `n` gives one.
    `end` is the monotonic time at which the whole run ends. Waits between attempts double from half a second, or are
    what the server asks for; none reaches beyond the deadline.
    """
    prompt = query["prompt"]
    messages = prompt if isinstance(prompt, list) else [{"role": "user", "content": prompt}]
    limit = int(query.get("max_tokens") or settings.max_tokens)
    seed = random.Random(f"{settings.seed}/{query['id']}/{settings.model}/{samples[0]}").randrange(1 << 31)
    sampling = {"temperature": settings.temperature, "top_p": settings.top_p, "seed": seed, "max_tokens": limit}
    body = json.dumps({"model": settings.model, "messages": messages, "n": len(samples), **sampling}).encode()
    head = {"id": query["id"], "prompt_sha256": prompt_sha256(prompt), "model": settings.model}
    end = min(end, time.monotonic() + settings.deadline)
    why = "no attempt was made"
    for attempt in range(settings.retries + 1):
        if time.monotonic() >= end:
            break
        try:
            choices = _choices(*_post(settings, body, end))
            return [head | {"sample": s} | choice | sampling for s, choice in zip(samples, choices, strict=False)]
        except _Again as error:
            why = str(error)
            wait = error.wait if error.wait is not None else 0.5 * 2**attempt
            if attempt == settings.retries or time.monotonic() + wait >= end:
                break
            time.sleep(wait)
    raise GaveUp(f"{why} ({settings.retries + 1} attempts at most, {settings.deadline:g} s)")


def _done(path: Path) -> set[tuple[str, str, str, int]]:
    """Keys of the responses already in `path`; a last line cut by a crash is taken off the file."""
    if not path.exists():
        return set()
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        path.write_bytes(data[: data.rfind(b"\n") + 1])
    return {(r["id"], r["prompt_sha256"], r["model"], r["sample"]) for r in read_jsonl(path)}


class _Sink:
    """Appends records from several threads, one whole line at a time, and counts."""

    def __init__(self, out: TextIO, total: int) -> None:
        self._out, self._total, self._lock = out, total, threading.Lock()
        self._start, self.written, self.letters = time.monotonic(), 0, 0
        self.failed: list[str] = []

    def write(self, records: list[Record]) -> None:
        with self._lock:
            before = self.written // 50
            self._out.write("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
            self._out.flush()
            self.written += len(records)
            self.letters += sum(len(record["text"]) for record in records)
            if self.written // 50 > before:
                print(self.state(), file=sys.stderr, flush=True)

    def fail(self, what: str) -> None:
        with self._lock:
            self.failed.append(what)

    def state(self) -> str:
        seconds = max(1e-3, time.monotonic() - self._start)
        return f"{self.written}/{self._total} responses, {self.letters} characters, {self.letters / seconds:.0f} characters/s"


def _jobs(queries: list[Record], model: str, samples: int, chunk: int, out: Path) -> list[tuple[Record, list[int]]]:
    """What is still to ask for: queries with the numbers of their missing samples, `chunk` of them at most."""
    done, jobs = _done(out), []
    for first in range(0, samples, chunk):
        for query in queries:
            sha = prompt_sha256(query["prompt"])
            wanted = range(first, min(samples, first + chunk))
            if missing := [s for s in wanted if (query["id"], sha, model, s) not in done]:
                jobs.append((query, missing))
    return jobs


def run(
    queries: list[Record], settings: Settings, out: Path, samples: int, chunk: int, concurrency: int, minutes: float
) -> int:
    """Ask for every missing response; return the exit code."""
    out.parent.mkdir(parents=True, exist_ok=True)
    jobs = _jobs(queries, settings.model, samples, chunk, out)
    total = sum(len(missing) for _, missing in jobs)
    end = time.monotonic() + 60 * minutes
    with out.open("a", encoding="utf-8", newline="\n") as file, ThreadPoolExecutor(concurrency) as pool:
        sink = _Sink(file, total)

        def one(job: tuple[Record, list[int]]) -> None:
            query, missing = job
            try:
                while missing:
                    records = ask(settings, query, missing, end)
                    sink.write(records)
                    missing = missing[len(records) :]
            except GaveUp as error:
                for sample in missing:
                    sink.fail(f"{query['id']} sample {sample}: {error}")

        for future in [pool.submit(one, job) for job in jobs]:
            future.result()
    print(sink.state(), file=sys.stderr)
    for line in sink.failed[:10]:
        print(f"generate.py: unanswered: {line}", file=sys.stderr)
    if sink.failed:
        print(f"generate.py: {len(sink.failed)} of {total} stay unanswered; run again to continue", file=sys.stderr)
    return 1 if sink.failed else 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("queries", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--url", required=True, help="base address, with or without /v1")
    parser.add_argument("--model", required=True)
    parser.add_argument("--samples", type=int, default=4, help="responses a query (default 4)")
    parser.add_argument("--per-request", type=int, default=1, help="responses asked for in one request (default 1)")
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--top-p", type=float, default=0.95)
    parser.add_argument("--max-tokens", type=int, default=128, help="for queries that name no max_tokens")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one attempt")
    parser.add_argument("--deadline", type=float, default=300, help="seconds for one request with its retries")
    parser.add_argument("--retries", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=120, help="the run stops asking after this time")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Command line; see the module's text."""
    options = _arguments(argv)
    if urllib.parse.urlsplit(options.url).scheme not in ("http", "https"):
        print(f"generate.py: --url needs http:// or https://, got {options.url!r}", file=sys.stderr)
        return 2
    try:
        queries = list(read_jsonl(options.queries))
        if bad := [q for q in queries if not isinstance(q.get("id"), str) or not q.get("prompt")]:
            raise ValueError(f"{options.queries}: {len(bad)} rows have no id or no prompt")
        settings = Settings(
            options.url, options.model, options.temperature, options.top_p, options.max_tokens,
            options.timeout, options.deadline, options.retries, options.seed,
        )  # fmt: skip
        return run(
            queries, settings, options.out, options.samples, options.per_request, options.concurrency, options.minutes
        )
    except (OSError, ValueError, KeyError) as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
