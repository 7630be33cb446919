"""Rows (docs/schemas/row.json) out of what trainers hand over: plain JSON values, the reference's column, responses with their turns."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Columns that hold the reference under the names data sets use, in this order.
REFERENCE_COLUMNS = ("reference", "ground_truth", "answer", "solution", "target")


@dataclass(frozen=True)
class Sample:
    """One response to be scored: the row without it, and the response as a row's `responses` holds it.

    `query` and `response` are plain (see `plain`). Samples that follow each other with an equal query are one group.
    """

    query: dict[str, Any]
    response: str | dict[str, Any]

    @property
    def query_key(self) -> str:
        """Equal for equal queries, in every process."""
        return json.dumps(self.query, sort_keys=True)

    @property
    def truncated(self) -> bool | None:
        """Whether the response was cut off; None where nobody said."""
        reason = self.response.get("finish_reason") if isinstance(self.response, dict) else None
        return None if reason is None else reason == "length"


def plain(value: Any) -> Any:
    """JSON can hold it: numpy scalars and arrays become plain, NaN and infinity null, what nothing can be made of text."""
    if isinstance(value, str):
        return text_of(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {text_of(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return text_of(str(value))


def text_of(text: str) -> str:
    """The text with lone surrogates, which no encoding has, as U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def is_turns(value: Any) -> bool:
    """A non-empty list of messages."""
    return (
        isinstance(value, (list, tuple))
        and len(value) > 0
        and all(isinstance(turn, dict) and isinstance(turn.get("role"), str) for turn in value)
    )


def response_of(
    content: Any,
    prompt: Any = None,
    state: Any = None,
    finish_reason: str | None = None,
    tokens: int | None = None,
) -> str | dict[str, Any]:
    """A response as a row holds it, of a text or of turns; turns that repeat the prompt's lose these."""
    content = plain(content)
    about: dict[str, Any] = {}
    if is_turns(content):
        if is_turns(prompt) and len(content) > len(prompt) and content[: len(prompt)] == plain(prompt):
            content = content[len(prompt) :]
        about["messages"] = content
    else:
        about["text"] = content if isinstance(content, str) else text_of(str(content))
    if state is not None:
        about["state"] = plain(state)
    if finish_reason:
        about["finish_reason"] = finish_reason
    if tokens is not None:
        about["tokens"] = tokens
    return about["text"] if about.keys() == {"text"} else about


def tidy(row: dict[str, Any], reference: str = "") -> None:
    """Makes a row of a trainer's columns: the reference under its name (from `reference`, else from the first of
    REFERENCE_COLUMNS that there is), params without the nulls that a column's common type adds, and no stored responses.
    """
    found = reference or next((name for name in REFERENCE_COLUMNS if row.get(name) is not None), "")
    if found and found != "reference" and found in row:
        row["reference"] = row.pop(found)
    if isinstance(row.get("params"), dict):
        row["params"] = {name: value for name, value in row["params"].items() if value is not None}
        if not row["params"]:
            del row["params"]
    for name in ("response", "responses"):
        row.pop(name, None)


def equal_queries(samples: Sequence[Sample]) -> list[list[int]]:
    """Positions of samples with an equal query, wherever they stand; in order of the first of each."""
    found: dict[str, list[int]] = {}
    for i, sample in enumerate(samples):
        found.setdefault(sample.query_key, []).append(i)
    return list(found.values())


def groups_of(samples: Sequence[Sample]) -> list[list[int]]:
    """Positions of samples that follow each other with an equal query: the completions of one prompt."""
    groups: list[list[int]] = []
    for i, sample in enumerate(samples):
        if groups and samples[groups[-1][0]].query == sample.query:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups
