"""rlar eval corpus: exit codes, the printed shape, and numbers that are easily checked by hand."""

import json

import pytest
from support import jsonl, run, validator

ROWS = [
    {"prompt": "", "response": "a b c d", "reference": "a b c d"},
    {"prompt": "", "response": "<think>x</think>a b x d", "reference": ["a b c d", "q r s t"]},
]


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(jsonl(ROWS))
    return path


@pytest.mark.parametrize("tool", ["bleu", "chrf", "ter", "rouge", "meteor"])
def test_shape(rows, tool):
    out = json.loads(run("eval", "corpus", "--tool", tool, "--json", rows).stdout)
    validator("eval_result").validate(out)
    assert out["suite"] == "corpus" and out["n"] == 2 and out["skipped"] == 0
    assert 0 < out["overall"]["value"] < 1


def test_counts_are_summed(rows):
    ter = json.loads(run("eval", "corpus", "--tool", "ter", "--json", rows).stdout)["overall"]
    assert ter["num_edits"] == 1 and ter["ref_len"] == 8 and ter["score"] == 12.5
    bleu = json.loads(run("eval", "corpus", "--tool", "bleu", "--json", rows).stdout)["overall"]
    assert bleu["precisions/1"] == 87.5 and bleu["sys_len"] == 8
    assert "|eff:no|" in bleu["signature"] and bleu["signature"].startswith("nrefs:var|")
    eff = run("eval", "corpus", "--tool", "bleu", "--params", '{"effective_order": true}', "--json", rows).stdout
    assert "|eff:yes|" in json.loads(eff)["overall"]["signature"]


def test_rows_that_cannot_be_scored_are_named(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(
        jsonl([*ROWS, {"prompt": "", "response": "a"}, {"prompt": "", "responses": ["a", "b"], "reference": "a"}])
    )
    done = run("eval", "corpus", "--tool", "chrf", "--json", path, check=1)
    assert json.loads(done.stdout)["skipped"] == 2
    assert b"line 3 left out" in done.stderr and b"line 4 left out" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--tool", "bleurt"],
        ["--tool", "exact_match"],
        ["--tool", "bleu", "--params", '{"tokenise": "13a"}'],
        ["--tool", "chrf", "--params", '{"char_order": 0}'],
        ["--tool", "rouge", "--params", '{"rouge_types": ["rougeX"]}'],
        ["--tool", "bleu", "--params", "{"],
    ],
)
def test_wrong_usage(rows, arguments):
    done = run("eval", "corpus", *arguments, rows, check=2)
    assert done.stdout == b"" and len(done.stderr.splitlines()) == 1


def test_nothing_to_score(tmp_path):
    path = tmp_path / "none.jsonl"
    path.write_text("")
    assert b"no row" in run("eval", "corpus", path, check=2).stderr
