"""bench/exam.py's own judgement: what counts as right, which tier a family is in, where the forms of the responses come from."""

import gzip
import json
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import exam  # noqa: E402
import exam_answers  # noqa: E402
import exam_forms  # noqa: E402


class Judge:
    """Takes any order of the letters, and any digit."""

    def score_answer(self, answer, entry):
        return float(sorted(c for c in answer if c.isalpha()) == sorted(c for c in entry["answer"] if c.isalpha()))


def judged(tolerated, seed=3):
    entry = {"answer": "alpha 1, beta 2"}
    return exam_answers.judged_answers(
        ["alpha 1, beta 2"], ["gamma", "beta alpha"], entry, Judge(), random.Random(seed), 4, tolerated
    )


def test_another_order_is_right_and_a_tolerance_is_neither():
    good, bad = judged(False)
    assert good == ["beta 2, alpha 1"]
    assert bad and not set(good) & set(bad)
    assert "beta alpha" not in good + bad  # another row's answer that the judge takes: it proves nothing


def test_with_tolerance_whatever_the_judge_takes_is_right():
    found = {answer for seed in range(20) for answer in judged(True, seed)[0]}
    assert "beta alpha" in found and any(not {"1", "2"} <= set(answer) for answer in found)


@pytest.mark.parametrize(
    ("family", "equality", "tiers"),
    [
        ("n_queens", 0.5, ["A", "B"]),
        ("n_queens", 1, ["B"]),
        ("gcd", 0.9, ["A"]),
        ("gcd", 1, ["easy"]),
        ("boxnet", 0, ["C"]),
    ],
)
def test_tiers_overlap(family, equality, tiers):
    assert exam.tiers(family, equality) == tiers


def write(folder, name, rows):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))


def test_forms_are_read_from_responses_whose_answer_is_known(tmp_path):
    solutions = [
        "We add them.\nThat makes 14 in all so far.\nNow the rest is easy.\nOne more step.\nThe answer is {}.",
        "First the units.\nThe kettle weighs {} stones.",
        "Add.\nThe answer is: {} (as before)",
    ]
    rows = [{"ground_truth": "A: 57", "175b": {"is_correct": True, "solution": text.format(57)}} for text in solutions]
    write(tmp_path, "gsm8k_solutions/example_model_solutions.jsonl.gz", rows)
    write(
        tmp_path,
        "rm_bench/rm_bench_nomath.jsonl.gz",
        [{"chosen": ["Here is the code:\n```python\nx = 1\n```\n"], "rejected": []}],
    )
    lines, blocks, leads = exam_forms.read(tmp_path)
    assert lines == ["The answer is {a}."]  # neither a sentence about the question nor what goes on behind the answer
    assert blocks == ["Here is the code:\n\n```\n{a}\n```"]
    assert leads and not any("57" in lead for lead in leads)


def test_without_published_responses_the_bench_has_forms_of_its_own(tmp_path):
    assert exam.Forms(tmp_path).origin == "exam.py"
    assert exam.Forms(tmp_path).lines == exam.TEST_FORMS


def test_a_judge_that_does_not_end_says_nothing(monkeypatch):
    class Endless:
        def score_answer(self, answer, entry):
            while True:
                try:
                    while True:
                        pass
                except Exception:
                    pass

    monkeypatch.setattr(exam_answers, "JUDGE_SECONDS", 0.05)
    entry = {"answer": "alpha 1, beta 2"}
    assert exam_answers.is_right(Endless(), "alpha", entry) is None
    assert exam_answers.judged_answers(
        ["alpha 1, beta 2"], ["gamma"], entry, Endless(), random.Random(3), 4, False
    ) == ([], [])
