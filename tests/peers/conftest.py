"""Differential tests: the native verifiers against the reference implementations from PyPI, over seeded random and real rows.

RLAR_DATA=… pytest tests/peers [--build DIR]
"""

import gzip
import json
import os
import pathlib
import random
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DATA = pathlib.Path(os.environ.get("RLAR_DATA", ROOT / ".." / "shared" / "data"))


def pytest_addoption(parser):
    parser.addoption("--build", default=str(ROOT / "build"))


@pytest.fixture
def score(request):
    """score(tool, rows, params) → one dictionary per response, in order."""
    program = pathlib.Path(request.config.getoption("--build")) / "rlar_score_rows"

    def run(tool, rows, params=None):
        text = "".join(json.dumps({"prompt": "", **row}) + "\n" for row in rows)
        out = subprocess.run([program, tool, json.dumps(params or {})], input=text, capture_output=True, text=True)
        assert out.returncode == 0, out.stderr
        return [json.loads(line) for line in out.stdout.split("\n") if line]

    return run


@pytest.fixture
def data():
    """data("folder/file.jsonl.gz") → rows; skips the test where the folder is absent."""

    def read(name):
        path = DATA / name
        if not path.exists():
            pytest.skip(f"{name} is not in {DATA} (set RLAR_DATA)")
        opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8")
        with opened as file:
            return json.load(file) if path.suffix == ".json" else [json.loads(line) for line in file]

    return read


WORDS = (
    "the cat sat on a mat 3.5 1,000 12-13 U.S. e.g. don't it's naïve “quoted” & &amp; &quot; <skipped> x,y a.b 5. .5 -3 --- ... "
    "Größe 东京 大学 です カタ $5.00 50% Ⅳ ½ x² ① (a) [b] {c} a/b a_b !? ,, .. ., 1., ,1 a., İstanbul K news dying relational "
    "generalizations hopefulness flies died agreed analogy radically controlling bowling e\u0301 \u00a0 \u3000 ’s 's"
).split(" ")


def random_text(rng, low=0, high=25):
    """Words and marks that tokenisers disagree on, glued together at random."""
    out = ""
    for _ in range(rng.randint(low, high)):
        out += rng.choice(WORDS) + rng.choice([" ", " ", " ", "", "\n", "\t", "-\n"])
    return out


@pytest.fixture
def pairs():
    """Pairs (response, references) where the response is near a reference in some."""
    rng = random.Random(7)
    made = []
    for _ in range(1500):
        references = [random_text(rng, 1) or "x" for _ in range(rng.choice([1, 1, 2, 3]))]
        response = random_text(rng)
        if rng.random() < 0.5:
            words = references[0].split(" ")
            rng.shuffle(words) if rng.random() < 0.3 else None
            response = " ".join(w if rng.random() < 0.8 else rng.choice(WORDS) for w in words)
        made.append((response, references))
    return made
