"""rlar eval route: what choosing a tool per query brings, on matrices whose answer is known, and on recorded scores."""

import gzip
import json
import os
import random
from pathlib import Path

import pytest
from support import ROOT, jsonl, run, validator


def write(path, rows):
    path.write_text(jsonl(rows))
    return path


def route(path, check=0):
    out = json.loads(run("eval", "route", "--json", path, check=check).stdout)
    validator("eval_result").validate(out)
    assert out["suite"] == "route" and out["overall"] == out["routers"]["neighbours"]
    return out


def two_kinds(n=120, subset=True):
    """Tool `sums` is right on sums, `cities` on cities, `fair` on three of five of either."""
    rows = []
    for i in range(n):
        sums = i % 2 == 0
        prompt = f"Please compute the sum {i} plus {i + 1}" if sums else f"Which city lies near river number {i}?"
        best = i // 2 % 2
        right, wrong = [float(j == best) for j in range(2)], [float(j != best) for j in range(2)]
        scores = {"sums": right if sums else wrong, "cities": wrong if sums else right}
        scores["fair"] = right if i // 2 % 5 < 3 else wrong
        rows.append({"id": i, "prompt": prompt, "best": best, "scores": scores})
        if subset:
            rows[-1]["subset"] = "sums" if sums else "cities"
    return rows


def test_routing_is_found_where_there_is_some(tmp_path):
    out = route(write(tmp_path / "m.jsonl", two_kinds()))
    routers = out["routers"]
    assert out["tools"]["sums"]["value"] == 0.5 and out["tools"]["fair"]["value"] == 0.6
    assert routers["best_single"]["value"] == pytest.approx(0.6)
    assert routers["neighbours"]["value"] == 1 and routers["subset"]["value"] == 1
    assert routers["neighbours"]["shares"] == pytest.approx({"sums": 0.5, "cities": 0.5, "fair": 0})
    by_router = {item["router"]: item for item in out["compare"]}
    assert by_router["neighbours"]["distinguishable"] and by_router["neighbours"]["overall"]["p"] < 1e-3
    assert by_router["neighbours"]["overall"]["difference"] == pytest.approx(0.4)


def test_without_subsets_words_alone_route(tmp_path):
    out = route(write(tmp_path / "m.jsonl", two_kinds(subset=False)))
    assert "subset" not in out["routers"] and out["routers"]["neighbours"]["value"] == 1


def test_noise_is_not_distinguishable(tmp_path):
    draw = random.Random(5)
    rows = [
        row | {"scores": {f"tool{t}": [draw.random() + (j == row["best"]) * 0.3 for j in range(2)] for t in range(4)}}
        for row in two_kinds(300)
    ]
    path = write(tmp_path / "m.jsonl", rows)
    out = route(path)
    by_router = {item["router"]: item for item in out["compare"]}
    assert not by_router["neighbours"]["distinguishable"] and not by_router["subset"]["distinguishable"]
    assert out["routers"]["oracle_per_query"]["value"] > 0.9 > out["routers"]["neighbours"]["value"]
    assert "not distinguishable" in run("eval", "route", path).stdout.decode()
    assert route(path) == out


def test_ensemble_ignores_scale(tmp_path):
    rows = two_kinds()
    before = route(write(tmp_path / "a.jsonl", rows))["routers"]["z_mean"]
    for row in rows:
        row["scores"]["fair"] = [100 * x - 7 for x in row["scores"]["fair"]]
    assert route(write(tmp_path / "b.jsonl", rows))["routers"]["z_mean"] == before


def test_a_missing_score_leaves_the_query_out_for_all(tmp_path):
    rows = two_kinds(40)
    rows[3]["scores"]["sums"] = [None, 1]
    out = route(write(tmp_path / "m.jsonl", rows), check=1)
    assert out["n"] == 39 and out["skipped"] == 1 and out["tools"]["fair"]["n"] == 39


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scores": {}}, ["line 2", "'scores'"]),
        ({"scores": {"sums": [1, 2]}}, ["line 2", "'scores'", "same tools"]),
        ({"scores": {"sums": [1, 2], "cities": [1, 2], "fare": [1, 2]}}, ["line 2", "'scores.fair'"]),
        ({"scores": {"sums": [1, 2], "cities": [1, 2, 3], "fair": [1, 2]}}, ["line 2", "'scores.cities'"]),
        ({"scores": {"sums": [1, 2], "cities": [1, "2"], "fair": [1, 2]}}, ["line 2", "'scores.cities'"]),
        ({"best": 2}, ["line 2", "'best'", "0 to 1"]),
        ({"best": None, "grades": [1]}, ["line 2", "'best'"]),
        ({"prompt": 5}, ["line 2", "prompt"]),
    ],
)
def test_bad_rows_name_line_and_field(tmp_path, change, words):
    rows = two_kinds(30)
    rows[1] |= change
    message = run("eval", "route", write(tmp_path / "m.jsonl", rows), check=2).stderr.decode()
    assert len(message.splitlines()) == 1 and all(word in message for word in words), message


def test_too_few_queries(tmp_path):
    assert b"needs 20" in run("eval", "route", write(tmp_path / "m.jsonl", two_kinds(19)), check=2).stderr


# Recorded scores


def recorded(name):
    path = Path(os.environ.get("RLAR_DATA", ROOT.parent / "shared" / "data")) / name / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"needs recorded scores: set RLAR_DATA to the folder that holds {name}/{name}.jsonl.gz")
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def check_recorded(out):
    routers = out["routers"]
    best = max(tool["value"] for tool in out["tools"].values())
    assert routers["best_single"]["value"] <= best <= routers["oracle_per_subset"]["value"]
    assert routers["oracle_per_subset"]["value"] <= routers["oracle_per_query"]["value"] <= 1
    assert 0.5 < routers["neighbours"]["value"] < routers["oracle_per_query"]["value"]
    for policy in [*routers.values(), *out["tools"].values()]:
        assert policy["ci"][0] < policy["value"] < policy["ci"][1]


def test_judgebench_reward_models(tmp_path):
    rows = [
        {"prompt": row["question"], "subset": row["source"], "best": int(row["label"] == "B>A"), "scores": scores}
        for row in recorded("judgebench")
        if (scores := row["rm_scores"])
    ]
    out = route(write(tmp_path / "m.jsonl", rows))
    assert out["n"] == len(rows) and len(out["tools"]) == 5
    check_recorded(out)
    assert not any(item["distinguishable"] for item in out["compare"] if item["router"] != "z_mean")


def test_llmbar_judges(tmp_path):
    """Every judge and prompt that judged all pairs of the benchmark's own sets: 65 tools."""
    data = [row for row in recorded("llmbar") if row["subset"].startswith("LLMBar/")]
    names = sorted(set.intersection(*(set(row["evaluators"]) for row in data)))
    rows = []
    for row in data:
        scores = {}
        for name in names:
            said = [verdict for _, verdict in row["evaluators"][name]]
            scores[name] = [said.count("1"), said.count("2")]
        rows.append({"prompt": row["input"], "subset": row["subset"], "best": row["label"] - 1, "scores": scores})
    out = route(write(tmp_path / "m.jsonl", rows))
    assert out["n"] == len(data) and len(out["tools"]) == len(names) > 50
    check_recorded(out)
