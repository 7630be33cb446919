"""The same rows get the same values: by file, HTTP and in process, on one thread and eight, in any order, kept or computed, after a restart."""

import json
import random

import pytest
import rlar
from support import jsonl, lines, mixed_library, mixed_rows, run, serve

KEPT = ("status", "value", "class", "reason", "components", "tool", "route", "library_version")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    library = mixed_library(tmp_path_factory.mktemp("determinism"))
    run("route", "set", "code", "code_tests", "--library", library)
    run("route", "set", "say", "bleu", "--library", library)
    return library


def make_rows() -> list[dict]:
    rng, words = random.Random(5), "the small red house stands near an old stone bridge".split()
    rows = []
    for i in range(40):
        rows.append(
            {
                "prompt": "Write add.",
                "task": "code",
                "response": f"def add(a, b):\n    return a {rng.choice('+-')} b  # {i}",
                "params": {"tests": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"]},
            }
        )
        said = rng.sample(words, len(words))
        rows.append({"prompt": "Say it.", "task": "say", "reference": " ".join(words), "response": " ".join(said)})
    rows += [{**row, "responses": [f"It is {row.get('reference', 'x')}.", "I do not know", ""]} for row in mixed_rows()]
    return [{**row, "id": f"row{i}"} for i, row in enumerate(rows)]


def by_id(scores: list[dict]) -> dict:
    return {
        (line["id"], line["response_index"]): json.dumps([line.get(key) for key in KEPT], sort_keys=True)
        for line in scores
    }


def test_the_same_rows_get_the_same_values(library, tmp_path):
    rows = make_rows()
    shuffled = random.Random(9).sample(rows, len(rows))
    version = (library / "CURRENT").read_text().strip()
    pinned = ("--library", library, "--library-version", version)

    def by_file(some: list[dict], threads: int) -> dict:
        return by_id(lines(run("score", *pinned, "--threads", threads, input=jsonl(some), check=None).stdout))

    first = by_file(rows, 1)
    assert len(first) == 80 + 3 * len(mixed_rows())
    assert any('"failed"' in text for text in first.values()) and any('"ok", 1' in text for text in first.values())
    others = {"eight threads": by_file(rows, 8), "another order": by_file(shuffled, 8), "again": by_file(rows, 1)}
    for name, options in {"kept": (), "not kept": ("--cache-mb", "0"), "one runner": ("--runners", "1")}.items():
        with serve("--library", library, *options) as server:  # each a cold restart
            body = {"rows": shuffled, "library_version": version}
            others[name] = by_id(server.request("/v1/score", body)[1]["results"])
            others[name + ", again"] = by_id(server.request("/v1/score", {**body, "rows": rows})[1]["results"])
    for name, scores in others.items():
        different = [(key, first[key], scores.get(key)) for key in first if scores.get(key) != first[key]]
        assert scores == first, (name, different[:3])
    in_process = rlar.Engine(str(library), version).score(rows)
    values = {key: json.loads(text)[:2] for key, text in first.items()}
    assert {(score.id, score.response_index): [score.status, score.value] for score in in_process} == values
