"""What the plugs share: where scores come from, and rows out of a trainer's columns."""

from __future__ import annotations

import functools
import os
from typing import Any, Protocol

from rlar.client import Client
from rlar.engine import Engine
from rlar.score import Score


class Backend(Protocol):
    def score(
        self, rows: list[dict[str, Any]], tool: str = "", params: dict[str, Any] | None = None
    ) -> list[Score]: ...


@functools.lru_cache(maxsize=8)
def backend(url: str = "", library: str = "", token: str = "", timeout: float = 120.0) -> Backend:
    """A client of `url`, or an in-process engine for `library`; the environment (RLAR_URL, RLAR_LIBRARY, RLAR_TOKEN) fills in
    what is not given. One a process and setting: connections and libraries are kept.
    """
    url = url or ("" if library else os.environ.get("RLAR_URL", ""))
    if url:
        return Client(url, token or os.environ.get("RLAR_TOKEN", ""), timeout)
    return Engine(library or os.environ.get("RLAR_LIBRARY", ""))


def parse_on_failure(text: str, allowed: tuple[str, ...]) -> float | str:
    """What a score without a number becomes: one of `allowed`, or "neutral=NUMBER" → that number."""
    if text in allowed:
        return text
    if text.startswith("neutral="):
        try:
            return float(text.removeprefix("neutral="))
        except ValueError:
            pass
    raise ValueError(f"on_failure must be {', '.join(allowed)} or neutral=NUMBER, got {text!r}")
