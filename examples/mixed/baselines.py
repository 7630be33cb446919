#!/usr/bin/env python3
"""Score the example's responses with rewards that need no agent, to compare RLAR with.

    python baselines.py responses.jsonl labels.jsonl -o baselines.jsonl

The labels file is read for `label_family` only, never for a label: the hand-made map knows the family of every row, which
is more than a router is told. One line a response and baseline: {id, response_index, baseline, value: number|null,
reason?, tool?, label_source?}. A null is a response that the baseline cannot score. Needs math-verify, sacrebleu and
if-verifiable for the map; a missing one ends the run with its name (exit 2).

Baselines:
  exact_match  1 if the stripped response equals a reference
  contains     1 if a reference stands in the response
  static_rule  the static rule of the RLAR paper: a number as reference → the response's last number equals it; any other
               reference → 0.7 BLEU-1 + 0.3 length ratio, the best over the references
  hand_map     `HAND_MAP` below: the best published verifier for each family, chosen by hand before any result was seen
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from mixedset import packaged
from mixedset.asking import stated
from mixedset.files import Record, read_jsonl, write_jsonl

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:/\d+)?|-?\.\d+")


def references(row: Record) -> list[str]:
    """The row's references as texts; an object as JSON."""
    given = row.get("reference")
    if given is None:
        return []
    return [
        r if isinstance(r, str) else json.dumps(r, ensure_ascii=False)
        for r in (given if isinstance(given, list) else [given])
    ]


def exact_match(row: Record, response: str) -> float | None:
    """1 if the stripped response equals a reference, None without a reference."""
    found = references(row)
    return float(response.strip() in [r.strip() for r in found]) if found else None


def contains(row: Record, response: str) -> float | None:
    """1 if a reference stands in the response, None without a reference."""
    found = references(row)
    return float(any(r.strip() in response for r in found)) if found else None


def _value(text: str) -> Fraction | None:
    text = re.sub(r"\\[dt]?frac\{(-?\d+)\}\{(\d+)\}", r"\1/\2", text).strip().strip("$").replace(",", "")
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None


def bleu1(response: str, reference: str) -> float:
    """Clipped unigram precision with BLEU's brevity penalty, words split at blanks."""
    said, wanted = response.split(), reference.split()
    if not said or not wanted:
        return 0.0
    overlap = sum((Counter(said) & Counter(wanted)).values())
    penalty = 1.0 if len(said) >= len(wanted) else math.exp(1 - len(wanted) / len(said))
    return penalty * overlap / len(said)


def static_rule(row: Record, response: str) -> float | None:
    """The paper's static rule, None without a reference."""
    found = references(row)
    if not found:
        return None
    if len(found) == 1 and (wanted := _value(found[0])) is not None:
        last = _NUMBER.findall(re.sub(r"\\[dt]?frac\{(-?\d+)\}\{(\d+)\}", r"\1/\2", response))
        return float(bool(last) and _value(last[-1]) == wanted)
    scores = []
    for reference in found:
        lengths = sorted((len(response.split()), len(reference.split())))
        scores.append(0.7 * bleu1(response, reference) + 0.3 * (lengths[0] / lengths[1] if lengths[1] else 0.0))
    return max(scores)


def _math_verify(row: Record, response: str) -> float | None:
    from math_verify import parse, verify

    gold = row["reference"] if row["reference"].startswith("$") else f"${row['reference']}$"
    return float(verify(parse(gold), parse(response)))


def _extracted_equals(row: Record, response: str) -> float | None:
    reading = stated(response, "none", False)
    return float(reading is not None and reading.text.strip(" `*$.") == row["reference"])


def _letter(row: Record, response: str) -> float | None:
    found = re.findall(r"(?<![A-Za-z])([A-D])(?![A-Za-z])", response)
    return float(bool(found) and found[-1] == row["reference"])


def _squad(text: str) -> str:
    text = re.sub(r"[^\w\s]", "", text.lower())
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def _squad_contains(row: Record, response: str) -> float | None:
    said = f" {_squad(response)} "
    return float(any(f" {_squad(name)} " in said for name in row["reference"]))


def _chrf(row: Record, response: str) -> float | None:
    import sacrebleu

    return sacrebleu.sentence_chrf(response.strip(), row["reference"]).score / 100


def _official_constraints(row: Record, response: str) -> float | None:
    packaged.need("langdetect").DetectorFactory.seed = 0
    from if_verifiable.common import evaluate_instructions
    from if_verifiable.ifeval.instructions_registry import INSTRUCTION_DICT

    params = row["params"]
    _, scores = evaluate_instructions(
        response, params["instruction_id_list"], params["kwargs"], row["prompt"], INSTRUCTION_DICT
    )
    return scores.binary_strict


def _json_equal(row: Record, response: str) -> float | None:
    block = re.search(r"```(?:json)?\s*\n(.*?)```", response, re.S)
    try:
        return float(json.loads(block.group(1) if block else response) == row["reference"])
    except json.JSONDecodeError:
        return 0.0


_Verifier = Callable[[Record, str], float | None]
HAND_MAP: dict[str, tuple[str, _Verifier]] = {
    "arithmetic": ("math-verify", _math_verify),
    "word_problems": ("math-verify", _math_verify),
    "fractions_equations": ("math-verify", _math_verify),
    "letter_counting": ("math-verify", _math_verify),
    "sorting": ("string equality of the extracted answer", _extracted_equals),
    "countdown": ("string equality of the extracted answer", _extracted_equals),
    "palindrome": ("string equality of the extracted answer", _extracted_equals),
    "multiple_choice": ("last letter A-D", _letter),
    "short_qa": ("SQuAD-normalised containment", _squad_contains),
    "translation": ("sacrebleu chrF", _chrf),
    "constraints": ("if-verifiable strict", _official_constraints),
    "json_extraction": ("json equality", _json_equal),
}
"""Code and dialogue have no entry: no published verifier runs a program safely in process, and nothing checks a chat."""

LABEL_SOURCE = {"constraints"}
"""Families in which the map's verifier is the code that made the labels: its figures there say nothing."""

SIMPLE: dict[str, _Verifier] = {"exact_match": exact_match, "contains": contains, "static_rule": static_rule}


def _line(row: Record, index: int, name: str, value: float | None, why: str) -> Record:
    line: Record = {"id": row["id"], "response_index": index, "baseline": name, "value": value}
    return line if value is not None else line | {"reason": why}


def score(rows: list[Record], family_of: dict[str, str]) -> Iterator[Record]:
    """Every line of every baseline, rows in order."""
    for row in rows:
        family = family_of[row["id"]]
        for index, response in enumerate(row["responses"]):
            for name, baseline in SIMPLE.items():
                yield _line(row, index, name, baseline(row, response), "no reference")
            tool, verifier = HAND_MAP.get(family, ("none", None))
            value = verifier(row, response) if verifier else None
            extra: dict[str, Any] = {"tool": tool} | ({"label_source": True} if family in LABEL_SOURCE else {})
            yield _line(row, index, "hand_map", value, "no verifier") | extra


def main(argv: list[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("responses", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args(argv)
    try:
        for package in ("math-verify", "sacrebleu", "if-verifiable"):
            packaged.need(package)
        family_of = {r["id"]: r["label_family"] for r in read_jsonl(options.labels)}
        count = write_jsonl(options.out, score(list(read_jsonl(options.responses)), family_of))
    except (packaged.MissingPackage, OSError, ValueError, KeyError) as error:
        print(f"baselines.py: {error}", file=sys.stderr)
        return 2
    print(f"{count} lines in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
