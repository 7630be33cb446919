"""math_equal's modes that reproduce other graders, against those graders: Math-Verify 0.9.0, and the string graders as verl ships them."""

import importlib.util
import logging
import random

import pytest

GOLDS = [
    "$\\frac{1}{3}$", "$0.5$", "$x = 3$", "$3$", "$2x+3y=6$", "$y = 2-\\frac{2}{3}x$", "$(1,2)$", "$[1,2)$", "$\\{1,2,3\\}$", "$1,2,3$",
    "$x > 2$", "$2 < x$", "$-x < -2$", "$(2,\\infty)$", "$x \\neq 1$", "$25\\%$", "$25$", "$\\frac14$", "$\\sqrt{2}$", "$1.41421356$", "$\\pi$",
    "$3.14159265$", "$(a+b)^2$", "$a^2+2ab+b^2$", "$\\sin^2 x + \\cos^2 x$", "$1$", "$\\text{Yes}$", "$yes$", "$A$", "$\\text{(A)}$", "$12 \\text{ cm}$",
    "$12$", "$f(x)=x^2$", "$x^2$", "$2^{10}$", "$1024$", "$1{,}024$", "$10!$", "$3628800$", "$\\pm 2$", "$-2, 2$", "$\\frac{a}{b}=\\frac{3}{4}$",
    "$3:4$", "$\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}$", "$\\begin{bmatrix}1&2\\\\3&4\\end{bmatrix}$", "$1 = 2 = 3$", "$x \\approx 3$", "$90^\\circ$",
    "$90$", "$5\\frac{1}{2}$", "$5.5$", "$e^2$", "$\\log_2 8$", "$2i+1$", "$1+2i$", "$x\\in[1,2)$", "$(1,2,3)$", "$|x|$",
]  # fmt: skip
WRAPS = [
    "{}", "The final answer is {}. I hope it is correct.", "answer: {}", "So \\boxed{{{}}}", "We get {} and then stop.", "first $7$, then {}", "{} percent",
]  # fmt: skip


def compare(ours, verdict, pairs, allowed):
    different = [
        (pair, wanted) for pair, got in zip(pairs, ours) if (got.get("value") == 1) != (wanted := verdict(pair))
    ]
    print(f"{len(pairs) - len(different)} of {len(pairs)} verdicts equal")
    for one in different[:20]:
        print("  ", one)
    assert len(different) <= allowed * len(pairs), different[:20]


def rows(pairs, mode, options=None):
    params = {"compat": mode, **({"compat_options": options} if options else {})}
    return [{"reference": gold, "response": said, "params": params} for gold, said in pairs]


@pytest.mark.parametrize("options", [{}, {"float_rounding": 2}, {"strict": False}, {"allow_set_relation_comp": True}])
def test_math_verify(score, options):
    math_verify = pytest.importorskip("math_verify")
    logging.disable(logging.CRITICAL)
    rng = random.Random(str(options))
    pairs = []
    for _ in range(500):
        gold, said = rng.choice(GOLDS), rng.choice(GOLDS)
        said = gold if rng.random() < 0.1 else said
        inner = said.strip("$") if rng.random() < 0.5 else said
        wrap = rng.choice(WRAPS)
        pairs.append((gold, wrap.format(inner if "boxed" in wrap else said)))
    parsed = {}

    def parse(text):
        if text not in parsed:
            parsed[text] = math_verify.parse(text)
        return parsed[text]

    ours = score("math_equal", rows(pairs, "math_verify", options))
    assert all(got["status"] == "ok" for got in ours)
    compare(ours, lambda pair: bool(math_verify.verify(parse(pair[0]), parse(pair[1]), **options)), pairs, 0.02)


def test_math_verify_recorded(score, data):
    cases = data("math-verify-cases/cases.jsonl.gz")
    made = [
        {
            "reference": one["gold"],
            "response": one["pred"],
            "params": {"compat": "math_verify", "compat_options": {**one["verify_kw"], "targets": one["targets"]}},
        }
        for one in cases
    ]
    different = [
        one for one, got in zip(cases, score("math_equal", made)) if (got.get("value") == 1) != bool(one["expected"])
    ]
    assert not different, different


def grader(name):
    """A file of verl's rewards without the rest of the package."""
    spec = importlib.util.find_spec("verl")
    if spec is None:
        pytest.skip("verl is not installed here")
    from pathlib import Path

    path = Path(spec.submodule_search_locations[0]) / "utils" / "reward_score" / f"{name}.py"
    made = importlib.util.module_from_spec(found := importlib.util.spec_from_file_location(name, path))
    found.loader.exec_module(made)
    return made


CHANGES = [
    lambda t: t, lambda t: t, lambda t: t.replace("\\frac", "\\dfrac"), lambda t: t + "\\text{ cm}", lambda t: "x=" + t, lambda t: t.replace("{", "", 1),
    lambda t: t + ".", lambda t: t + "^\\circ", lambda t: t + "\\%", lambda t: t + " units", lambda t: "\\text{" + t + "}", lambda t: t + "\\sqrt",
]  # fmt: skip


def changed_pairs(rng, count=1500):
    plain = [gold.strip("$") for gold in GOLDS]
    made = []
    for _ in range(count):
        gold = rng.choice(plain)
        said = gold if rng.random() < 0.8 else rng.choice(plain)
        made.append((rng.choice(CHANGES)(gold), rng.choice(CHANGES)(rng.choice(CHANGES)(said))))
    return made


def test_hendrycks(score):
    peer = grader("math_reward")
    pairs = [(gold, f"Thus \\boxed{{{said}}}.") for gold, said in changed_pairs(random.Random(1))]
    compare(
        score("math_equal", rows(pairs, "hendrycks")), lambda pair: peer.compute_score(pair[1], pair[0]) == 1, pairs, 0
    )


def test_dapo(score):
    peer = grader("math_dapo")
    rng = random.Random(2)
    pairs = [
        (
            gold,
            rng.choice(["Answer: {}", "answer : {}\n", "is {}", "\\boxed{{{}}}", "Answer: 1\nAnswer: {}"]).format(said),
        )
        for gold, said in changed_pairs(rng)
    ]
    compare(
        score("math_equal", rows(pairs, "dapo")), lambda pair: peer.compute_score(pair[1], pair[0])["acc"], pairs, 0
    )
