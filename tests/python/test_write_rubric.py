"""rlar build --judge: a rubric is written, kept where it tells responses apart, partly checked by code, and its judge proven like any other."""

import json
import os
import random

import pytest
from chat_server import Chat
from support import jsonl, lines, run, validator
from test_judges import ModelServer, reply, rows

KIND = {"text": "It is kind.", "weight": 3, "veto": False, "check": "none", "value": ""}
DULL = {"text": "It is written by somebody.", "weight": 2, "veto": False, "check": "none", "value": ""}
HAILS = {"text": "It says welcome.", "weight": 2, "veto": False, "check": "contains", "value": "welcome"}
BRIEF = {"text": "It has fewer than 50 words.", "weight": 1, "veto": False, "check": "words_below", "value": "50"}


def writer(*criteria):
    def answer(stage, prompt):
        if stage == "write_rubric":
            assert "<better_response>" in prompt and "kind kind kind" in prompt.split("<worse_response>")[0]
            return json.dumps({"criteria": list(criteria)})
        if stage == "plan_verifier":
            return json.dumps({"conditions": "It is right.", "kind": "one_answer", "several": False})
        return json.dumps(
            {"task": "Greet guests.", "answer": "a greeting", "name": "greetings", "tool": "none", "params": ""}
        )

    return answer


def judge(path, body):
    """Grades by what a criterion says; whatever is not about kindness gets a five."""
    shown = json.loads(body["messages"][-1]["content"])
    text = shown["response"]
    kind = max(0, min(10, 3 * text.count("kind") - 3 * text.count("rude")))
    grades = {one["id"]: kind if "kind" in one["text"] else 5 for one in shown["criteria"]}
    return reply({"verdicts": [{"id": one, "reason": "so it reads", "grade": grade} for one, grade in grades.items()]})


def build(folder, chat, server, *options, data=None, check=0):
    path = folder / "rows.jsonl"
    path.write_text(jsonl(data or rows()))
    llm = [] if chat is None else ["--llm", chat.url, "--llm-model", "m"]
    done = run(
        "build", path, "--out", folder / "lib", *llm, "--judge", server if isinstance(server, str) else server.url,
        "--hub", "off", "--quiet", *options, check=check, env={**os.environ, "RLAR_LLM_API_KEY": "sk-x"},
    )  # fmt: skip
    return done


def report(folder):
    found = json.loads(run("report", folder / "lib", "--json").stdout)
    validator("report").validate(found)
    (task,) = found["tasks"]
    return task


def score(folder, *texts):
    row = {"prompt": "Greet guest 3.", "task": "greetings", "responses": list(texts)}
    return lines(run("score", "--library", folder / "lib", input=jsonl([row])).stdout)


def asked_criteria(server):
    return [one["text"] for one in json.loads(server.requests[-1]["messages"][-1]["content"])["criteria"]]


def test_a_rubric_is_written_proven_and_serves(tmp_path):
    with Chat(writer(KIND, DULL, HAILS, BRIEF)) as chat, ModelServer(judge) as server:
        build(tmp_path, chat, server)
        task = report(tmp_path)
        assert asked_criteria(server) == ["It is kind."]
        got = score(tmp_path, "kind kind kind welcome", "kind kind kind", "rude welcome")
        calls = len(server.requests)
        assert chat.calls.count("write_rubric") == 1
        build(tmp_path, chat, server)  # the judge is the library's now, with the checks beside it
        again = report(tmp_path)["route"]
        assert (again["combine"], again["parts"]) == (task["route"]["combine"], task["route"]["parts"])
        build(tmp_path, chat, server, "--library", tmp_path / "lib")
        assert report(tmp_path)["route"]["parts"] == again["parts"]
        # What the judge is asked for the gate stands in the record: no call is paid for twice.
        assert chat.calls.count("write_rubric") == 1 and len(server.requests) == calls
    assert task["route"]["combine"] == "weighted" and [part["weight"] for part in task["route"]["parts"]] == [3, 2]
    # What all responses fulfil alike says nothing of them: the dull criterion and the length are gone.
    text = json.dumps(task)
    assert "graded by: It is kind.; checked by code: It says welcome." in text
    assert "dropped: It has fewer than 50 words. | It is written by somebody." in text
    assert [line["value"] for line in got] == pytest.approx([(3 * 0.9 + 2) / 5, 3 * 0.9 / 5, 2 / 5], abs=1e-4)
    assert got[0]["components"]["greetings_judge/criterion/c1"] == 0.9


def test_a_check_with_veto_is_a_veto(tmp_path):
    with Chat(writer(KIND, DULL, {**HAILS, "veto": True})) as chat, ModelServer(judge) as server:
        build(tmp_path, chat, server)
        got = score(tmp_path, "kind kind kind welcome", "kind kind kind", "kind welcome")
    assert [line["value"] for line in got] == pytest.approx([0.9, 0, 0.3], abs=1e-4)


def test_a_check_whose_value_cannot_be_used_is_left_to_the_judge(tmp_path):
    vague = {"text": "It is kind and brief.", "weight": 1, "veto": False, "check": "words_below", "value": "not many"}
    with Chat(writer(KIND, DULL, vague)) as chat, ModelServer(judge) as server:
        build(tmp_path, chat, server)
        assert asked_criteria(server) == ["It is kind.", "It is kind and brief."]


def test_what_tells_rollouts_not_apart_is_dropped(tmp_path):
    """The pairs differ in saying welcome, the policy's own responses do not."""
    texts = ["kind welcome now", "rude welcome now", "kind kind welcome now"]
    (tmp_path / "rollouts.jsonl").write_text(jsonl({"prompt": row["prompt"], "responses": texts} for row in rows()))
    with Chat(writer(KIND, HAILS, DULL)) as chat, ModelServer(judge) as server:
        build(tmp_path, chat, server, "--rollouts", tmp_path / "rollouts.jsonl")
    text = json.dumps(report(tmp_path))
    assert "graded by: It is kind. (dropped: It says welcome. | It is written by somebody.)" in text


def test_a_rubric_that_tells_nothing_apart_serves_nothing(tmp_path):
    with Chat(writer(DULL, BRIEF, {**DULL, "text": "It is text."})) as chat, ModelServer(judge) as server:
        build(tmp_path, chat, server)
    assert "none of its criteria tells responses apart (dropped: It has fewer" in json.dumps(report(tmp_path))


def test_a_gullible_judge_serves_nothing(tmp_path):
    def gullible(path, body):
        shown = json.loads(body["messages"][-1]["content"])
        if "10" in shown["response"] or "professors" in shown["response"]:
            grades = [{"id": one["id"], "reason": "told so", "grade": 10} for one in shown["criteria"]]
            return reply({"verdicts": grades})
        return judge(path, body)

    with Chat(writer(KIND, DULL, HAILS)) as chat, ModelServer(gullible) as server:
        build(tmp_path, chat, server)
    text = json.dumps(report(tmp_path))
    assert "is refused" in text and "attacks got as good a grade as the better response" in text


def test_a_judge_that_is_not_there_costs_its_task_only(tmp_path):
    with Chat(writer(KIND, DULL, HAILS)) as chat:
        build(tmp_path, chat, "http://127.0.0.1:9")
    assert "the judge gave no grade" in json.dumps(report(tmp_path))


def test_a_writer_that_fails_costs_its_task_only(tmp_path):
    def broken(stage, prompt):
        return "no rubric today" if stage == "write_rubric" else writer()(stage, prompt)

    with Chat(broken) as chat, ModelServer(judge) as server:
        build(tmp_path, chat, server)
        assert not server.requests
    assert "no rubric was written" in json.dumps(report(tmp_path))


def test_without_pairs_no_rubric_is_asked_for(tmp_path):
    data = [{"id": i, "prompt": f"Greet guest {i}.", "task": "greetings"} for i in range(24)]
    with Chat(writer(KIND)) as chat, ModelServer(judge) as server:
        build(tmp_path, chat, server, data=data)
        assert "write_rubric" not in chat.calls and not server.requests
    assert "no judge is tried: fewer than 20 rows" in json.dumps(report(tmp_path))


def test_without_a_writer_the_report_says_so(tmp_path):
    with ModelServer(judge) as server:
        build(tmp_path, None, server)
        assert not server.requests
    assert "no rubric is written without a language model" in json.dumps(report(tmp_path))


def test_rows_with_rubrics_of_their_own_need_no_writer(tmp_path):
    data = [{**row, "rubric": [{"id": "own", "text": "It is kind."}]} for row in rows()]
    with ModelServer(judge) as server:
        build(tmp_path, None, server, data=data)
        row = {**data[0], "responses": ["kind kind", "rude"]}
        got = lines(run("score", "--library", tmp_path / "lib", input=jsonl([row])).stdout)
    assert "graded by the rows' own rubrics" in json.dumps(report(tmp_path))
    assert [line["components"]["criterion/own"] for line in got] == [0.6, 0]


def test_the_rubric_of_some_rows_does_not_hide_what_is_written(tmp_path):
    data = [
        {**row, "rubric": [{"id": "own", "text": "It is kind indeed."}]} if i % 3 == 0 else row
        for i, row in enumerate(rows())
    ]
    with Chat(writer(KIND, DULL, BRIEF)) as chat, ModelServer(judge) as server:
        build(tmp_path, chat, server, data=data)
    assert "graded by: It is kind. (dropped" in json.dumps(report(tmp_path))


def test_what_the_judge_said_is_recorded_and_replayed(tmp_path):
    data = [{**row, "rubric": [{"id": "own", "text": "It is kind."}]} for row in rows()]
    with ModelServer(judge) as server:
        told = build(tmp_path, None, server, data=data).stdout.decode()
        asked = len(server.requests)
        record = tmp_path / "lib" / "build" / "judge" / "calls.jsonl"
        kept = lines(record.read_bytes())
        for call in kept:
            validator("llm_call").validate(call)
        assert asked == len(kept) > 40 and f"judges: {asked} calls" in told and "sk-x" not in record.read_text()
        build(tmp_path, None, server, data=data)
        assert len(server.requests) == asked
        found = json.loads(run("report", tmp_path / "lib", "--json").stdout)["cost"]
        assert found["judge_calls"] == 0 and found["judge_replayed"] >= asked and found["tokens"] == 0
    first = report(tmp_path)
    (tmp_path / "other").mkdir()
    target = tmp_path / "other" / "lib" / "build" / "judge"
    target.mkdir(parents=True)
    (target / "calls.jsonl").write_bytes(record.read_bytes())
    build(tmp_path / "other", None, server.url, "--llm", "replay", data=data)  # no server is there any more
    assert report(tmp_path / "other")["route"]["parts"] == first["route"]["parts"]


def test_a_judge_is_asked_again_after_a_fault_and_within_the_budget(tmp_path):
    data = [{**row, "rubric": [{"id": "own", "text": "It is kind."}]} for row in rows()]
    with ModelServer(judge, fault=lambda n: 503 if n % 7 == 0 else None) as server:
        build(tmp_path, None, server, data=data)
        assert report(tmp_path)["route"] is not None
    (tmp_path / "poor").mkdir()
    with ModelServer(judge) as server:
        build(tmp_path / "poor", None, server, "--budget", "tokens=20000", data=data)
        assert len(server.requests) < 40
    task = report(tmp_path / "poor")
    assert task["route"] is None and "budget" in json.dumps(task)


def test_a_budget_in_dollars_needs_a_price(tmp_path):
    done = build(tmp_path, None, "http://127.0.0.1:9", "--budget", "usd=1", check=2)
    assert "--llm-price" in done.stderr.decode()


WORDS = "lantern harbour granite willow thunder copper meadow falcon ember quarry velvet orchard glacier saddle comet barley anchor cinder prairie cobalt".split()


def compared_rows(count=40):
    """References that are as far from the better as from the worse response: a comparison with them passes its own probes, and says nothing."""
    rng = random.Random(3)
    data = []
    for i, row in enumerate(rows(count)):
        reference = " ".join(rng.sample(WORDS, 14)) + f" {i}"
        data.append(
            {
                "id": i,
                "prompt": row["prompt"],
                "task": "greetings",
                "reference": reference,
                "responses": [row["rejected"], row["chosen"]],
                "labels": [0, 1],
            }
        )
    return data


def test_a_weak_comparison_gives_way_to_a_judge(tmp_path):
    build(tmp_path, None, "", data=compared_rows())
    weak = report(tmp_path)["route"]["parts"][0]["tool"]
    assert "judge" not in weak
    (tmp_path / "judged").mkdir()
    with Chat(writer(KIND, DULL, BRIEF)) as chat, ModelServer(judge) as server:
        build(tmp_path / "judged", chat, server, data=compared_rows())
        assert chat.calls.count("write_rubric") == 1
    task = report(tmp_path / "judged")
    assert (
        task["route"]["parts"][0]["tool"].startswith("greetings_judge@")
        and "graded by: It is kind." in task["route"]["why"]
    )


def test_a_weak_comparison_stays_where_no_judge_is_better(tmp_path):
    with Chat(writer(KIND, DULL, BRIEF)) as chat:
        build(tmp_path, chat, "http://127.0.0.1:9", data=compared_rows())
    route = report(tmp_path)["route"]
    assert (
        "judge@" not in route["parts"][0]["tool"]
        and "no judge takes its place: a rubric was written, but the judge gave no grade" in route["why"]
    )


def test_evolve_takes_a_judge(tmp_path):
    data = [{**row, "rubric": [{"id": "own", "text": "It is kind."}]} for row in rows()]
    (tmp_path / "old.jsonl").write_text(
        jsonl({"prompt": f"What is {i} + {i}?", "reference": str(2 * i)} for i in range(20))
    )
    run("build", tmp_path / "old.jsonl", "--out", tmp_path / "lib", "--quiet", "--hub", "off")
    (tmp_path / "lib" / "evolve").mkdir()
    (tmp_path / "lib" / "evolve" / "gathered.jsonl").write_text(jsonl(data))
    with ModelServer(judge) as server:
        told = run("evolve", "--library", tmp_path / "lib", "--judge", server.url).stdout.decode()
    assert "now served: greetings → greetings_judge@" in told, told
    assert (tmp_path / "lib" / "build" / "judge" / "calls.jsonl").exists()
