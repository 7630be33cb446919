"""The library follows the data: new queries are gathered, built for and served without a restart; sick tools go; versions come back."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

from chat_server import Chat
from support import RLAR, jsonl, lines, mixed_rows, run, serve, validator
from test_agents import answer, one_call_at_once
from test_extend import palindromes, report, routes


def build(folder, rows):
    (folder / "rows.jsonl").write_text(jsonl(rows))
    run("build", folder / "rows.jsonl", "--out", folder / "lib", "--quiet")
    return folder / "lib"


def eventually(check, seconds=20):
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def score(server, rows):
    return server.request("/v1/score", {"rows": rows})[1]["results"]


def answered(rows):
    return [{**row, "responses": [f"The answer is {row['reference']}.", "no idea"]} for row in rows]


def test_new_queries_are_served_without_a_restart(tmp_path):
    old_rows = [row for row in mixed_rows() if "reference" in row]
    library = build(tmp_path, old_rows)
    before = routes(library)
    new_rows = answered(palindromes(40))
    with serve("--library", library, "--gather", "--follow", "--tick-ms", "100") as server:
        first = server.request("/health")[1]["library_version"]
        for row in answered(old_rows):
            assert score(server, [row])[0]["value"] == 1
        for row in new_rows[:20]:
            score(server, [row])
        status = server.request("/v1/status")[1]
        validator("status").validate(status)
        eventually(lambda: (library / "evolve" / "gathered.jsonl").exists())
        time.sleep(0.3)
        gathered = lines((library / "evolve" / "gathered.jsonl").read_bytes())
        assert {row["id"] for row in gathered} <= {row["id"] for row in new_rows}, gathered

        told = run("evolve", "--library", library).stdout.decode()
        assert "now served:" in told and "(new)" in told, told
        eventually(lambda: server.request("/health")[1]["library_version"] != first)
        for line in (line for row in new_rows[20:] for line in score(server, [row])[:1]):
            assert line["status"] == "ok" and line["value"] == 1, line
        for row in answered(old_rows):
            assert score(server, [row])[0]["value"] == 1
    after = routes(library)
    assert {name: after[name] for name in before} == before and len(after) == len(before) + 1
    # Nothing waits; a further round does nothing.
    assert "(new)" not in run("evolve", "--library", library).stdout.decode()


def test_a_group_is_scored_with_one_version_while_versions_come_and_go(tmp_path):
    library = build(tmp_path, mixed_rows())
    first = (library / "CURRENT").read_text().strip()
    run("route", "set", "anything", "exact_match", "--library", library)
    versions = [first, (library / "CURRENT").read_text().strip()]
    rows = [{**row, "responses": [row["reference"], "no"] * 4} for row in mixed_rows() if "reference" in row]
    seen = []
    with serve("--library", library, "--follow", "--tick-ms", "20") as server:

        def seen_all():
            lines = score(server, rows)
            groups = [lines[i : i + 8] for i in range(0, len(lines), 8)]
            assert all(len({line["library_version"] for line in group}) == 1 for group in groups)
            seen.extend(group[0]["library_version"] for group in groups)

        for turn in range(6):
            publisher = subprocess.Popen(
                [RLAR, "rollback", versions[turn % 2], "--library", library], stdout=subprocess.DEVNULL
            )
            while publisher.poll() is None:
                seen_all()
            assert publisher.returncode == 0
            eventually(lambda turn=turn: (seen_all(), seen[-1] == versions[turn % 2])[1])
    assert set(seen) == set(versions)


def test_rows_that_a_tool_is_well_on_do_not_wait(tmp_path):
    """Worded unlike the task's rows, so that they are gathered; its tool gives them what it gave the others."""
    library = build(tmp_path, [row for row in mixed_rows() if "reference" in row])
    before = routes(library)
    rows = [
        {"prompt": f"What is {i} + {3 * i}? Give the number, and say no more than that.", "reference": str(4 * i)}
        for i in range(30, 50)
    ]
    (library / "evolve").mkdir()
    (library / "evolve" / "gathered.jsonl").write_text(jsonl(rows))
    told = run("evolve", "--library", library).stdout.decode()
    assert "0 rows wait" in told and routes(library) == before, told
    (library / "evolve" / "gathered.jsonl").write_text(jsonl(rows[:3]))
    assert "3 rows wait" in run("evolve", "--library", library).stdout.decode(), "three show nothing"


def test_versions_and_rollback(tmp_path):
    library = build(tmp_path, mixed_rows())
    first = (library / "CURRENT").read_text().strip()
    run("route", "set", "anything", "exact_match", "--library", library)
    second = (library / "CURRENT").read_text().strip()
    listed = run("versions", "--library", library).stdout.decode().splitlines()
    assert [line.split()[-1 if line[0] != "*" else 1] != "" for line in listed] == [True, True] and listed[
        -1
    ].startswith(f"* {second}")
    run("rollback", "--library", library)
    assert (library / "CURRENT").read_text().strip() == first
    assert "rolled back from " + second in run("versions", "--library", library).stdout.decode()
    run("rollback", second, "--library", library)
    assert (library / "CURRENT").read_text().strip() == second
    assert b"no version" in run("rollback", "0" * 16, "--library", library, check=2).stderr


def test_a_tool_that_fails_is_quarantined_by_evidence(tmp_path):
    """A user's function that passed the gate and now raises: alarmed with its reason, out of use after one round, and replaced."""
    source = tmp_path / "mine.py"
    source.write_text(
        "import os\n"
        "def mine(data_source, solution_str, ground_truth, extra_info=None):\n"
        f"    assert not os.path.exists({str(tmp_path / 'broken')!r}), 'the database is gone'\n"
        "    return float(solution_str.strip() == ground_truth)\n"
    )
    rows = [
        {"prompt": f"Say item {i} word by word", "reference": f"item number {i}", "task": "items"} for i in range(30)
    ]
    (tmp_path / "rows.jsonl").write_text(jsonl(rows))
    library = build(tmp_path, rows)
    run(
        "tools",
        "add",
        f"{source}:mine",
        "--form",
        "verl",
        "--library",
        library,
        "--data",
        tmp_path / "rows.jsonl",
        check=None,
    )
    manifest = json.loads((library / "versions" / f"{(library / 'CURRENT').read_text().strip()}.json").read_text())
    if not any(card["name"] == "mine" for card in manifest.get("tools", [])):
        source_card = [card for card in manifest["refused"] if card["name"] == "mine"]
        assert source_card, manifest
        manifest["tools"] = [*manifest.get("tools", []), {**source_card[0], "status": "admitted"}]
        manifest["refused"] = [card for card in manifest["refused"] if card["name"] != "mine"]
    publish(library, {**manifest, "routes": [mine_route(manifest)]})
    (tmp_path / "broken").touch()
    with serve("--library", library, "--gather", "--tick-ms", "100") as server:
        for row in rows[:20]:
            assert score(server, [{**row, "response": row["reference"]}])[0]["status"] == "failed"
        eventually(lambda: "failing" in json.dumps(server.request("/v1/status")[1]["alarms"]))
        assert "the database is gone" in json.dumps(server.request("/v1/status")[1]["alarms"])
        time.sleep(0.4)
    told = run("evolve", "--library", library).stdout.decode()
    assert "in quarantine for task 'items': 20 of 20 queries failed" in told, told
    line = lines(run("score", "--library", library, input=jsonl([{**rows[0], "response": "x"}]), check=1).stdout)[0]
    assert (line["status"], line["class"]) == ("failed", "unserved")


def test_a_gamed_route_is_noticed_by_its_second_tool_and_taken_out(tmp_path):
    """Honest answers at first; then a policy that has found out that naming one more city costs nothing with `contains`."""
    library = tmp_path / "lib"
    run("route", "set", "capital", "contains", "--second", "exact_match", "--library", library)
    group = capitals

    with serve("--library", library, "--gather", "--tick-ms", "50") as server:

        def alarms() -> list[dict]:
            return [a for a in server.request("/v1/status")[1]["alarms"] if a["kind"] == "gamed"]

        for i in range(0, 96, 8):
            assert all(line["status"] == "ok" for line in score(server, [group(i + k, "{}") for k in range(8)]))
            time.sleep(0.06)
        assert alarms() == []
        sent = 0
        while not alarms() and sent < 400:
            gamed = [group(sent + k, "{} Lyon") for k in range(8)]
            assert [line["value"] for line in score(server, gamed)] == [1, 0] * 8  # the reward says all is well
            sent += 8
            time.sleep(0.06)
        (alarm,) = alarms()
        assert (
            "exact_match@2 refuses" in alarm["says"] and " → " in alarm["cases"][0] and "Lyon" in alarm["cases"][0]
        ), alarm
        assert sent <= 64, sent
        for i in range(10):
            score(server, [group(i, "{} Lyon")])
            time.sleep(0.06)
        check = validator("status")
        check.validate(server.request("/v1/status")[1])
    told = run("evolve", "--library", library).stdout.decode()
    assert "contains@1 in quarantine for task 'capital': exact_match@2 refuses" in told, told
    line = lines(run("score", "--library", library, input=jsonl([group(0, "{}")]), check=1).stdout)[0]
    assert (line["status"], line["class"]) == ("failed", "unserved")


def mine_route(manifest):
    card = next(card for card in manifest["tools"] if card["name"] == "mine")
    return {"task": "items", "combine": "single", "parts": [{"tool": f"mine@{card['version']}"}], "why": "by the user"}


def publish(library, manifest):
    """Puts a manifest in force the way the program names its versions."""
    import hashlib

    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    version = hashlib.sha256(text.encode()).hexdigest()[:16]
    (library / "versions" / f"{version}.json").write_text(text + "\n")
    (library / "CURRENT").write_text(version + "\n")


def test_killed_at_any_moment_nothing_is_lost(tmp_path):
    library = build(tmp_path, [row for row in mixed_rows() if "reference" in row])
    before = routes(library)
    (library / "evolve").mkdir()
    (library / "evolve" / "gathered.jsonl").write_text(jsonl(palindromes(30)))
    rng = random.Random(11)
    for _ in range(12):
        process = subprocess.Popen(
            [RLAR, "evolve", "--library", str(library)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(rng.uniform(0.0, 0.25))
        process.send_signal(signal.SIGKILL)
        process.wait()
        run(
            "score",
            "--library",
            library,
            input=jsonl([{"prompt": "What is 2 + 6? Give the number.", "reference": "8", "response": "8"}]),
        )
    run("evolve", "--library", library)
    after = routes(library)
    assert {name: after[name] for name in before} == before and len(after) == len(before) + 1
    assert (library / "evolve" / "pending.jsonl").read_text() == ""


def evolvers(library):
    """Processes that evolve it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
            if b"evolve" in arguments and str(library).encode() in arguments:
                found.append(int(entry.name))
    return found


def test_a_server_may_evolve_by_itself(tmp_path, monkeypatch):
    library = build(tmp_path, [row for row in mixed_rows() if "reference" in row])
    new_rows = answered(palindromes(40))
    (tmp_path / "settings.toml").write_text("[evolve]\nevery = 1\n")
    with serve(
        "--evolve", "--follow", "--library", library, "--tick-ms", "100", first=("--config", tmp_path / "settings.toml")
    ) as server:
        version = server.request("/health")[1]["library_version"]
        for row in new_rows[:20]:
            score(server, [row])
        (child,) = eventually(lambda: evolvers(library))
        assert os.getpriority(os.PRIO_PROCESS, child) >= 10
        eventually(lambda: server.request("/health")[1]["library_version"] != version, 60)
        assert all(score(server, [row])[0]["value"] == 1 for row in new_rows[20:])
    assert not evolvers(library), "it ends with the server"


def test_a_killed_server_leaves_no_evolution_behind(tmp_path):
    library = build(tmp_path, mixed_rows())
    server = subprocess.Popen(
        [RLAR, "serve", "--evolve", "--library", library, "--listen", "127.0.0.1:0"], stderr=subprocess.DEVNULL
    )
    eventually(lambda: evolvers(library))
    server.kill()
    server.wait()
    eventually(lambda: not evolvers(library))


def test_an_evolution_that_cannot_start_leaves_the_server_alone(tmp_path, monkeypatch):
    library = build(tmp_path, mixed_rows())
    monkeypatch.setenv("RLAR_LLM", "replay:nonsense")
    with serve("--evolve", "--library", library) as server:
        eventually(lambda: not evolvers(library))
        assert score(server, answered(mixed_rows()[:1]))[0]["status"] == "ok"
    assert b"--library" in run("serve", "--evolve", check=2).stderr


def capitals(i: int, right: str) -> dict:
    cities = "Paris Rome Madrid Berlin Tokyo Nairobi Lima Santiago Cairo Oslo".split()
    city = cities[i % 10]
    responses = [right.format(city), cities[(i + 1) % 10]]
    return {"prompt": f"Capital of land {i}?", "reference": city, "task": "capital", "responses": responses}


def test_a_route_that_is_gamed_from_the_first_response_is_noticed(tmp_path):
    """What the second tool refuses of right answers was measured on rows, so that the first live responses are no measure."""
    library, data = tmp_path / "lib", tmp_path / "rows.jsonl"

    def group(i: int, *responses: str) -> dict:
        row = {"prompt": f"{i} + {i}?", "reference": str(2 * i), "task": "sum"}
        return {**row, "responses": [text.format(2 * i) for text in responses]} if responses else row

    data.write_text(jsonl([group(i) for i in range(10, 40)]))
    setting = ("route", "set", "sum", "contains", "--library", library, "--data", data)
    run(*setting, "--second", "number_equal")
    with serve("--library", library, "--gather", "--tick-ms", "50") as server:
        sent, alarms = 0, []
        while not alarms and sent < 200:
            score(server, [group(sent + k, "7 or {}", "it is seven") for k in range(8)])
            sent += 8
            time.sleep(0.06)
            alarms = [alarm for alarm in server.request("/v1/status")[1]["alarms"] if alarm["kind"] == "gamed"]
        (alarm,) = alarms
        assert "right ones of the build" in alarm["says"], alarm
        assert sent <= 64, sent
        for i in range(8):
            score(server, [group(sent + i * 8 + k, "7 or {}", "it is seven") for k in range(8)])
            time.sleep(0.06)
        validator("status").validate(server.request("/v1/status")[1])
    told = run("evolve", "--library", library).stdout.decode()
    assert "contains@1 in quarantine for task 'sum': number_equal@3 refuses" in told, told
    assert b"--second" in run(*setting, check=2).stderr
    assert b"it would tell nothing" in run(*setting, "--second", "exact_match", "--params", "{}", check=2).stderr
    other = ("route", "set", "x", "contains", "--library", library, "--data", data, "--second", "number_equal")
    assert b"holds no row of task 'x'" in run(*other, check=2).stderr


def test_what_is_built_is_tried_on_live_responses_first(tmp_path):
    library = build(tmp_path, [row for row in mixed_rows() if "reference" in row])
    with serve("--library", library, "--gather", "--tick-ms", "100") as server:
        for row in answered(palindromes(40)):
            score(server, [row])
        time.sleep(0.4)
    run("evolve", "--library", library)
    (task,) = [task for task in report(library)["tasks"] if not task.get("kept")]
    check = validator("evidence")
    for trial in task["trials"]:
        check.validate(trial["evidence"])
    (chosen,) = [trial for trial in task["trials"] if "live" in trial["evidence"]]
    live = chosen["evidence"]["live"]
    assert chosen["admitted"] and live["responses"] >= 24 and live["failed"] == 0, live
    assert (live["low"], live["high"]) == (0, 1), live


def evolution(library):
    return json.loads((library / "evolve" / "round.json").read_text())


def test_an_hours_budget_holds_over_restarts(tmp_path):
    library = build(tmp_path, [row for row in mixed_rows() if "reference" in row])
    (library / "evolve").mkdir()
    (library / "evolve" / "gathered.jsonl").write_text(jsonl(palindromes(30)))
    told = run("evolve", "--library", library, "--budget-per-hour", "minutes=0").stdout.decode()
    assert "held back: the budget of 0 minutes of processor time an hour is used up" in told and "30 rows wait" in told
    with serve("--library", library) as server:
        status = server.request("/v1/status")[1]
        validator("status").validate(status)
        assert "is used up" in status["evolution"]["refused"]
    # Another process finds what this one has spent.
    assert "(new)" in run("evolve", "--library", library, "--budget-per-hour", "minutes=5").stdout.decode()
    spent = evolution(library)["budget"]["spent"]["minutes"]
    assert 0 < spent < 5
    (library / "evolve" / "gathered.jsonl").write_text(
        jsonl([{**row, "prompt": f"Now {row['prompt']}"} for row in palindromes(30)])
    )
    told = run("evolve", "--library", library, "--budget-per-hour", f"minutes={spent / 2}").stdout.decode()
    assert "held back" in told, told
    assert evolution(library)["budget"]["spent"]["minutes"] >= spent
    for text in ("minutes=-1", "hours=1"):
        assert b"--budget-per-hour" in run("evolve", "--library", library, "--budget-per-hour", text, check=2).stderr


def doors(count):
    """Several answers can be right, so that nothing but a written check could serve these rows."""
    words = "amber birch cedar delta ember flint grove heath".split()
    return [
        {
            "id": f"d{i}",
            "prompt": f"Give a valid pass phrase for door {i}.",
            "reference": f"{words[i % 8]} {words[i // 4]}",
        }
        for i in range(count)
    ]


def test_what_the_hour_did_not_allow_to_ask_is_asked_later(tmp_path):
    library = build(tmp_path, [row for row in mixed_rows() if "reference" in row])
    (library / "evolve").mkdir()
    (library / "evolve" / "gathered.jsonl").write_text(jsonl(doors(30)))
    with Chat(answer) as chat:
        asking = ("evolve", "--library", library, "--llm", chat.url, "--llm-model", "m")
        told = run(*asking, "--budget-per-hour", "tokens=10").stdout.decode()
        assert "held back: the language model" in told and not chat.calls, told
        run(*asking, "--budget-per-hour", "tokens=1e6")
        assert chat.calls
        assert evolution(library)["budget"]["spent"]["tokens"] == 250 * len(chat.calls)


def test_a_round_stops_within_a_trial(tmp_path):
    library = build(tmp_path, [row for row in mixed_rows() if "reference" in row])
    first, rows = (library / "CURRENT").read_text(), []
    for i in range(30):
        tests = [f"assert f({n}) == {n + i}" for n in range(3)]
        answer = {"reference": f"def f(x):\n    return x + {i}", "params": {"tests": tests}}
        rows.append({"id": f"c{i}", "prompt": f"Write a Python function f that adds {i} to a number.", **answer})
    (library / "evolve").mkdir()
    (library / "evolve" / "gathered.jsonl").write_text(jsonl(rows))
    round_ = subprocess.Popen(
        [RLAR, "evolve", "--library", library],
        env={**os.environ, "RLAR_SANDBOX_REST": "100"},  # a trial takes minutes
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    time.sleep(2)
    round_.terminate()
    said = round_.communicate(timeout=30)[1].decode()
    assert round_.returncode == 1 and "within a trial" in said, said
    assert (library / "CURRENT").read_text() == first
    waiting = [path for path in (library / "evolve").iterdir() if path.suffix == ".jsonl"]
    assert {row["id"] for path in waiting for row in lines(path.read_bytes())} >= {row["id"] for row in rows}


def test_killed_wherever_it_asks_the_model_nothing_is_paid_twice(tmp_path):
    library, untouched = build(tmp_path, [row for row in mixed_rows() if "reference" in row]), tmp_path / "untouched"
    first = (library / "CURRENT").read_text()
    (library / "evolve").mkdir()
    (library / "evolve" / "gathered.jsonl").write_text(jsonl([*doors(30), *palindromes(30)]))
    shutil.copytree(library, untouched)
    asked, kills, process = set(), 0, None

    def killing(stage, prompt):
        nonlocal kills
        if (stage, prompt) not in asked:
            asked.add((stage, prompt))
            kills += 1
            process.kill()  # this call is on its way: no answer to it arrives
        return answer(stage, prompt)

    with Chat(answer) as chat:
        run("evolve", "--library", untouched, "--llm", chat.url, "--llm-model", "m")
        needed = len(chat.calls)
    with Chat(killing) as chat:
        command = one_call_at_once(chat, "evolve", "--library", library)
        for _ in range(40):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if process.wait(timeout=120) == 0:
                break
            assert (library / "CURRENT").read_text() == first, "nothing half done is in force"
        assert process.returncode == 0 and kills >= 4, asked
        assert len(chat.calls) == needed + kills, "only what was on its way is asked again"
    assert (library / "CURRENT").read_text() == (untouched / "CURRENT").read_text() != first
