"""rlar build, route, report, tools add: the library's life."""

import json
import signal
import subprocess
import time

import pytest
from support import RLAR, jsonl, lines, mixed_rows, run, validator


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    data = folder / "train.jsonl"
    data.write_text(jsonl(mixed_rows()))
    done = run("build", data, "--out", folder / "lib")
    return folder, data, done.stdout.decode()


def test_build_serves_what_rules_can_and_says_what_the_rest_needs(built):
    folder, data, text = built
    report = json.loads(run("report", folder / "lib", "--json").stdout)
    validator("report").validate(report)
    assert report["rows"] == {"total": 36, "served": 30, "unserved": 6, "invalid": 0}
    missing = [task["missing"] for task in report["tasks"] if task["route"] is None]
    assert len(missing) == 1 and "reward model" in missing[0]
    unserved = lines((folder / "lib" / "unserved.jsonl").read_bytes())
    assert [line["id"] for line in unserved] == [f"story{i}" for i in range(6)]
    for line in unserved:
        validator("unserved_line").validate(line)
    assert "30 served" in text
    version = report["library_version"]
    manifest = json.loads((folder / "lib" / "versions" / f"{version}.json").read_text())
    validator("library").validate(manifest)
    for line in lines((folder / "lib" / "journal.jsonl").read_bytes()):
        validator("journal_entry").validate(line)
    assert (folder / "lib" / "VERSION").read_text() == "1\n"


def test_routed_scores(built):
    folder, data, _ = built
    done = run("score", "--library", folder / "lib", input=jsonl(mixed_rows(responses=True)), check=1)
    got = lines(done.stdout)
    check = validator("score_line")
    for line in got:
        check.validate(line)
    served = [line for line in got if not str(line["id"]).startswith("story")]
    assert [line["value"] for line in served] == [1, 0] * 30
    assert all(line["route"] and line["library_version"] for line in served)
    story = [line for line in got if str(line["id"]).startswith("story")]
    assert {(line["status"], line["class"]) for line in story} == {("failed", "unserved")}


def test_route_explains_every_row(built):
    folder, data, _ = built
    got = lines(run("route", "--library", folder / "lib", data).stdout)
    check = validator("route_line")
    for line in got:
        check.validate(line)
    assert len(got) == 36 and all(line["why"] for line in got)


def test_the_same_data_gives_the_same_version(built, tmp_path):
    folder, data, _ = built
    rows = data.read_text().splitlines()
    shuffled = tmp_path / "train.jsonl"
    shuffled.write_text("\n".join(sorted(rows)) + "\n")
    run("build", shuffled, "--out", tmp_path / "other")
    assert (tmp_path / "other" / "CURRENT").read_text() == (folder / "lib" / "CURRENT").read_text()


def test_a_killed_build_goes_on_where_it_was(built, tmp_path):
    folder, data, _ = built
    process = subprocess.Popen(
        [RLAR, "build", data, "--out", tmp_path / "lib"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    run("build", data, "--out", tmp_path / "lib")
    assert (tmp_path / "lib" / "CURRENT").read_text() == (folder / "lib" / "CURRENT").read_text()
    before = (tmp_path / "lib" / "build" / "evidence.jsonl").read_text()
    run("build", data, "--out", tmp_path / "lib")
    assert (tmp_path / "lib" / "build" / "evidence.jsonl").read_text() == before, "a second build tried tools again"


def test_html_report_is_one_page_without_links_outside(built, tmp_path):
    folder, _, _ = built
    run("report", folder / "lib", "--html", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert (
        page.startswith("<!doctype html>")
        and "http://" not in page
        and "https://" not in page
        and "<script" not in page
    )


def test_pinned_route_overrides_and_survives_a_build(built, tmp_path):
    _, data, _ = built
    run("build", data, "--out", tmp_path / "lib")
    report = json.loads(run("report", tmp_path / "lib", "--json").stdout)
    task = next(task["task"] for task in report["tasks"] if task["route"] and "capital" in task["task"])
    run("route", "set", task, "exact_match", "--library", tmp_path / "lib", "--why", "short answers only")
    run("build", data, "--out", tmp_path / "lib")
    row = {
        "prompt": "Which city is the capital of Peru?",
        "reference": "Lima",
        "responses": ["Lima", "The answer is Lima."],
    }
    got = lines(run("score", "--library", tmp_path / "lib", input=jsonl([row])).stdout)
    assert [line["value"] for line in got] == [1, 0]
    assert run("route", "set", task, "exact_mach", "--library", tmp_path / "lib", check=2).stderr.count(b"\n") == 1


def test_an_older_version_can_be_named(built, tmp_path):
    _, data, _ = built
    run("build", data, "--out", tmp_path / "lib")
    old = (tmp_path / "lib" / "CURRENT").read_text().strip()
    run("route", "set", "anything", "exact_match", "--library", tmp_path / "lib")
    row = jsonl([{"prompt": "What is 2 + 2? Give the number.", "reference": "4", "response": "4"}])
    (line,) = lines(run("score", "--library", tmp_path / "lib", "--library-version", old, input=row).stdout)
    assert line["library_version"] == old
    run("score", "--library", tmp_path / "lib", "--library-version", "0" * 16, input=row, check=2)


def test_settings_are_checked(built, tmp_path):
    _, data, _ = built
    run("build", data, "--out", tmp_path / "lib")
    (tmp_path / "lib" / "settings.toml").write_text("[gate]\nmin_accpt = 0.5\n")
    assert b"min_accpt" in run("build", data, "--out", tmp_path / "lib", check=2).stderr
    (tmp_path / "lib" / "settings.toml").write_text("[gate]\nmin_pairs = 1.1\n")
    few = tmp_path / "few.jsonl"
    few.write_text("".join(data.read_text().splitlines(keepends=True)[:8]))
    run("build", few, "--out", tmp_path / "lib")
    assert json.loads(run("report", tmp_path / "lib", "--json").stdout)["rows"]["served"] == 0


VERL = '''
"""The last word, if it is the answer."""
def compute_score(data_source, solution_str, ground_truth, extra_info=None):
    "Right if the last word is the answer."
    if "</think>" in solution_str:
        solution_str = solution_str.split("</think>")[-1]
    elif "<think>" in solution_str:
        return 0.0
    words = solution_str.replace("{", " ").replace("<answer>", " ").replace("</answer>", " ").split()
    print("a line that must not be read as an answer")
    last = words[-1].strip(".*$}").lower() if words else ""
    return {"score": float(last == ground_truth.lower() and "not" not in words and "or" not in words), "extra": 1}
def always(completions, **columns):
    return [1.0] * len(completions)
def sleeps(queries, prompts, labels):
    import time
    time.sleep(60)
def big(completions, answer, **columns):
    return [10.0 * (c == a) for c, a in zip(completions, answer)]
def raises(data_source, solution_str, ground_truth, extra_info=None):
    raise ValueError("no")
'''


def test_users_own_function_goes_through_the_gate(built, tmp_path):
    _, data, _ = built
    source = tmp_path / "mine.py"
    source.write_text(VERL)
    lib = tmp_path / "lib"
    admitted = json.loads(
        run("tools", "add", f"{source}:compute_score", "--library", lib, "--data", data, "--json").stdout
    )
    validator("admission").validate(admitted)
    assert admitted["admitted"]
    refused = json.loads(
        run("tools", "add", f"{source}:always", "--library", lib, "--data", data, "--json", check=1).stdout
    )
    assert not refused["admitted"] and refused["failed_probes"]
    run(
        "tools",
        "add",
        f"{source}:sleeps",
        "--library",
        lib,
        "--data",
        data,
        "--timeout-ms",
        "200",
        check=1,
        timeout=300,
    )
    run("tools", "add", f"{source}:raises", "--library", lib, "--data", data, check=1)
    cards = {card["name"]: card for card in json.loads(run("tools", "--library", lib, "--json").stdout)}
    assert cards["compute_score"]["isolation"] == "child_process"
    listed = json.loads(run("tools", "--library", lib, "--json", "--refused").stdout)
    assert {card["name"] for card in listed} == {"always", "sleeps", "raises"}

    row = jsonl([{"prompt": "2+2?", "reference": "4", "responses": ["it is 4", "it is 5"]}])
    got = lines(run("score", "--library", lib, "--tool", "compute_score", input=row).stdout)
    assert [line["value"] for line in got] == [1, 0] and got[0]["isolation"] == "child_process"

    source.write_text(VERL + "\n# changed")
    (line, _) = lines(run("score", "--library", lib, "--tool", "compute_score", input=row, check=1).stdout)
    assert (line["status"], line["class"]) == ("failed", "unavailable") and "changed" in line["reason"]


def test_a_functions_value_outside_its_range_is_a_failure(tmp_path, built):
    _, data, _ = built
    source = tmp_path / "mine.py"
    source.write_text(VERL)
    lib = tmp_path / "lib"
    (tmp_path / "few.jsonl").write_text(jsonl(mixed_rows()[:20]))
    run("tools", "add", f"{source}:big", "--library", lib, "--data", data, check=1)
    assert (
        run("tools", "add", f"{source}:bg", "--library", lib, "--data", data, check=2).stderr.count(b"did you mean")
        == 1
    )
    assert (
        b"--form"
        in run("tools", "add", f"{source}:big", "--form", "tlr", "--library", lib, "--data", data, check=2).stderr
    )
