"""rlar label and rlar build --labels: what a person's few answers change."""

import json

from support import jsonl, lines, mixed_rows, run


def library(folder, rows, *options):
    data = folder / "rows.jsonl"
    data.write_text(jsonl(rows))
    run("build", data, "--out", folder / "lib", "--quiet", *options)
    return folder / "lib"


def with_disputed_responses():
    rows = mixed_rows()
    for row in rows:
        reference = row.get("reference", "x")
        row["responses"] = [reference, f"It is {reference}, as everybody knows.", "I cannot tell"]
    return rows


def test_questions_are_asked_answered_and_used(tmp_path):
    rows = with_disputed_responses()
    lib = library(tmp_path, rows)
    questions = lines(run("label", tmp_path / "rows.jsonl", "--library", lib, "--count", "6").stdout)
    assert 1 <= len(questions) <= 6
    assert all(question["labels"] == [None] and len(question["responses"]) == 1 for question in questions)
    assert all(" says 1" in question["votes"] and " says 0" in question["votes"] for question in questions)
    assert len({question["id"] for question in questions}) == len(questions)

    for question in questions:
        question["labels"] = [True]
    answers = tmp_path / "answers.jsonl"
    answers.write_text(jsonl(questions + [{**questions[0], "labels": [None]}]))
    said = run("label", "--library", lib, "--answers", answers).stdout.decode()
    assert f"{len(questions)} of {len(questions) + 1} rows carry a label" in said
    assert len((lib / "labels.jsonl").read_text().splitlines()) == len(questions)

    run("build", tmp_path / "rows.jsonl", "--out", lib, "--quiet")
    report = json.loads(run("report", lib, "--json").stdout)
    counted = [
        trial["evidence"]["labels"]["n"]
        for task in report["tasks"]
        for trial in task["trials"]
        if "labels" in trial["evidence"]
    ]
    assert counted and max(counted) <= len(questions)


def test_answers_at_the_prompt(tmp_path):
    lib = library(tmp_path, with_disputed_responses())
    done = run("label", tmp_path / "rows.jsonl", "--library", lib, "--ask", "--count", "3", input="y\nwhat\nn\nq\n")
    assert done.stdout.count(b"Is it right?") == 3 and b"y, n, s or q:" in done.stdout
    assert [row["labels"] for row in lines((lib / "labels.jsonl").read_bytes())] == [[True], [False]]


def test_a_tool_that_people_contradict_is_refused(tmp_path):
    rows = mixed_rows()
    labelled = [
        {**row, "responses": [row["reference"], "certainly not"], "labels": [0, 1]}
        for row in rows
        if row["id"].startswith("sum")
    ]
    (tmp_path / "labels.jsonl").write_text(jsonl(labelled))
    lib = library(tmp_path, rows, "--labels", tmp_path / "labels.jsonl")
    report = json.loads(run("report", lib, "--json").stdout)
    sums = next(task for task in report["tasks"] if task["rows"] == 20)
    assert sums["route"] is None
    assert any("labelled responses" in trial["why"] for trial in sums["trials"])
    assert sum(task["route"] is not None for task in report["tasks"]) == 1  # the capitals are served still


def test_bad_labels_are_named(tmp_path):
    lib = library(tmp_path, mixed_rows())
    row = {"prompt": "p", "reference": "r", "responses": ["a", "b"]}
    for labels, word in [([1], b"1 labels for 2 responses"), ([1, 7], b"holds 7"), ("x", b"must be a list")]:
        bad = tmp_path / "bad.jsonl"
        bad.write_text(jsonl([{**row, "labels": labels}]))
        for command in (["label", "--library", lib, "--answers", bad], ["route", "learn", bad, "--library", lib]):
            done = run(*command, check=2)
            assert word in done.stderr and b"line 1" in done.stderr, done.stderr


def test_route_learn_says_how_many_labels_it_needs(tmp_path):
    rows = with_disputed_responses()
    lib = library(tmp_path, rows)
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text(jsonl([{**row, "labels": [1, 1, 0]} for row in rows if "reference" in row]))
    got = lines(run("route", "learn", labelled, "--library", lib, "--json").stdout)
    outcomes = {line["queries"]: line["outcome"] for line in got}
    assert outcomes[20] in ("kept", "switched") and outcomes[10] == "too_few", got
