"""rlar build --rollouts: what the policy's own responses change about which tools are admitted."""

import json
import random

import pytest
from support import jsonl, lines, run


def shuffled_words(count=24):
    """Restore a sentence: one answer is right, word for word; likeness is no measure."""
    rng = random.Random(9)
    words = "red blue green tall small old new river stone house bird tree fox lamp".split()
    rows = []
    for i in range(count):
        sentence = rng.sample(words, 9)
        rows.append(
            {
                "id": f"s{i}",
                "prompt": f"Write these words in the order of their numbers: {' '.join(f'{w}={k}' for k, w in sorted((w, k) for k, w in enumerate(sentence)))}",
                "reference": " ".join(sentence),
            }
        )
    return rows


def build(folder, rows, *options, check=0):
    (folder / "rows.jsonl").write_text(jsonl(rows))
    return run("build", folder / "rows.jsonl", "--out", folder / "lib", "--quiet", *options, check=check)


def near_miss(text):
    words = text.split()
    return " ".join([words[1], words[0], *words[2:]])


@pytest.fixture
def rollouts(tmp_path):
    path = tmp_path / "rollouts.jsonl"
    rows = [
        {"id": row["id"], "responses": [row["reference"], near_miss(row["reference"]), "no idea"]}
        for row in shuffled_words()
    ]
    path.write_text(jsonl(rows))
    return path


def test_likeness_is_no_measure_where_rollouts_give_the_reference_itself(tmp_path, rollouts):
    rows = shuffled_words()
    build(tmp_path, rows, "--rollouts", rollouts)
    asked = [{**row, "responses": [row["reference"], near_miss(row["reference"])]} for row in rows[:6]]
    got = lines(run("score", "--library", tmp_path / "lib", input=jsonl(asked), check=None).stdout)
    assert [line["value"] for line in got if line["status"] == "ok"] in ([1, 0] * 6, []), got
    report = json.loads(run("report", tmp_path / "lib", "--json").stdout)
    (task,) = report["tasks"]
    for trial in task["trials"]:
        if trial["tool"].split("@")[0] in ("chrf", "bleu", "rouge", "token_f1", "meteor", "ter"):
            assert not trial["admitted"], trial["tool"]


def test_rows_own_responses_are_rollouts_too(tmp_path):
    rows = [{**row, "responses": [row["reference"], near_miss(row["reference"])]} for row in shuffled_words()]
    build(tmp_path, rows)
    report = json.loads(run("report", tmp_path / "lib", "--json").stdout)
    (task,) = report["tasks"]
    assert not any(trial["admitted"] for trial in task["trials"] if trial["tool"].startswith("chrf"))


@pytest.mark.parametrize(
    ("line", "says"),
    [('{"responses": ["a"]}', "prompt"), ('{"id": "nobody", "responses": ["a"]}', "nobody"), ("{", "line 1")],
)
def test_bad_rollouts_are_named(tmp_path, line, says):
    (tmp_path / "bad.jsonl").write_text(line + "\n")
    done = build(tmp_path, shuffled_words(), "--rollouts", tmp_path / "bad.jsonl", check=2)
    assert says in done.stderr.decode(), done.stderr
