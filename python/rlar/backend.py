"""What the plugs share: where scores come from, how a batch is asked for, and what becomes of a score that holds no number."""

from __future__ import annotations

import concurrent.futures
import functools
import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from rlar.client import Client
from rlar.engine import Engine
from rlar.rows import Sample, equal_queries
from rlar.score import Score

# Failures that may pass when the sample is scored again; the others are the same every time (docs/errors.md).
PASSING = frozenset({"timeout", "crash", "unavailable", "unparsable", "overload", "cancelled"})
_ROWS_A_REQUEST = (
    64  # a request stays far below the server's limit, and an in-process engine scores several on its cores
)
_REQUESTS_AT_ONCE = 8
_MAX_RETRIES = 10
_FALLBACKS = ("skip", "drop_group", "raise", "neutral")


class NoScore(RuntimeError):
    """A sample has no score, and the plug was told to say so; `score` is what there is instead."""

    def __init__(self, score: Score) -> None:
        super().__init__(f"no score: {score.status} ({score.error_class}): {score.reason}")
        self.score = score

    def __reduce__(self):
        return NoScore, (self.score,)


class Backend(Protocol):
    def score(
        self, rows: list[dict[str, Any]], tool: str = "", params: dict[str, Any] | None = None
    ) -> list[Score]: ...

    def status(self) -> dict[str, Any]: ...


@functools.lru_cache(maxsize=8)
def backend(url: str = "", library: str = "", token: str = "", timeout: float = 120.0, version: str = "") -> Backend:
    """A client of `url`, or an in-process engine for `library`; the environment (RLAR_URL, RLAR_LIBRARY, RLAR_TOKEN) fills in
    what is not given. `version` pins a version of the library. One a process and setting: connections and libraries are kept.
    """
    url = url or ("" if library else os.environ.get("RLAR_URL", ""))
    if url:
        return Client(url, token or os.environ.get("RLAR_TOKEN", ""), timeout, version)
    return Engine(library or os.environ.get("RLAR_LIBRARY", ""), version)


@dataclass(frozen=True)
class OnFailure:
    """What becomes of a score without a number, after it was asked for `retries` more times.

    skip: no number for that sample; drop_group: none for any sample of its group; raise: NoScore; neutral: `number`.
    """

    last: Literal["skip", "drop_group", "raise", "neutral"]
    number: float = 0.0
    retries: int = 0

    def numbers(self, scores: Sequence[Score], groups: Sequence[Sequence[int]]) -> list[float | None]:
        """What the trainer gets; `groups` partitions the positions. Raises NoScore if told to."""
        numbers: list[float | None] = [score.value if score.ok else None for score in scores]
        failed = [i for i, score in enumerate(scores) if not score.ok]
        if failed and self.last == "raise":
            raise NoScore(scores[failed[0]])
        if self.last == "neutral":
            for i in failed:
                numbers[i] = self.number
        if self.last == "drop_group":
            for group in groups:
                if any(not scores[i].ok for i in group):
                    for i in group:
                        numbers[i] = None
        return numbers


def parse_on_failure(text: str, allowed: Sequence[str], cannot: Mapping[str, str] | None = None) -> OnFailure:
    """ "FALLBACK", "retry+FALLBACK" or "retry=N+FALLBACK"; FALLBACK is one of `allowed`, which names "neutral" where
    "neutral=NUMBER" is possible. "retry" alone falls back to the first of `allowed`. A colon may stand for each "=", since
    Hydra's command line reads an unquoted "=" as its own. `cannot`: why the trainer has no way to do one of the others.
    """
    said = str(text).strip()
    forms = ", ".join("neutral=NUMBER" if name == "neutral" else name for name in allowed)
    wrong = ValueError(f"on_failure must be {forms}, or retry=N+ one of these, got {text!r}")
    retries, rest = 0, said
    if said == "retry" or said.startswith(("retry+", "retry=", "retry:")):
        head, _, rest = said.partition("+")
        count = head.removeprefix("retry")[1:]
        if head != "retry" and not (count.isascii() and count.isdigit() and 1 <= int(count) <= _MAX_RETRIES):
            raise ValueError(f"on_failure: retry takes a count from 1 to {_MAX_RETRIES}, got {text!r}")
        retries, rest = int(count or 2), rest or ("" if said.endswith("+") else allowed[0])
    name, sign, number = rest.replace(":", "=", 1).partition("=")
    if name in _FALLBACKS and name not in allowed:
        why = (cannot or {}).get(name, "")
        raise ValueError(f"on_failure={name} is not possible here{': ' + why if why else ''}; it may be {forms}")
    if name not in allowed or bool(sign) != (name == "neutral"):
        raise wrong
    if name != "neutral":
        return OnFailure(name, 0.0, retries)
    try:
        value = float(number)
    except ValueError:
        raise wrong from None
    if not math.isfinite(value):
        raise ValueError(f"on_failure: the neutral number must be finite, got {text!r}")
    return OnFailure("neutral", value, retries)


def score_samples(
    source: Backend,
    samples: Sequence[Sample],
    tool: str = "",
    params: dict[str, Any] | None = None,
    retries: int = 0,
    pause: float = 0.2,
) -> list[Score]:
    """One score a sample, in order. Samples of one query go as one row, many rows as several requests at once; failures that may pass are
    asked for again, `retries` times at most, with a growing pause (s). Raises ServerError where the server gives no answer.
    """
    scores = _ask(source, samples, tool, params)
    for attempt in range(retries):
        again = [i for i, score in enumerate(scores) if score.status == "failed" and score.error_class in PASSING]
        if not again:
            break
        time.sleep(min(pause * 2**attempt, 5.0))
        for i, score in zip(again, _ask(source, [samples[i] for i in again], tool, params), strict=True):
            scores[i] = score
    return scores


def _ask(source: Backend, samples: Sequence[Sample], tool: str, params: dict[str, Any] | None) -> list[Score]:
    scores: list[Score | None] = [None] * len(samples)
    alone: list[list[int]] = []

    def ask(groups: list[list[int]]) -> None:
        rows = []
        for group in groups:
            responses = [samples[i].response for i in group]
            rows.append({**samples[group[0]].query, "responses": responses})
        by_row: list[list[Score]] = [[] for _ in groups]
        for score in source.score(rows, tool=tool, params=params):
            by_row[(score.line or 1) - 1].append(score)
        for group, found in zip(groups, by_row, strict=True):
            if len(found) == len(group):
                for position, i in enumerate(group):
                    scores[i] = replace(found[position], response_index=0)
            elif len(group) > 1:
                # One line for the whole row: it could not be read. Perhaps only one of its responses is to blame.
                alone.extend([i] for i in group)
            else:
                raise RuntimeError(f"asked for one score, got {len(found)}: is the server another version?")

    def ask_all(groups: list[list[int]]) -> None:
        chunks = [groups[i : i + _ROWS_A_REQUEST] for i in range(0, len(groups), _ROWS_A_REQUEST)]
        if len(chunks) <= 1:
            for chunk in chunks:
                ask(chunk)
        else:
            for done in [_pool().submit(ask, chunk) for chunk in chunks]:
                done.result()

    ask_all(equal_queries(samples))
    ask_all(alone[:])
    return [score for score in scores if score is not None]


@functools.lru_cache(maxsize=1)
def _pool() -> concurrent.futures.ThreadPoolExecutor:
    # Kept, so that its threads' connections are. A forked child must not use its parent's: see below.
    return concurrent.futures.ThreadPoolExecutor(_REQUESTS_AT_ONCE, thread_name_prefix="rlar")


if hasattr(os, "register_at_fork"):
    # Threads and connections do not survive a fork.
    os.register_at_fork(after_in_child=_pool.cache_clear)
    os.register_at_fork(after_in_child=backend.cache_clear)
