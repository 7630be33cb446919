"""A client of `rlar serve`: keep-alive, deadlines, and retries where the server says so. Standard library only."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from typing import Any

from rlar.score import Score


class ServerError(RuntimeError):
    """The server could not be reached in time, or refused the request; `status` is the HTTP status or None."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """Scores rows over HTTP. Thread-safe: each thread keeps its own connection. Picklable.

    A connection that breaks, an answer that is cut off or not JSON, and the answers 429 and 5xx (a gateway's too) are tried again
    with growing pauses (or as Retry-After says) until `timeout` seconds have passed since the call began. Scoring is idempotent,
    so trying again changes nothing. `version` pins a version of the server's library.
    """

    def __init__(self, url: str, token: str = "", timeout: float = 120.0, version: str = "") -> None:
        parts = urllib.parse.urlsplit(url if "//" in url else "http://" + url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not an http(s) address: {url!r}")
        self.url, self.token, self.timeout, self.version = url, token, timeout, version
        self._scheme, self._host, self._port = parts.scheme, parts.hostname, parts.port
        self._base = parts.path.rstrip("/")
        self._local = threading.local()

    def __reduce__(self):
        return Client, (self.url, self.token, self.timeout, self.version)

    def score(
        self,
        rows: Sequence[dict[str, Any]],
        tool: str = "",
        params: dict[str, Any] | None = None,
        library_version: str = "",
    ) -> list[Score]:
        """One score a response, in order. Raises ServerError where no answer comes; never invents a score."""
        body = self._body(rows, tool, params, library_version or self.version)
        reply = self._request("POST", "/v1/score", body)
        return [Score.from_line(line) for line in reply["results"]]

    def stream(
        self, rows: Sequence[dict[str, Any]], tool: str = "", params: dict[str, Any] | None = None
    ) -> Iterator[Score]:
        """Scores in the order in which they are done; `line` (from 1) and `response_index` say whose each is. Leaving the loop ends the
        work that is left. Raises ServerError where the answer does not begin or breaks off; nothing is tried again.
        """
        body = self._body(rows, tool, params, self.version)
        connection = self._connect()
        connection.timeout = self.timeout
        try:
            headers = self._headers() | {"Accept": "application/x-ndjson"}
            connection.request("POST", self._base + "/v1/score", body, headers)
            response = connection.getresponse()
            if response.status != 200:
                raise ServerError(f"{self.url}/v1/score: {_error_message(response.read())}", response.status)
            while line := response.readline():
                yield Score.from_line(json.loads(line))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ServerError(f"{self.url}/v1/score: {type(error).__name__}: {error}") from error
        finally:
            connection.close()

    def health(self) -> dict[str, Any]:
        return self._request("GET", "/health", None)

    def status(self) -> dict[str, Any]:
        """What is served (docs/schemas/status.json): the library's routes, and how they fare."""
        return self._request("GET", "/v1/status", None)

    def _request(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        deadline = time.monotonic() + self.timeout
        pause, last = 0.05, "no attempt was made"
        while (left := deadline - time.monotonic()) > 0:
            try:
                status, headers, data = self._exchange(method, path, body, left)
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                last, wait = f"{type(error).__name__}: {error}", pause
            else:
                reply = _json_of(data) if status == 200 else None
                if reply is not None:
                    return reply
                message = _error_message(data)
                if status not in (200, 429) and status < 500:
                    raise ServerError(f"{self.url}{path}: {message}", status)
                last, wait = f"{status}: {message}", _retry_after(headers) or pause
            time.sleep(max(0.0, min(wait * random.uniform(0.8, 1.2), deadline - time.monotonic())))
            pause = min(pause * 2, 2.0)
        raise ServerError(f"{self.url}{path}: no answer in {self.timeout:g} s ({last})")

    def _body(
        self, rows: Sequence[dict[str, Any]], tool: str, params: dict[str, Any] | None, library_version: str
    ) -> bytes:
        body: dict[str, Any] = {"rows": list(rows), "deadline_ms": int(self.timeout * 1000)}
        for key, value in (("tool", tool), ("params", params), ("library_version", library_version)):
            if value:
                body[key] = value
        return json.dumps(body, allow_nan=False).encode()

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers

    def _connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._scheme == "https" else http.client.HTTPConnection
        return kind(self._host, self._port)

    def _exchange(self, method: str, path: str, body: bytes | None, timeout: float):
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        connection.request(method, self._base + path, body, self._headers())
        response = connection.getresponse()
        return response.status, response.headers, response.read()

    def _drop(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None


def _json_of(data: bytes) -> dict[str, Any] | None:
    try:
        reply = json.loads(data)
    except ValueError:
        return None
    return reply if isinstance(reply, dict) else None


def _error_message(data: bytes) -> str:
    try:
        return json.loads(data)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return data[:200].decode("utf-8", "replace")


def _retry_after(headers) -> float | None:
    try:
        return float(headers.get("Retry-After", ""))
    except ValueError:
        return None
