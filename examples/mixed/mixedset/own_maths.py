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
    low = rng.randint(2, 9)
    return Fraction(rng.choice([n for n in range(1, low + 3) if n != low]), low)


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
    a, c = rng.sample(range(2, 10), 2)
    b, d = rng.randint(-12, 12), rng.randint(-12, 12)
    left, right = f"{a}x {'+' if b >= 0 else '-'} {abs(b)}", f"{c}x {'+' if d >= 0 else '-'} {abs(d)}"
    return f"Solve ${left} = {right}$ for $x$. Write $x$ as a whole number or a fraction.", Fraction(d - b, a - c)


def _percent(rng: random.Random) -> tuple[str, Fraction]:
    rate, base = rng.choice([5, 12, 15, 35, 40, 65]), rng.randint(3, 40) * 5
    return f"What is {rate}% of {base}?", Fraction(rate * base, 100)


_KINDS: tuple[Callable[[random.Random], tuple[str, Fraction]], ...] = (_sum, _product, _linear, _percent)
_FORMS = ("boxed", "hashes", "tags", "final", "the_answer_is", "boxed_only", "bare")


def queries(rng: random.Random, count: int) -> list[Record]:
    """`count` different exercises, kinds and forms in turn; the reference is the exact value in LaTeX."""
    made: dict[str, Record] = {}
    while len(made) < count:
        question, value = _KINDS[len(made) % len(_KINDS)](rng)
        ask = _FORMS[len(made) % len(_FORMS)]
        prompt = f"{question} {ASK[ask]}"
        made.setdefault(prompt, {"prompt": prompt, "reference": latex(value), "ask": ask})
    return list(made.values())
