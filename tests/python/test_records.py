"""Records: every reward of the routes is kept before it is answered, survives a kill, and is replayed to the bit."""

import json
import os
import signal
import sqlite3
import subprocess
import threading
import time

import pytest
from support import RLAR, jsonl, lines, mixed_rows, run, serve


@pytest.fixture
def library(tmp_path):
    (tmp_path / "rows.jsonl").write_text(jsonl(mixed_rows()))
    run("build", tmp_path / "rows.jsonl", "--out", tmp_path / "lib", "--quiet")
    return tmp_path / "lib"


def answered(count=30):
    rows = [row for row in mixed_rows() if "reference" in row][:count]
    return [
        {**row, "responses": [f"The answer is {row['reference']}.", "no", f"maybe {row['reference']}"]} for row in rows
    ]


def table(path):
    with sqlite3.connect(path) as database:
        return database.execute("SELECT status, value, tool, task, library_version FROM rewards ORDER BY id").fetchall()


def test_what_was_answered_is_recorded_and_replays_the_same(library, tmp_path):
    records = tmp_path / "rewards.sqlite"
    with serve("--library", library, "--records", records) as server:
        got = server.request("/v1/score", {"rows": answered()})[1]["results"]
        server.request("/v1/score", {"rows": answered(3)})  # texts stand in the file once
    kept = table(records)
    assert [(line["status"], line["value"]) for line in got] == [row[:2] for row in kept[: len(got)]]
    assert len(kept) == 30 * 3 + 9 and all(row[4] == got[0]["library_version"] for row in kept)
    with sqlite3.connect(records) as database:
        assert database.execute("SELECT count(*) FROM queries").fetchone() == (30,)
    done = run("replay", records, "--library", library)
    assert done.stdout.decode().startswith("99 rewards, 0 changed")
    (first, *_) = lines(run("replay", records, "--library", library, "--json").stdout)
    assert first["same"] and first["before"]["value"] == 1


def test_diff_says_what_changed_and_for_whom(library, tmp_path):
    records = tmp_path / "rewards.sqlite"
    with serve("--library", library, "--records", records) as server:
        got = server.request("/v1/score", {"rows": answered()})[1]["results"]
    old = got[0]["library_version"]
    task = next(line["route"].split("@")[0] for line in got if line["tool"].startswith("number_equal"))
    run("route", "set", task, "length_window", "--params", '{"min": 1, "unit": "chars"}', "--library", library)
    text = run("diff", records, "--library", library, "--from", old, check=1).stdout.decode()
    changed = next(line for line in text.splitlines() if task in line)
    assert "60 rewards" in changed and any(f" {count} changed" in changed for count in (20, 40)), text
    assert all(" 0 changed" in line for line in text.splitlines()[1:] if task not in line), text
    # The version of that time gives what it gave.
    assert (
        "0 changed"
        in run("replay", records, "--library", library, "--library-version", old).stdout.decode().splitlines()[0]
    )


def test_a_version_of_last_month_gives_the_same_to_the_bit(library, tmp_path):
    """Every route changed many times since, the files are forty days old and lie elsewhere: nothing of a version depends on when or where."""
    records = tmp_path / "rewards.sqlite"
    with serve("--library", library, "--records", records) as server:
        got = server.request("/v1/score", {"rows": answered()})[1]["results"]
    old = got[0]["library_version"]
    for least in (1, 5, 9):
        for task in sorted({line["route"].split("@")[0] for line in got if line["status"] == "ok"}):
            params = json.dumps({"min": least, "unit": "chars"})
            run("route", "set", task, "length_window", "--params", params, "--library", library)
    run("calibrate", tmp_path / "rows.jsonl", "--library", library, check=None)
    long_ago = time.time() - 40 * 86_400
    for path in [library, *library.rglob("*"), records]:
        os.utime(path, (long_ago, long_ago))
    moved = library.rename(tmp_path / "elsewhere")
    now = run("replay", records, "--library", moved, check=None).stdout.decode().splitlines()[0]
    assert " 0 changed" not in now, now
    done = lines(run("replay", records, "--library", moved, "--library-version", old, "--json").stdout)
    assert len(done) == 90 and all(line["same"] for line in done)
    assert [line["after"]["value"] for line in done] == [line["value"] for line in got]


def test_killed_at_any_moment_no_answered_reward_is_lost(library, tmp_path):
    records = tmp_path / "rewards.sqlite"
    rows, answers = answered(), []
    for round_number in range(4):
        process = subprocess.Popen(
            [RLAR, "serve", "--listen", "127.0.0.1:0", "--library", library, "--records", records],
            stderr=subprocess.PIPE,
        )
        url = process.stderr.readline().decode().split("http://")[1].split(",")[0].strip()
        stop = threading.Event()

        def ask(worker, stop=stop, url=url, round_number=round_number):
            import http.client

            n = 0
            while not stop.is_set():
                row = {**rows[n % len(rows)], "id": f"{round_number}-{worker}-{n}"}
                connection = http.client.HTTPConnection(url, timeout=5)
                try:
                    connection.request("POST", "/v1/score", json.dumps({"rows": [row]}))
                    reply = json.loads(connection.getresponse().read())
                except (OSError, ValueError, http.client.HTTPException):
                    return
                answers.append((row["id"], [line["value"] for line in reply["results"]]))
                n += 1

        threads = [threading.Thread(target=ask, args=(worker,)) for worker in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(0.4 + 0.1 * round_number)
        process.send_signal(signal.SIGKILL)
        process.wait()
        stop.set()
        for thread in threads:
            thread.join()
        process.stderr.close()
    with sqlite3.connect(records) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept: dict[str, list] = {}
        for row, value in database.execute(
            "SELECT q.row, r.value FROM rewards r JOIN queries q ON q.hash = r.query ORDER BY r.id"
        ):
            kept.setdefault(json.loads(row)["id"], []).append(value)
    assert len(answers) > 100
    lost = [name for name, values in answers if kept.get(name) != values]
    assert not lost, lost[:5]


def test_the_file_stays_bounded(library, tmp_path):
    records = tmp_path / "rewards.sqlite"
    with serve("--library", library, "--records", records, "--records-max-mb", "2") as server:
        for part in range(14):
            rows = [
                {"prompt": f"What is {i} + {part}?", "reference": str(i), "response": "x" * 600} for i in range(700)
            ]
            server.request("/v1/score", {"rows": rows})
    assert 100 < len(table(records)) < 14 * 700
    assert records.stat().st_size < 9e6


def test_what_is_no_file_of_records_is_said(library, tmp_path):
    (tmp_path / "text").write_text("not a database, but long enough to look at. " * 50)
    for command in (
        ["replay", tmp_path / "text", "--library", library],
        ["replay", tmp_path / "nothing", "--library", library],
    ):
        assert run(*command, check=2).stderr.count(b"\n") == 1
    assert run("serve", "--library", library, "--records", tmp_path / "text", check=2).stderr.count(b"records") >= 1
