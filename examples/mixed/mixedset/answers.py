"""Turning a stated answer into the plain value of its kind: number, list, expression, word, option, object, code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

_FRACTION = re.compile(r"(?P<sign>-?)\s*\\[dt]?frac\s*\{?\s*(?P<n>-?\d+)\s*\}?\s*\{?\s*(?P<d>-?\d+)\s*\}?")
_NUMBER = re.compile(r"-?\s?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s*/\s*-?\d+)?|-?\.\d+")


def bare(text: str) -> str:
    """Text without the marks that only dress an answer: maths delimiters, emphasis, quotes, a closing stop."""
    text = re.sub(r"\\(?:text|mathrm|mathbf)\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\[()\[\],;! ]|\$|\*\*|__|```\w*|`", " ", text).replace("−", "-")
    boxed = re.fullmatch(r"\s*\\boxed\{(.*)\}\s*\.?\s*", text, re.S)
    return (boxed.group(1) if boxed else text).strip().strip("\"'“”„«»").strip().rstrip(".").strip()


def _as_fraction(text: str) -> Fraction | None:
    text = re.sub(r"[,\s]", "", text)
    top, _, bottom = text.partition("/")
    try:
        return Fraction(top) / Fraction(bottom or "1")
    except (ValueError, ZeroDivisionError):
        return None


def numbers(text: str) -> list[tuple[str, Fraction]]:
    """Every number in `text`, as written (a LaTeX fraction as n/d) and as its exact value."""
    text = _FRACTION.sub(lambda m: f" {m['sign']}{m['n']}/{m['d']} ", bare(text))
    text = re.sub(r"(?<=[\d)])\s*-\s*(?=\d)", " - ", text)
    found = [(m.group(), _as_fraction(m.group())) for m in _NUMBER.finditer(text)]
    return [(re.sub(r"[,\s]", "", written), value) for written, value in found if value is not None]


def number(text: str) -> tuple[str, Fraction] | None:
    """The number that a stated answer gives: behind its last equals sign, the last one if there are several."""
    right = bare(text).rsplit("=", 1)[-1]
    found = numbers(right) or numbers(text)
    return found[-1] if found else None


def words(text: str) -> list[str] | None:
    """A comma-separated list of words, brackets and quotes around it or its items taken off; None for no list."""
    inner = re.search(r"\[([^\[\]]*)\]", text)
    text = bare(inner.group(1) if inner else text)
    items = [item.strip().strip("'\"`.").strip() for item in re.split(r",|\n", text)]
    return [item for item in items if item] or None


def number_list(text: str) -> list[str] | None:
    """A list of numbers as they are written, or None."""
    inner = re.findall(r"\[([^\[\]]*)\]", text)
    items = [i.strip().strip("'\"`").strip() for i in (inner[-1] if inner else bare(text)).split(",")]
    return items if items and all(re.fullmatch(r"-?\d+(?:\.\d+)?", i) for i in items) else None


def expression(text: str) -> str | None:
    """An arithmetic expression in + - * / and brackets; a trailing "= value" is taken off. None for anything else."""
    text = bare(text)
    for old, new in (
        ("\\times", "*"),
        ("\\cdot", "*"),
        ("\\div", "/"),
        ("×", "*"),
        ("·", "*"),
        ("÷", "/"),
        ("\\left", ""),
        ("\\right", ""),
    ):
        text = text.replace(old, new)
    left, equals, right = text.partition("=")
    if equals and re.fullmatch(r"\s*-?\d+\s*", left):
        left = right
    left = left.strip()
    return left if re.fullmatch(r"[\d\s+\-*/().]+", left) and re.search(r"\d", left) else None


def word(text: str) -> str | None:
    """One word of letters, or None when the answer is not one word."""
    text = bare(text).split(":")[-1].strip().strip("'\"")
    return text if re.fullmatch(r"[^\W\d_]+", text) else None


def options(text: str, choices: list[str]) -> set[str]:
    """Letters of the options that an answer names, by letter or, without a letter, by an option's whole text."""
    text = bare(text)
    named = set(re.findall(r"(?<![\w'’-])\(?([A-D])(?=[).:,\s]|$)", text))
    if "A" in named and re.search(r"\bA (?!or\b|and\b|is\b)[a-z]", text):
        named.discard("A")
    if named:
        return named
    folded = text.casefold()
    texts = {letter for letter, choice in zip("ABCD", choices, strict=False) if choice.casefold() in folded}
    exact = {letter for letter, choice in zip("ABCD", choices, strict=False) if choice.casefold() == folded}
    return exact or texts


def plain(text: str) -> str:
    """A short answer for comparison: case, outer punctuation, articles and repeated blanks do not count."""
    text = bare(text).casefold().replace("’", "'").replace("‘", "'")
    text = re.sub(r"[^\w\s'+-]", " ", text)
    return " ".join(w for w in text.split() if w not in ("a", "an", "the"))


def phrase(text: str) -> str:
    """A phrase in any language for comparison: case, outer punctuation and repeated blanks do not count."""
    text = bare(text).casefold().replace("’", "'").replace("‘", "'")
    return " ".join(text.split()).strip(" .!?¡¿\"'«»“”„:;,").strip()


def _objects(text: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(), 0
    while (at := text.find("{", at)) >= 0:
        try:
            value, at = decoder.raw_decode(text, at)
            yield value
        except json.JSONDecodeError:
            at += 1


def json_object(response: str) -> Any | None:
    """The last complete JSON object of a response, in a fence or bare; None when there is none."""
    found = list(_objects(response))
    return found[-1] if found else None


def same_json(left: Any, right: Any) -> bool:
    """Deep equality in which 2 equals 2.0 and true does not equal 1."""
    if isinstance(left, bool) or isinstance(right, bool) or left is None or right is None:
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    return type(left) is type(right) and left == right


def code(response: str, entry_point: str) -> str | None:
    """The program of a response: the last fenced block that defines `entry_point`, else the text if it defines it."""
    blocks = re.findall(r"```[^\n`]*\n(.*?)(?:```|\Z)", response, re.S)
    defining = [b for b in blocks if re.search(rf"^\s*def\s+{re.escape(entry_point)}\b", b, re.M)]
    if defining:
        return defining[-1]
    if not blocks and re.search(rf"^def\s+{re.escape(entry_point)}\b", response, re.M):
        return response
    return None
