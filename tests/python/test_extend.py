"""rlar build --library OLD builds only what is new or sick; tools quarantine | restore take a tool out of use and back."""

import json
import random

import pytest
from chat_server import Chat
from support import jsonl, lines, mixed_rows, run, validator
from test_agents import answer, environment, expression_rows


def build(folder, rows, *options, **more):
    data = folder / "rows.jsonl"
    data.write_text(jsonl(rows))
    done = run("build", data, *options, "--quiet", env=environment(), **more)
    return done.stdout.decode()


def report(library):
    return json.loads(run("report", library, "--json").stdout)


def routes(library):
    return {task["task"]: task["route"] for task in report(library)["tasks"]}


def palindromes(count):
    """A task that no other row of these tests looks like: is this word a palindrome?"""
    rng = random.Random(3)
    rows = []
    for i in range(count):
        half = "".join(rng.choice("abcdefgh") for _ in range(4))
        word = half + half[::-1] if i % 2 else half + half
        rows.append(
            {
                "id": f"p{i}",
                "prompt": f"Decide whether the word '{word}' reads alike from both ends. Reply true or false.",
                "reference": str(word == word[::-1]).lower(),
            }
        )
    return rows


def changed(rows, every):
    """The same rows, with another content in each `every`-th sum."""
    rows = json.loads(json.dumps(rows))
    for i, row in enumerate(rows):
        if i % every == 0 and row["id"].startswith("sum"):
            row["prompt"] = f"What is {900 + i} + {i}? Give the number."
            row["reference"] = str(900 + 2 * i)
    return rows


def test_only_what_is_new_is_built(tmp_path):
    rows = mixed_rows() + expression_rows()
    old, new = tmp_path / "old", tmp_path / "new"
    with Chat(answer) as chat:
        build(tmp_path, rows, "--out", old, "--llm", chat.url, "--llm-model", "m")
        first = len(chat.calls)
        assert first > 0
        before = routes(old)

        # The same data, and data with a few rows changed, through another directory (so no record is at hand): no call at all.
        build(tmp_path, changed(rows, 7), "--library", old, "--out", new, "--llm", chat.url, "--llm-model", "m")
        assert len(chat.calls) == first
        assert routes(new) == before
        assert all(task.get("kept") for task in report(new)["tasks"])

        # A new kind of row: asked about and built; everything else keeps its version.
        build(tmp_path, rows + palindromes(16), "--library", new, "--out", new, "--llm", chat.url, "--llm-model", "m")
        assert first < len(chat.calls) <= first + 4
    after = routes(new)
    assert {name: after[name] for name in before} == before
    (added,) = set(after) - set(before)
    assert after[added] is not None
    validator("library").validate(json.loads((new / "versions" / f"{report(new)['library_version']}.json").read_text()))
    validator("report").validate(report(new))
    got = lines(
        run("score", "--library", new, input=jsonl([{**palindromes(2)[1], "response": "The answer is true."}])).stdout
    )
    assert got[0]["value"] == 1 and got[0]["route"].startswith(added)


def test_too_few_new_rows_wait_for_more(tmp_path):
    library = tmp_path / "lib"
    build(tmp_path, mixed_rows(), "--out", library)
    before = routes(library)
    build(tmp_path, mixed_rows() + palindromes(3), "--library", library, "--out", library)
    assert routes(library) == before
    build(tmp_path, mixed_rows() + palindromes(16), "--library", library, "--out", library)
    assert len(routes(library)) == len(before) + 1


def test_a_tool_that_no_longer_passes_is_replaced(tmp_path):
    """The references of a task change their form: the old tool refuses them, so its task is built anew."""
    library = tmp_path / "lib"
    build(tmp_path, mixed_rows(), "--out", library)
    before = routes(library)
    rows = mixed_rows()
    for row in rows:
        if row["id"].startswith("sum"):
            row["reference"] = f"\\frac{{{2 * int(row['reference'])}}}{{2}}"
    build(tmp_path, rows, "--library", library, "--out", library)
    after = routes(library)
    line = lines(run("score", "--library", library, input=jsonl([{**rows[0], "response": "It is 8."}])).stdout)[0]
    assert line["value"] == 1, line
    assert {k: v for k, v in after.items() if k in before} != {} and before != after


def test_quarantine_takes_a_tool_out_and_restore_brings_it_back(tmp_path):
    library = tmp_path / "lib"
    rows = mixed_rows(responses=True)
    build(tmp_path, rows, "--out", library)
    tasks = routes(library)
    task, route = next((name, route) for name, route in tasks.items() if route and "number" in name)
    tool, counted = route["parts"][0]["tool"].split("@")[0], report(library)["rows"]
    row = jsonl([rows[0]])
    (ok, _) = lines(run("score", "--library", library, input=row).stdout)
    assert ok["value"] == 1

    run("tools", "quarantine", tool, "--library", library, "--task", task, "--why", "it took a date for a number")
    (line, _) = lines(run("score", "--library", library, input=row, check=1).stdout)
    assert (line["status"], line["class"]) == ("failed", "unserved")
    again = run("tools", "quarantine", tool, "--library", library, "--task", task, "--why", "x", check=2)
    assert b"in quarantine already: it took a date for a number" in again.stderr
    manifest = json.loads((library / "versions" / f"{line['library_version']}.json").read_text())
    validator("library").validate(manifest)
    assert [entry["why"] for entry in manifest["quarantine"]] == ["it took a date for a number"]

    # The report goes on from the one before: what was tried stays to be read.
    edited = report(library)
    validator("report").validate(edited)
    (entry,) = [entry for entry in edited["tasks"] if entry["task"] == task]
    assert edited["library_version"] == line["library_version"] and entry["route"] is None and entry["trials"]
    assert "it took a date for a number" in entry["missing"] and entry["scale"]["scale"] == "gone"
    assert edited["rows"]["unserved"] == counted["unserved"] + entry["rows"]

    # A build replaces it by another tool and leaves the quarantined one alone.
    build(tmp_path, rows, "--library", library, "--out", library)
    replaced = routes(library)[task]
    assert replaced is not None and replaced["parts"][0]["tool"].split("@")[0] != tool

    run("tools", "restore", tool, "--library", library, "--task", "no such task", check=2)
    run("tools", "restore", tool, "--library", library, "--task", task)
    assert report(library)["rows"] == counted and routes(library)[task] is not None
    (line, _) = lines(run("score", "--library", library, input=row).stdout)
    assert line["value"] == 1


@pytest.mark.parametrize("missing", ["--why", "--library"])
def test_quarantine_says_what_is_missing(missing, tmp_path):
    given = {"--why": "x", "--library": tmp_path}
    del given[missing]
    done = run("tools", "quarantine", "exact_match", *(part for pair in given.items() for part in pair), check=None)
    assert done.returncode == 2 and missing.encode() in done.stderr
