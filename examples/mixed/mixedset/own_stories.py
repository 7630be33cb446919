"""Own word problems of one or two steps; the reference is the number as digits."""

from __future__ import annotations

import random
from collections.abc import Callable

from .asking import ASK
from .files import Record

_NAMES = ["Mia", "Omar", "Lena", "Ravi", "Sofia", "Ben", "Yuki", "Carlos"]
_THINGS = ["pears", "stickers", "marbles", "pencils", "shells", "cards"]


def _add(rng: random.Random, name: str, things: str) -> tuple[str, int]:
    a, b, c = rng.randint(6, 40), rng.randint(2, 6), rng.randint(3, 9)
    return (
        f"{name} has {a} {things} and buys {b} bags with {c} {things} each. How many {things} does {name} have now?",
        a + b * c,
    )


def _give(rng: random.Random, name: str, things: str) -> tuple[str, int]:
    b, c = rng.randint(2, 9), rng.randint(2, 9)
    a = b + c + rng.randint(3, 40)
    return f"{name} had {a} {things}, gave {b} to a friend and lost {c}. How many {things} are left?", a - b - c


def _share(rng: random.Random, name: str, things: str) -> tuple[str, int]:
    people, each = rng.randint(3, 9), rng.randint(3, 12)
    return (
        f"{name} shares {people * each} {things} equally among {people} children. How many {things} does each child get?",
        each,
    )


def _price(rng: random.Random, name: str, things: str) -> tuple[str, int]:
    count, price = rng.randint(3, 9), rng.randint(2, 9)
    paid = (count * price // 10 + 1) * 10
    return (
        f"{name} buys {count} notebooks at {price} euros each and pays with {paid} euros. How many euros come back?",
        paid - count * price,
    )


def _twice(rng: random.Random, name: str, things: str) -> tuple[str, int]:
    a = rng.randint(4, 30)
    return (
        f"{name} found {a} {things} on Monday and twice as many on Tuesday. How many {things} is that in total?",
        3 * a,
    )


def _walk(rng: random.Random, name: str, things: str) -> tuple[str, int]:
    minutes, days = rng.randint(11, 35), rng.randint(3, 6)
    return (
        f"{name} walks {minutes} minutes to school and the same time back. How many minutes is that in {days} days?",
        2 * minutes * days,
    )


_KINDS: tuple[Callable[[random.Random, str, str], tuple[str, int]], ...] = (_add, _give, _share, _price, _twice, _walk)
_FORMS = ("hashes", "bare", "the_answer_is", "tags_only", "boxed_only", "final_only", "tags")


def queries(rng: random.Random, count: int) -> list[Record]:
    """`count` different problems, kinds and forms in turn."""
    made: dict[str, Record] = {}
    while len(made) < count:
        question, answer = _KINDS[len(made) % len(_KINDS)](rng, rng.choice(_NAMES), rng.choice(_THINGS))
        ask = _FORMS[len(made) % len(_FORMS)]
        prompt = f"{question} {ASK[ask]}"
        made.setdefault(prompt, {"prompt": prompt, "reference": str(answer), "ask": ask})
    return list(made.values())
