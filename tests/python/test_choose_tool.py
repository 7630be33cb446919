"""Tools that evidence does not tell apart: the language model calls one of them, once, and the route keeps its choice."""

import json

import pytest
from chat_server import Chat
from support import jsonl, mixed_rows, run
from test_agents import answer, environment

FUNCTIONS = """
import re

def final(text):
    text = re.sub(r"(?s)<think>.*?</think>", "", text).strip()
    for pattern in (r"<answer>(.*?)</answer>", r"[Ff]inal answer: (.*)", r"The answer is (.*?)\\.?$", r"^\\*\\*(.*)\\*\\*$"):
        found = re.findall(pattern, text)
        if found:
            return found[-1].strip()
    return text

def first(data_source, solution_str, ground_truth, extra_info=None):
    return float(final(solution_str) == ground_truth)

def second(data_source, solution_str, ground_truth, extra_info=None):
    return float(final(solution_str) == ground_truth)
"""


@pytest.fixture
def library(tmp_path):
    (tmp_path / "rewards.py").write_text(FUNCTIONS)
    rows = [row for row in mixed_rows() if "capital" in row["prompt"]]
    (tmp_path / "rows.jsonl").write_text(jsonl(rows))
    for name in ("first", "second"):
        run(
            "tools", "add", f"{tmp_path}/rewards.py:{name}", "--form", "verl", "--library", tmp_path / "lib",
            "--data", tmp_path / "rows.jsonl", "--name", f"my_{name}",
        )  # fmt: skip
    return tmp_path


def build(folder, chat):
    out = folder / "lib"
    run(
        "build",
        folder / "rows.jsonl",
        "--out",
        out,
        "--llm",
        chat.url,
        "--llm-model",
        "m",
        "--quiet",
        env=environment(),
    )
    report = json.loads(run("report", out, "--json").stdout)
    (task,) = report["tasks"]
    return task


def test_the_called_tool_serves_the_task(library):
    asked = []

    def choose(stage, prompt):
        if stage != "choose_tool":
            return answer(stage, prompt)
        asked.append(prompt)
        return {"function": "t2_my_second", "arguments": {"reason": "It reads the last word."}}

    with Chat(choose) as chat:
        task = build(library, chat)
        assert asked, [(trial["tool"], trial["evidence"]["quality"]) for trial in task["trials"]]
        assert task["route"]["parts"][0]["tool"].startswith("my_second"), task["route"]
        assert "It reads the last word." in task["route"]["why"]
        again = len(asked)
        build(library, chat)
        assert len(asked) == again  # from the record


@pytest.mark.parametrize("reply", ["I would take the second one.", "", {"function": "t1_my_first", "arguments": []}])
def test_no_usable_call_leaves_the_rule(library, reply):
    with Chat(lambda stage, prompt: reply if stage == "choose_tool" else answer(stage, prompt)) as chat:
        task = build(library, chat)
    assert ("language model" in task["route"]["why"]) == isinstance(reply, dict)
