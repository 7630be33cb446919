"""JSON Lines in and out, and the hashes that tie responses and pointers to prompts."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]

HERE = Path(__file__).resolve().parent.parent
QUERIES = HERE / "queries"
RESPONSES = HERE / "responses.jsonl"
LABELS = HERE / "labels.jsonl"


def prompt_sha256(prompt: str | list[Record]) -> str:
    """Hash of a prompt: its UTF-8 text, or the compact JSON of its messages."""
    text = prompt if isinstance(prompt, str) else json.dumps(prompt, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def query_id(prompt: str | list[Record]) -> str:
    """A query's name, made from its prompt so that it says nothing about the family."""
    return "mx-" + prompt_sha256(prompt)[:10]


def read_jsonl(path: Path) -> Iterator[Record]:
    """Yield the objects of a JSON Lines file; a bad line raises ValueError with its number."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"{path}:{number}: not JSON: {error}") from error
            if not isinstance(record, dict):
                raise ValueError(f"{path}:{number}: not a JSON object")
            yield record


def write_jsonl(path: Path, records: Iterable[Record]) -> int:
    """Replace `path` by the records, one a line; return how many. Readers never see half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    count = 0
    with temporary.open("w", encoding="utf-8", newline="\n") as out:
        for record in records:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    os.replace(temporary, path)
    return count
