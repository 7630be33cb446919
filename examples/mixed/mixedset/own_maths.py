"""Own exercises with fractions and equations, exact answers, LaTeX in the prompt where a textbook has it."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

from .asking import ASK
from .files import Record


def latex(value: Fraction) -> str:
    """A fraction as LaTeX, a whole number as digits."""
    if value.denominator == 1:
        return str(value.numerator)
    sign = "-" if value < 0 else ""
    return f"{sign}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _small(rng: random.Random) -> Fraction:
    low = rng.randint(2, 6)
    return Fraction(rng.choice([n for n in range(1, low + 2) if n != low]), low)


def _sum(rng: random.Random) -> tuple[str, Fraction]:
    a, b = _small(rng), _small(rng)
    sign = rng.choice("+-")
    return f"Compute ${latex(a)} {sign} {latex(b)}$ as a fraction in lowest terms.", a + b if sign == "+" else a - b


def _product(rng: random.Random) -> tuple[str, Fraction]:
    a, b = _small(rng), _small(rng)
    if rng.random() < 0.5:
        return f"Compute ${latex(a)} \\cdot {latex(b)}$ as a fraction in lowest terms.", a * b
    return f"Compute ${latex(a)} \\div {latex(b)}$ as a fraction in lowest terms.", a / b


def _linear(rng: random.Random) -> tuple[str, Fraction]:
    a, b, d = rng.randint(2, 7), rng.randint(-9, 9), rng.randint(1, 20)
    left = f"{a}x {'+' if b >= 0 else '-'} {abs(b)}"
    return f"Solve ${left} = {d}$ for $x$. Write $x$ as a whole number or a fraction.", Fraction(d - b, a)


def _percent(rng: random.Random) -> tuple[str, Fraction]:
    rate, base = rng.choice([5, 10, 20, 25, 40, 75]), rng.randint(2, 30) * 4
    return f"What is {rate}% of {base}?", Fraction(rate * base, 100)


_KINDS: tuple[Callable[[random.Random], tuple[str, Fraction]], ...] = (_sum, _product, _linear, _percent)
_FORMS = ("boxed_only", "hashes", "tags_only", "the_answer_is", "bare", "final_only")


def queries(rng: random.Random, count: int) -> list[Record]:
    """`count` different exercises, kinds and forms in turn; the reference is the exact value in LaTeX."""
    made: dict[str, Record] = {}
    while len(made) < count:
        question, value = _KINDS[len(made) % len(_KINDS)](rng)
        ask = _FORMS[len(made) % len(_FORMS)]
        prompt = f"{question} {ASK[ask]}"
        made.setdefault(prompt, {"prompt": prompt, "reference": latex(value), "ask": ask})
    return list(made.values())
