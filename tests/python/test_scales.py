"""Rewards of a task before and after a change of its tool: on one scale, or marked, for people and for trainers' loggers."""

import json

from rlar.diagnostics import Names, batch_metrics, sample_keys
from rlar.rows import Sample
from rlar.score import Score
from support import jsonl, lines, run, serve, validator
from test_evolve import build, eventually, score
from test_extend import palindromes, report


def sums(count):
    return [
        {"id": f"s{i}", "prompt": f"How much is {i} and {2 * i} together?", "reference": str(3 * i), "task": "sum"}
        for i in range(2, count + 2)
    ]


def test_a_follower_sees_which_rewards_moved(tmp_path):
    library = tmp_path / "lib"
    run("route", "set", "capital", "contains", "--library", library)
    run("route", "set", "sum", "number_equal", "--library", library)
    rows = [
        {"prompt": "Capital of Norway?", "reference": "Oslo", "task": "capital", "response": "Oslo"},
        {"prompt": "2 + 2?", "reference": "4", "task": "sum", "response": "4"},
    ]
    with serve("--library", library, "--follow", "--tick-ms", "50") as server:
        before = score(server, rows)
        names = Names.of_status(server.request("/v1/status")[1])
        assert [line["scale"] for line in before] == [1, 1]
        run("route", "set", "capital", "exact_match", "--library", library)
        after = eventually(lambda: [new for new in [score(server, rows)] if new[0]["scale"] != 1])[0]
        assert [line["scale"] for line in after] == [2, 1]
        status = server.request("/v1/status")[1]
        validator("status").validate(status)
        by_task = {route["task"]: route for route in status["routes"]}
        assert by_task["capital"]["scale_change"] == "changed" and by_task["sum"]["scale_change"] == "same"
        assert by_task["capital"]["scale_why"] == "contains@1 → exact_match@2", by_task
        assert [mark["task"] for mark in status["versions"][0]["scales"]] == ["capital"]
        for line in [*before, *after]:
            validator("score_line").validate(line)
        logged = server.request(
            "/get_reward", {"query": ["2 + 2?4"], "prompts": ["2 + 2?"], "labels": [{"reference": "4", "task": "sum"}]}
        )[1]
        assert logged["extra_logs"]["rlar_scale"] == [1]
        run("rollback", "--library", library)
        eventually(lambda: score(server, rows)[0]["scale"] == 1)
    told = run("versions", "--library", library).stdout.decode()
    assert "'capital' is on another scale: contains@1 → exact_match@2" in told, told
    for line in lines((library / "journal.jsonl").read_bytes()):
        validator("journal_entry").validate(line)

    keys = [sample_keys(names, Score.from_line(line), line["value"], 0.0, 0.0) for line in [*before, *after]]
    assert len({tuple(row) for row in keys}) == 1
    assert [row["rlar/scale/capital"] for row in keys] == [1, 0, 2, 0]
    assert [row["rlar_scale"] for row in keys] == [1, 1, 2, 1]
    samples = [Sample({"prompt": row["prompt"]}, {"text": row["response"]}) for row in rows]
    metrics = [
        batch_metrics(names, samples, [Score.from_line(line) for line in batch], [[0], [1]], 0.0)
        for batch in (before, after)
    ]
    assert [batch["task/capital/scale"] for batch in metrics] == [1, 2]
    assert [batch["task/sum/scale"] for batch in metrics] == [1, 1]


def test_the_probes_say_what_a_change_did(tmp_path):
    """A route that was loosened by hand is built anew: the same probes, judged by both, stand beside the mark."""
    library = build(tmp_path, sums(30))
    manifest = json.loads((library / "versions" / f"{(library / 'CURRENT').read_text().strip()}.json").read_text())
    (task,) = [entry["name"] for entry in manifest["tasks"]]
    run("route", "set", task, "contains", "--library", library)
    run(
        "tools",
        "quarantine",
        "contains",
        "--task",
        task,
        "--why",
        "it can be pleased by naming more",
        "--library",
        library,
    )
    (tmp_path / "more.jsonl").write_text(jsonl(sums(30)))
    run("build", tmp_path / "more.jsonl", "--library", library, "--out", library, "--quiet")
    (entry,) = report(library)["tasks"]
    validator("report").validate(report(library))
    change = entry["scale"]
    assert change["scale"] == "changed" and change["why"].startswith("contains@"), change
    probes = change["probes"]
    assert probes["responses"] > 100 and 0.5 < probes["order"] < 1, probes
    (still, accepted), (newly, refused) = probes["still_accepted"], probes["newly_accepted"]
    assert 0 < still < accepted and 0 < newly < refused and accepted + refused == probes["responses"], probes
    assert (
        probes["before"] == accepted / probes["responses"] and probes["after"] == (still + newly) / probes["responses"]
    )
    text = run("report", library).stdout.decode()
    assert f"rewards of '{task}' are on another scale than before: contains@" in text, text


def test_a_build_that_changes_nothing_marks_nothing(tmp_path):
    rows = sums(30)
    library = build(tmp_path, rows)
    (tmp_path / "more.jsonl").write_text(jsonl([*rows, *palindromes(30)]))
    run("build", tmp_path / "more.jsonl", "--library", library, "--out", library, "--quiet")
    last = lines((library / "journal.jsonl").read_bytes())[-1]
    assert [mark["scale"] for mark in last["scales"]] == ["new"], last
