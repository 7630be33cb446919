"""rlar eval best-of-n and rewardbench2: hand-checked numbers, what bad input says, and the reference scorer's own results."""

import gzip
import json
import math
import os
from pathlib import Path

import pytest
from support import ROOT, jsonl, mixed_rows, run, validator

WRONG_ANSWERS = ["7", "8", "9"]


def write(path, rows):
    path.write_text(jsonl(rows))
    return path


def evaluate(suite, rows, *arguments, check=0):
    out = json.loads(run("eval", suite, "--json", *arguments, rows, check=check).stdout)
    validator("eval_result").validate(out)
    assert out["suite"] == suite
    return out


def ties(row_id, correct, wrong):
    row = {"id": row_id, "prompt": "", "subset": "Ties", "num_correct": len(correct)}
    return row | {"total_completions": len(correct) + len(wrong)}, {"id": row_id, "scores": [*correct, *wrong]}


def four(row_id, subset="Math"):
    return {"id": row_id, "prompt": "", "subset": subset, "num_correct": 1, "total_completions": 4}


# The reference scorer's own results


def golden(name):
    path = Path(os.environ.get("RLAR_DATA", ROOT.parent / "shared" / "data")) / "rb2_golden" / name
    if not path.exists():
        pytest.skip(f"needs the reference scorer's results: set RLAR_DATA to the folder that holds rb2_golden/{name}")
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def test_golden_best_of_4(tmp_path):
    cases = golden("best_of_4.jsonl.gz")
    assert cases
    for case in cases:
        rows = write(tmp_path / "rows.jsonl", [four(str(i)) for i in range(len(case["scores"]))])
        scores = write(tmp_path / "s.jsonl", [{"id": str(i), "scores": s} for i, s in enumerate(case["scores"])])
        out = evaluate("rewardbench2", rows, "--scores", scores)
        assert out["n"] == len(case["scores"])
        assert out["subsets"]["Math"]["value"] == pytest.approx(case["accuracy"], abs=1e-12), case["case"]
        # Row by row: each a subset of its own.
        own = [
            {"id": str(i), "prompt": "", "responses": list("abcd"), "best": 0, "subset": str(i)}
            for i in range(out["n"])
        ]
        by_row = evaluate("best-of-n", write(rows, own), "--scores", scores)["subsets"]
        assert [by_row[str(i)]["value"] for i in range(out["n"])] == case["results"], case["case"]


def test_golden_ties(tmp_path):
    cases = golden("ties.jsonl.gz")
    assert cases
    for case in cases:
        rows = [
            {"prompt": "", "subset": "Ties", "total_completions": len(row["scores"])}
            | {key: row[key] for key in ("id", "num_correct")}
            for row in case["rows"]
        ]
        scores = [{"id": row["id"], "scores": row["scores"]} for row in case["rows"]]
        out = evaluate(
            "rewardbench2", write(tmp_path / "r.jsonl", rows), "--scores", write(tmp_path / "s.jsonl", scores)
        )
        assert out["subsets"]["Ties"]["value"] == pytest.approx(case["expected"], abs=1e-12), case["case"]


# Own cases


def test_ties_by_hand(tmp_path):
    # The pair's gaps are 3 (ref) and 1 (tied) over a spread of 2; the second ref row has a gap of 0, which is wrong.
    cases = [ties("ref:a", [5], [2, 1]), ties("tied:a", [6, 4, 5], [3]), ties("ref:b", [1], [1])]
    rows = write(tmp_path / "rows.jsonl", [row for row, _ in cases])
    scores = write(tmp_path / "scores.jsonl", [line for _, line in reversed(cases)])
    subset = evaluate("rewardbench2", rows, "--scores", scores)["subsets"]["Ties"]
    assert subset["value"] == pytest.approx(0.3 * 1 + 0.3 * 0.5 + 0.01 * math.tanh(1 / 2 - 1), abs=1e-12)
    assert (subset["pairs"], subset["accuracy_ref"], subset["accuracy_tied"]) == (1, 0.5, 1)
    assert (subset["separated"], subset["separated_hard"]) == (0, 0)


def test_ties_without_a_pair_have_no_number(tmp_path):
    row, line = ties("ref:a", [5], [2])
    rows = write(tmp_path / "rows.jsonl", [row, four("m")])
    scores = write(tmp_path / "scores.jsonl", [line, {"id": "m", "scores": [1, 1, 0, 0]}])
    out = evaluate("rewardbench2", rows, "--scores", scores)
    assert out["subsets"]["Ties"]["value"] is None
    assert out["overall"]["value"] == out["subsets"]["Math"]["value"] == 0.5


def test_overall_is_the_unweighted_mean_of_subsets(tmp_path):
    rows = [four("a", "Math"), four("b", "Math"), four("c", "Math"), four("d", "Focus")]
    scores = [{"id": r["id"], "scores": [1, 0, 0, 0] if r["subset"] == "Math" else [0, 1, 0, 0]} for r in rows]
    out = evaluate("rewardbench2", write(tmp_path / "r.jsonl", rows), "--scores", write(tmp_path / "s.jsonl", scores))
    assert out["overall"]["value"] == 0.5 and out["subsets"]["Math"]["value"] == 1
    assert out["subsets"]["Math"]["chance"] == 0.25
    low, high = out["subsets"]["Math"]["ci"]
    assert low == pytest.approx(0.4385, abs=1e-4) and high == 1  # Wilson, 3 of 3


def rb2_texts(n=8):
    rows = []
    for i in range(n):
        row = {"id": f"m{i}", "prompt": f"{i} + 100?", "reference": str(i + 100), "subset": "Math"}
        row |= {"chosen": [f"It is {i + 100}."], "rejected": [f"It is {x}." for x in WRONG_ANSWERS]}
        rows.append(row | {"num_correct": 1, "num_incorrect": 3, "total_completions": 4, "models": ["a"] * 4})
    return rows


def test_tool_on_texts(tmp_path):
    rows = write(tmp_path / "rows.jsonl", rb2_texts())
    out = evaluate("rewardbench2", rows, "--tool", "contains")
    assert out["overall"]["value"] == 1 and out["n"] == 8 and out["scorer"].startswith("contains@")
    table = run("eval", "rewardbench2", "--tool", "contains", rows).stdout.decode()
    assert "Math" in table and "mean of subsets" in table and "1.0000" in table


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "rows.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(rb2_texts()), path)
    assert evaluate("rewardbench2", path, "--tool", "contains")["overall"]["value"] == 1


def best_rows(n=20):
    rows = []
    for i in range(n):
        responses = [f"The answer is {x}." for x in WRONG_ANSWERS]
        responses.insert(i % 4, f"The answer is {100 + i}.")
        row = {"id": i, "prompt": "sum?", "reference": str(100 + i), "task": ("odd" if i % 2 else "even")}
        rows.append(row | {"responses": responses, "best": i % 4})
    return rows


def test_best_of_n_with_a_tool_and_with_its_score_file(tmp_path):
    rows = write(tmp_path / "rows.jsonl", best_rows())
    by_tool = evaluate("best-of-n", rows, "--tool", "contains")
    assert by_tool["overall"]["value"] == 1 and set(by_tool["subsets"]) == {"odd", "even"}
    lines = tmp_path / "lines.jsonl"
    run("score", "--tool", "contains", "-o", lines, rows)
    by_file = evaluate("best-of-n", rows, "--scores", lines)
    assert by_file["overall"] == by_tool["overall"] and by_file["subsets"] == by_tool["subsets"]


def test_the_row_may_give_scores_and_several_may_be_best(tmp_path):
    rows = best_rows(4)
    for row in rows:
        best = row.pop("best")
        row["scores"] = [3.5 if i in (best, (best + 1) % 4) else [1] for i in range(4)]
    path = write(tmp_path / "rows.jsonl", rows)
    scores = write(tmp_path / "s.jsonl", [{"scores": [1, 1, 0, 0]} for _ in rows])  # by order
    out = evaluate("best-of-n", path, "--scores", scores)
    # Right are {0,1}, {1,2}, {2,3}, {3,0}; at the top {0,1}.
    assert out["overall"]["value"] == (1 + 0.5 + 0 + 0.5) / 4 and out["subsets"]["even"]["chance"] == 0.5


def test_no_tool_sees_which_response_is_right(tmp_path):
    """A tool that can't tell must get what chance gets: the texts are equal, only their places differ."""
    rows = [row | {"chosen": ["same"], "rejected": ["same"] * 3} for row in rb2_texts()]
    out = evaluate("rewardbench2", write(tmp_path / "rows.jsonl", rows), "--tool", "contains")
    assert out["overall"]["value"] == 0.25


def test_a_row_without_scores_is_left_out_and_said(tmp_path):
    rows = write(tmp_path / "rows.jsonl", best_rows(4))
    lines = [{"id": 0, "scores": [1, 0, 0, 0]}, {"id": 1, "scores": [1, None, 0, 0]}, {"id": 2, "scores": [1, 0, 0, 0]}]
    scores = write(tmp_path / "s.jsonl", lines)
    done = run("eval", "best-of-n", "--json", "--scores", scores, rows, check=1)
    out = json.loads(done.stdout)
    assert (out["n"], out["skipped"], out["overall"]["value"]) == (2, 2, 0.5)
    assert b"line 2 has no scores" in done.stderr and b"line 4 has no scores" in done.stderr


def test_a_tool_that_fails_gives_no_number(tmp_path):
    rows = best_rows(4)
    del rows[1]["reference"]
    done = run("eval", "best-of-n", "--json", "--tool", "contains", write(tmp_path / "rows.jsonl", rows), check=1)
    out = json.loads(done.stdout)
    assert (out["n"], out["skipped"], out["overall"]["value"]) == (3, 1, 1)
    assert b"line 2 has no scores" in done.stderr and b"no_reference" in done.stderr


def test_a_library_routes_every_row_and_unserved_rows_are_left_out(tmp_path):
    data = write(tmp_path / "train.jsonl", mixed_rows())
    run("build", data, "--out", tmp_path / "lib")
    rows = write(tmp_path / "rows.jsonl", [row | {"best": 0} for row in mixed_rows(responses=True)])
    out = evaluate("best-of-n", rows, "--library", tmp_path / "lib", check=1)
    assert (out["n"], out["skipped"], out["overall"]["value"]) == (30, 6, 1)
    assert out["scorer"].startswith("library ")


def test_compare_is_paired(tmp_path):
    rows = best_rows(20)
    path = write(tmp_path / "rows.jsonl", rows)
    good = [{"id": r["id"], "scores": [float(i == r["best"]) for i in range(4)]} for r in rows]
    # Wrong on the first eight rows, right on the others, and silent on the last.
    bad = [g | {"scores": [-x for x in g["scores"]]} if g["id"] < 8 else g for g in good[:-1]]
    a, b = write(tmp_path / "a.jsonl", good), write(tmp_path / "b.jsonl", bad)
    out = evaluate("best-of-n", path, "--scores", a, "--compare", b)
    overall = out["compare"][0]["overall"]
    assert overall["n"] == 19 and overall["value"] == 1 and overall["other"] == pytest.approx(11 / 19)
    assert overall["test"] == "exact sign" and overall["p"] == pytest.approx(2 / 2**8)
    assert 0 < overall["ci"][0] < overall["difference"] < overall["ci"][1]
    assert out["compare"][0]["subsets"]["odd"]["p"] == pytest.approx(2 / 2**4)
    again = evaluate("best-of-n", path, "--scores", a, "--compare", b)
    assert again == out
    same = run("eval", "best-of-n", "--scores", a, "--compare", a, path).stdout.decode()
    assert "not distinguishable" in same


def test_compare_on_rewardbench2_covers_ties(tmp_path):
    cases = [c for i in range(6) for c in (ties(f"ref:{i}", [5], [2]), ties(f"tied:{i}", [5, 5], [2]))]
    rows = write(tmp_path / "rows.jsonl", [row for row, _ in cases])
    good = write(tmp_path / "a.jsonl", [line for _, line in cases])
    bad = write(tmp_path / "b.jsonl", [line | {"scores": [1] * len(line["scores"])} for _, line in cases])
    out = evaluate("rewardbench2", rows, "--scores", good, "--compare", bad)
    of_ties = out["compare"][0]["subsets"]["Ties"]
    assert of_ties["value"] == pytest.approx(1.01) and of_ties["other"] == 0 and of_ties["test"] == "bootstrap"
    assert of_ties["p"] < 0.01


BAD_ROWS = [
    ("best-of-n", {"responses": ["a"], "best": 0}, ["line 2", "'responses'"]),
    ("best-of-n", {"responses": ["a", "b"]}, ["line 2", "'best'"]),
    ("best-of-n", {"responses": ["a", "b"], "best": 2}, ["line 2", "'best'", "0 to 1"]),
    ("best-of-n", {"responses": ["a", "b"], "best": 0.5}, ["line 2", "'best'"]),
    ("best-of-n", {"responses": ["a", "b"], "best": []}, ["line 2", "'best'"]),
    ("best-of-n", {"responses": ["a", "b"], "scores": [1]}, ["line 2", "'scores'", "2 numbers"]),
    ("best-of-n", {"responses": ["a", "b"], "scores": [1, "x"]}, ["line 2", "'scores'"]),
    ("rewardbench2", {"subset": "Maths"}, ["line 2", "'subset'"]),
    ("rewardbench2", {"subset": "Math"}, ["line 2", "'num_correct'"]),
    ("rewardbench2", {"subset": "Math", "chosen": "a", "rejected": ["b"]}, ["line 2", "'chosen'"]),
    ("rewardbench2", {"subset": "Math", "chosen": ["a", 1], "rejected": ["b"]}, ["line 2", "'chosen'"]),
    ("rewardbench2", {"subset": "Math", "chosen": ["a", "c"], "rejected": ["b"]}, ["line 2", "'num_correct'"]),
    ("rewardbench2", {"subset": "Math", "chosen": ["a"], "rejected": []}, ["line 2", "'num_correct'"]),
    ("rewardbench2", {"subset": "Math", "chosen": ["a"], "rejected": ["b"], "num_correct": 2}, ["'num_correct'"]),
    ("rewardbench2", {"subset": "Ties", "id": "7", "chosen": ["a"], "rejected": ["b"]}, ["line 2", "'id'"]),
    ("rewardbench2", {"subset": "Ties", "id": "ref:1", "chosen": ["a"], "rejected": ["b"]}, ["line 2", "'id'"]),
]


@pytest.mark.parametrize(("suite", "row", "words"), BAD_ROWS)
def test_bad_rows_name_line_and_field(tmp_path, suite, row, words):
    if suite == "best-of-n":
        first = best_rows(1)[0]
    else:
        first = {"id": "ref:1", "prompt": "", "subset": "Ties", "chosen": ["a"], "rejected": ["b"]}
    rows = write(tmp_path / "rows.jsonl", [first, {"prompt": ""} | row])
    done = run("eval", suite, "--tool", "contains", rows, check=2)
    message = done.stderr.decode()
    assert done.stdout == b"" and len(message.splitlines()) == 1 and all(word in message for word in words), message


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('{"id": 0, "scores": [1, 2, 3]}', ["line 1", "'scores'", "list of 4"]),
        ('{"id": 0, "scores": [1, 2, 3, NaN]}', ["line 1", "not JSON"]),
        ('{"id": 0, "scores": [1, 2, 3, "4"]}', ["line 1", "'scores'"]),
        ('{"id": 9, "scores": [1, 2, 3, 4]}', ["line 1", "'id'", "9"]),
        ('{"id": 0, "scores": [1, 2, 3, 4]}\n{"id": 0, "scores": [1, 2, 3, 4]}', ["line 2", "'id'"]),
        ('{"scores": [1, 2, 3, 4]}', ["1 lines without an id for 2 rows"]),
        ('{"id": 0}', ["line 1", "'scores'"]),
        ("[]", ["line 1", "not a JSON object"]),
        ('{"line": 7, "response_index": 0, "value": 1}', ["line 1", "'line'"]),
        ('{"line": 1, "response_index": 4, "value": 1}', ["line 1", "'response_index'"]),
    ],
)
def test_bad_score_files_name_line_and_field(tmp_path, lines, words):
    scores = tmp_path / "scores.jsonl"
    scores.write_text(lines)
    rows = write(tmp_path / "rows.jsonl", best_rows(2))
    message = run("eval", "best-of-n", "--scores", scores, rows, check=2).stderr.decode()
    assert len(message.splitlines()) == 1 and all(word in message for word in words), message


def test_usage(tmp_path):
    rows = write(tmp_path / "rows.jsonl", best_rows(2))
    assert b"--tool NAME, --library DIR or --scores FILE" in run("eval", "best-of-n", rows, check=2).stderr
    assert b"contains" in run("eval", "best-of-n", "--tool", "contain", rows, check=2).stderr
    assert run("eval", "best-of-n", "--tool", "contains", "--scores", rows, rows, check=2).stdout == b""
    assert b"no row" in run("eval", "best-of-n", "--tool", "contains", write(tmp_path / "n", []), check=2).stderr
