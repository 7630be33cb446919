#!/usr/bin/env python3
"""Generated pairs for math_equal: random expressions with an equal form and a near miss, decided by sympy.

usage: bench/quality/pairs.py [--pairs N] [--seed N] [--rlar-score PROGRAM] [--show N] [--json FILE]

Each expression yields two pairs: itself against a form that sympy proves equal, and against one with a small change that sympy tells
apart. Printed as LaTeX or as plain text. Reported: how many pairs are decided (ok), how many of these rightly, and how fast.
Fails below 99.9 % right or 95 % decided.
"""

import sys

sys.path.pop(0)  # this folder has a math.py

import argparse  # noqa: E402
import json  # noqa: E402
import pathlib  # noqa: E402
import random  # noqa: E402
import subprocess  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402

import sympy as sp  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
x, y, z, n = sp.symbols("x y z n", real=True)
SYMBOLS = [x, y, z]
warnings.filterwarnings("ignore")


def rational(rng, high=20):
    value = sp.Rational(rng.randint(-high, high), rng.choice([1, 1, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12]))
    return value if value != 0 else sp.Integer(rng.randint(1, high))


def polynomial(rng, symbols):
    terms = [
        rational(rng, 9) * sp.Mul(*[s ** rng.randint(0, 3) for s in rng.sample(symbols, rng.randint(1, len(symbols)))])
        for _ in range(rng.randint(1, 4))
    ]
    return sp.Add(*terms) + rational(rng, 9)


def linear(rng, symbol):
    return rational(rng, 6) * symbol + rational(rng, 9)


# family → (rng) → (expression, equal form), both unevaluated enough to look different
def numbers(rng):
    a = rational(rng, 400)
    if rng.random() < 0.4:
        k = rng.randint(2, 9)
        form = sp.Mul(sp.Integer(a.p * k), sp.Pow(a.q * k, -1, evaluate=False), evaluate=False)
        return a, form
    b = rational(rng, 50)
    return a, sp.Add(a - b, b, evaluate=False)


def surds(rng):
    a, b, c = rng.randint(2, 60), rng.randint(2, 40), rational(rng, 9)
    value = c * sp.sqrt(a) + sp.sqrt(b)
    if rng.random() < 0.5:
        return value, sp.Add(
            sp.Mul(c, sp.sqrt(a * rng.choice([4, 9, 16]), evaluate=False), sp.Rational(1, 1), evaluate=False),
            sp.sqrt(b),
        )
    p, q = rng.randint(2, 12), rng.randint(1, 9)
    value = 1 / (sp.sqrt(p) + q + sp.Rational(1, 3))
    return value, sp.radsimp(value)


def logs(rng):
    a, b, k = rng.randint(2, 30), rng.randint(2, 30), rng.randint(2, 5)
    return rng.choice(
        [
            (sp.log(a * b), sp.log(a) + sp.log(b)),
            (sp.log(a**k), k * sp.log(a)),
            (sp.exp(sp.Integer(k)) * sp.exp(sp.Integer(a)), sp.exp(a + k, evaluate=False)),
            (sp.log(sp.Rational(a, b)) if a != b else sp.log(a), sp.log(a) - sp.log(b) if a != b else sp.log(a)),
        ]
    )


def trig_values(rng):
    angle = sp.pi * sp.Rational(rng.randint(1, 23), rng.choice([3, 4, 6, 12]))
    f = rng.choice([sp.sin, sp.cos])
    value = f(angle)
    return f(angle, evaluate=False), sp.sqrtdenest(value)


def complexes(rng):
    a, b, c, d = (rational(rng, 9) for _ in range(4))
    product = sp.Mul(a + b * sp.I, c + d * sp.I, evaluate=False)
    return product, sp.expand(product)


def polynomials(rng):
    a = polynomial(rng, [x])
    b = polynomial(rng, rng.choice([[x], [x, y], [x, y, z]]))
    product = a * b
    return product, rng.choice([sp.expand, sp.factor])(product)


def fractions(rng):
    value = sp.Add(polynomial(rng, [x]) / linear(rng, x), rational(rng) / linear(rng, x))
    return value, rng.choice([sp.together, sp.cancel, sp.factor])(value)


def trig(rng):
    a = rng.choice([x, 2 * x, x + y, x / 2])
    c = rational(rng, 7)
    return rng.choice(
        [
            (c * sp.sin(2 * a), 2 * c * sp.sin(a) * sp.cos(a)),
            (c * sp.cos(2 * a), c * (1 - 2 * sp.sin(a) ** 2)),
            (sp.sin(a + y), sp.sin(a) * sp.cos(y) + sp.cos(a) * sp.sin(y)),
            (c * sp.sin(a) ** 2, c - c * sp.cos(a) ** 2),
            (sp.tan(a) ** 2 + 1, 1 / sp.cos(a) ** 2),
            (sp.sin(a) * sp.cos(y), (sp.sin(a + y) + sp.sin(a - y)) / 2),
        ]
    )


def exponentials(rng):
    k = rng.randint(2, 5)
    a = rational(rng, 6)
    return rng.choice(
        [
            (sp.exp(k * x) * sp.exp(y), sp.exp(k * x + y, evaluate=False)),
            (a * sp.Integer(2) ** (x + k), a * 2**k * sp.Integer(2) ** x),
            ((sp.exp(x) + sp.exp(-x)) ** 2, sp.exp(2 * x) + sp.exp(-2 * x) + 2),
            (sp.Integer(k) ** (2 * x), sp.Integer(k * k) ** x),
            (a * sp.exp(x) * (sp.exp(y) + 1), a * sp.exp(x + y) + a * sp.exp(x)),
        ]
    )


def roots(rng):
    a = sp.Abs(polynomial(rng, [x])) + rng.randint(1, 9)
    k = rng.randint(2, 9)
    base = x**2 + rng.randint(1, 9)
    return rng.choice(
        [
            (sp.sqrt(base) * k, sp.sqrt(sp.expand(k**2 * base))),
            (1 / sp.sqrt(base), sp.sqrt(base) / base),
            (base ** sp.Rational(3, 2), base * sp.sqrt(base)),
            ((sp.sqrt(base) + k) ** 2, sp.expand((sp.sqrt(base) + k) ** 2)),
            (a - a + sp.sqrt(base + k), sp.sqrt(k + base)),
        ]
    )


def hyperbolic(rng):
    a = rng.choice([x, 2 * x, x + y])
    return rng.choice(
        [
            (sp.cosh(a) ** 2 - sp.sinh(a) ** 2 + y, 1 + y),
            (sp.sinh(2 * a), 2 * sp.sinh(a) * sp.cosh(a)),
            (sp.cosh(a), (sp.exp(a) + sp.exp(-a)) / 2),
            (sp.tanh(a), sp.sinh(a) / sp.cosh(a)),
        ]
    )


def inverse(rng):
    k = rational(rng, 5)
    t = rng.choice([x, x + 1, 2 * y])
    return rng.choice(
        [
            (k * sp.atan(t) + k * sp.pi, k * (sp.atan(t) + sp.pi)),
            (sp.sin(sp.atan(t)), t / sp.sqrt(1 + t**2)),
            (sp.cos(sp.atan(t)), 1 / sp.sqrt(1 + t**2)),
            (sp.tan(sp.atan(t)) * k, k * t),
            (sp.Abs(t) ** 2 * k, k * t**2),
            (sp.log(t**2 + 1) * 2 + k, sp.log((t**2 + 1) ** 2) + k),
        ]
    )


def tree(rng, depth):
    if depth == 0 or rng.random() < 0.15:
        return rng.choice([x, y, rational(rng, 9), sp.Integer(rng.randint(1, 9)), sp.pi])
    a, b = tree(rng, depth - 1), tree(rng, depth - 1)
    return rng.choice(
        [
            lambda: a + b,
            lambda: a - b,
            lambda: a * b,
            lambda: a / (b**2 + 1),
            lambda: sp.sqrt(a**2 + rng.randint(1, 5)),
            lambda: sp.sin(a),
            lambda: sp.exp(sp.cos(a)),
            lambda: a ** rng.randint(2, 3),
            lambda: sp.log(a**2 + rng.randint(1, 5)),
        ]
    )()


def deep(rng):
    value = tree(rng, rng.randint(2, 4))
    return value, rng.choice(
        [sp.expand, sp.together, lambda e: sp.factor_terms(e), lambda e: sp.collect(sp.expand(e), x)]
    )(value)


FAMILIES = [
    numbers,
    surds,
    logs,
    trig_values,
    complexes,
    polynomials,
    fractions,
    trig,
    exponentials,
    roots,
    hyperbolic,
    inverse,
    deep,
]


def near_miss(rng, value):
    """One leaf or sign changed a little."""
    for _ in range(20):
        atoms = [a for a in sp.preorder_traversal(value) if a.is_Rational]
        kind = rng.random()
        if kind < 0.6 and atoms:
            old = rng.choice(atoms)
            new = old + rng.choice([1, -1, sp.Rational(1, 2)])
            made = value.xreplace({old: new})
        elif kind < 0.8:
            made = value + rng.choice([1, -1, sp.Rational(1, 100)])
        else:
            made = -value
        if made != value and made.is_finite is not False:
            return made
    return value + 1


POINTS = [
    (sp.Rational(7, 11), sp.Rational(-5, 13), sp.Rational(17, 9)),
    (sp.Rational(23, 7), sp.Rational(3, 19), sp.Rational(-8, 5)),
]


def value_at(expression, point):
    return sp.N(expression.subs(dict(zip(SYMBOLS, point))), 40)


def same(a, b):
    """True, False, or None where sympy does not tell."""
    differs = False
    for point in POINTS:
        p, q = value_at(a, point), value_at(b, point)
        if not (p.is_number and q.is_number) or p.has(sp.zoo, sp.nan, sp.oo) or q.has(sp.zoo, sp.nan, sp.oo):
            continue
        if abs(p - q) > sp.Float("1e-30") * (1 + abs(p)):
            differs = True
    if differs:
        return False
    difference = sp.expand(a - b)
    if difference == 0:
        return True
    return True if sp.simplify(difference) == 0 else None


def write(rng, expression):
    """LaTeX in several dresses, or plain text."""
    style = rng.random()
    if style < 0.6:
        text = sp.latex(expression)
        return rng.choice(
            [text, f"${text}$", text.replace("\\frac", "\\dfrac"), text.replace("\\left", "").replace("\\right", "")]
        )
    return str(expression).replace("**", "^") if style < 0.85 else str(expression)


def generate(rng, count):
    pairs = []
    skipped = 0
    while len(pairs) < count:
        family = rng.choice(FAMILIES)
        first, second = family(rng)
        other = near_miss(rng, second)
        for candidate, wanted in ((second, True), (other, False)):
            label = same(first, candidate)
            if label is None or (wanted and not label):
                skipped += 1
                continue
            a, b = write(rng, first), write(rng, candidate)
            if rng.random() < 0.5:
                a, b = b, a
            pairs.append({"family": family.__name__, "reference": a, "response": b, "label": label})
    return pairs[:count], skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--rlar-score", default=str(ROOT / "build" / "rlar_score_rows"))
    parser.add_argument("--show", type=int, default=10, help="wrong or open pairs to print")
    parser.add_argument("--json", help="write the results there")
    args = parser.parse_args()
    start = time.time()
    pairs, skipped = generate(random.Random(args.seed), args.pairs)
    print(f"{len(pairs)} pairs made in {time.time() - start:.0f} s; sympy left {skipped} open")
    rows = [
        {"prompt": "", "reference": p["reference"], "response": p["response"], "params": {"extract": "none"}}
        for p in pairs
    ]
    start = time.time()
    done = subprocess.run(
        [args.rlar_score, "math_equal", "{}"],
        input="".join(json.dumps(row) + "\n" for row in rows),
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.time() - start
    scores = [json.loads(line) for line in done.stdout.splitlines()]
    table = {}
    bad = []
    for pair, score in zip(pairs, scores):
        decided = score["status"] == "ok" and score["class"] not in ("response_over_budget", "response_unparsable")
        right = decided and (score["value"] == 1) == pair["label"]
        for name in (pair["family"], "all"):
            entry = table.setdefault(name, {"pairs": 0, "decided": 0, "right": 0})
            entry["pairs"] += 1
            entry["decided"] += decided
            entry["right"] += right
        if not right:
            bad.append((pair, score))
    print(f"{'family':14} {'pairs':>6} {'decided':>8} {'right':>8}")
    for name, entry in sorted(table.items(), key=lambda item: item[0] == "all"):
        entry["decided_share"] = entry["decided"] / entry["pairs"]
        entry["right_share"] = entry["right"] / max(entry["decided"], 1)
        print(f"{name:14} {entry['pairs']:6} {entry['decided_share']:8.4f} {entry['right_share']:8.5f}")
    print(f"{len(pairs) / seconds:,.0f} pairs a second with reading and writing")
    for pair, score in bad[: args.show]:
        print(
            f"  {pair['family']} {pair['label']}: {pair['reference']} | {pair['response']} | {score['status']} {score['class']} {score['reason'][-90:]}"
        )
    if args.json:
        pathlib.Path(args.json).write_text(
            json.dumps({"seed": args.seed, "skipped": skipped, "families": table}, indent=1) + "\n"
        )
    everything = table["all"]
    return 0 if everything["right_share"] >= 0.999 and everything["decided_share"] >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
