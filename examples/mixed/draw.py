#!/usr/bin/env python3
"""Assemble the example from the committed files and the packages that part of its text belongs to.

    python draw.py OUT

writes into the folder OUT:
  train.jsonl      rows {id, prompt, reference?, params?, source?}, no responses
  responses.jsonl  the same rows with "responses": [text…]
  labels.jsonl     {id, label_family, response_index, label: 1|0|null, model, finish_reason}, one a response
  queries.jsonl    {id, prompt, max_tokens} of every query, also those without kept responses: input of generate.py

The result is the same on every machine. Exit 2, with the package's name, when a package is missing or gives another text
than the one that the responses were made for.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

from mixedset import packaged
from mixedset.files import LABELS, QUERIES, RESPONSES, Record, prompt_sha256, read_jsonl, write_jsonl

_SHUFFLE_SEED = 2026
_ROW_FIELDS = ("id", "prompt", "reference", "params", "source")


def all_queries() -> dict[str, Record]:
    """Every query by id, with its prompt: ours as committed, the others drawn and checked against their hash."""
    queries = {}
    for query in read_jsonl(QUERIES / "own.jsonl"):
        if prompt_sha256(query["prompt"]) != query["prompt_sha256"]:
            raise packaged.ChangedPrompt(
                f"{query['id']}: queries/own.jsonl holds a prompt that differs from its recorded sha256"
            )
        queries[query["id"]] = query
    for pointer in read_jsonl(QUERIES / "drawn.jsonl"):
        queries[pointer["id"]] = packaged.draw(pointer)
    return queries


def row(query: Record) -> Record:
    """The row that a user's data file holds: nothing in it names the family."""
    return {field: query[field] for field in _ROW_FIELDS if query.get(field) is not None}


def _kept() -> tuple[dict[str, list[Record]], dict[tuple[str, int], Record]]:
    responses: dict[str, list[Record]] = {}
    for response in read_jsonl(RESPONSES):
        responses.setdefault(response["id"], []).append(response)
    for group in responses.values():
        group.sort(key=lambda r: r["response_index"])
    return responses, {(r["id"], r["response_index"]): r for r in read_jsonl(LABELS)}


def assemble(out: Path) -> dict[str, int]:
    """Write the four files; return how many lines each has."""
    queries = all_queries()
    responses, labels = _kept() if RESPONSES.exists() else ({}, {})
    order = sorted(responses)
    random.Random(_SHUFFLE_SEED).shuffle(order)
    for name in order:
        if any(r["prompt_sha256"] != queries[name]["prompt_sha256"] for r in responses[name]):
            raise packaged.ChangedPrompt(f"{name}: responses.jsonl was made for another prompt")
    rows = [row(queries[name]) for name in order]
    label_lines = []
    for name in order:
        for response in responses[name]:
            index = response["response_index"]
            line = {"id": name, "label_family": queries[name]["label_family"], "response_index": index}
            line["label"] = labels[name, index]["label"]
            label_lines.append(line | {"model": response["model"], "finish_reason": response["finish_reason"]})
    asked = [{"id": q["id"], "prompt": q["prompt"], "max_tokens": q["max_tokens"]} for q in queries.values()]
    return {
        "train.jsonl": write_jsonl(out / "train.jsonl", rows),
        "responses.jsonl": write_jsonl(
            out / "responses.jsonl", (r | {"responses": [x["text"] for x in responses[r["id"]]]} for r in rows)
        ),
        "labels.jsonl": write_jsonl(out / "labels.jsonl", label_lines),
        "queries.jsonl": write_jsonl(out / "queries.jsonl", asked),
    }


def main(argv: list[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT")
    options = parser.parse_args(argv)
    try:
        for name, count in assemble(options.out).items():
            print(f"{count:5d} lines in {name}")
    except (packaged.MissingPackage, packaged.ChangedPrompt, OSError) as error:
        print(f"draw.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
