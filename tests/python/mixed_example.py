"""examples/mixed for the plugs' tests: rows, real responses, exact labels, and the library that `rlar build` makes of the rows.

The whole example where the packages that part of it is drawn from are installed (build/venvs/demo), else its own part.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import ROOT, jsonl, lines, run

MIXED = ROOT / "examples" / "mixed"
sys.path.insert(0, str(MIXED))


@dataclass(frozen=True)
class Example:
    library: Path
    rows: list[dict[str, Any]]  # with "responses"
    scores: dict[tuple[str, int], dict[str, Any]]  # (id, response_index) → what `rlar score` says
    labels: dict[tuple[str, int], int | None]

    def samples(self):
        """(row, response_index, response), one a response."""
        for row in self.rows:
            for i, response in enumerate(row["responses"]):
                yield row, i, response


def make(folder: Path) -> Example:
    rows, labels = _drawn(folder) or _own()
    (folder / "train.jsonl").write_text(jsonl({k: v for k, v in row.items() if k != "responses"} for row in rows))
    run("build", folder / "train.jsonl", "--out", folder / "lib", "--llm", "none", "--quiet")
    scored = lines(run("score", "--library", folder / "lib", input=jsonl(rows), check=None).stdout)
    return Example(folder / "lib", rows, {(line["id"], line["response_index"]): line for line in scored}, labels)


def _drawn(folder: Path):
    python = ROOT / "build" / "venvs" / "demo" / "bin" / "python"
    if not python.exists() or subprocess.run([python, MIXED / "draw.py", folder], capture_output=True).returncode != 0:
        return None

    def read(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (folder / name).read_text().splitlines()]

    labels = {(line["id"], line["response_index"]): line["label"] for line in read("labels.jsonl")}
    return read("responses.jsonl"), labels


def _own():
    from mixedset.files import LABELS, QUERIES, RESPONSES, read_jsonl

    own = {query["id"]: query for query in read_jsonl(QUERIES / "own.jsonl")}
    responses: dict[str, list[str]] = {}
    for line in sorted(read_jsonl(RESPONSES), key=lambda line: (line["id"], line["response_index"])):
        responses.setdefault(line["id"], []).append(line["text"])
    kept = ("id", "prompt", "reference", "params", "source")
    rows = [
        {**{key: own[name][key] for key in kept if own[name].get(key) is not None}, "responses": texts}
        for name, texts in responses.items()
        if name in own
    ]
    labels = {(line["id"], line["response_index"]): line["label"] for line in read_jsonl(LABELS)}
    return rows, labels
