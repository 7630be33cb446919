"""Rollouts of several turns: what tools answered and how the environment ended reach a reward function through every plug."""

import asyncio
import json

import pytest
import rlar.trl
import rlar.verl
from support import add_function, mixed_library, serve

# Right only if a tool confirmed the booking, the end state has it, and the last turn says so.
CHECK = """
def booked(data_source, solution_str, ground_truth, extra_info=None):
    info = extra_info or {}
    turns, state = info.get("messages") or [], info.get("state") or {}
    calls = [call["function"]["name"] for turn in turns for call in turn.get("tool_calls") or []]
    answers = [turn["content"] for turn in turns if turn["role"] == "tool" and turn.get("tool_call_id") == "c1"]
    right = calls == ["book"] and answers == ["confirmed"] and state.get("booked") == ground_truth
    return float(right and ground_truth in solution_str)
"""
PROMPT = [{"role": "system", "content": "Book flights."}, {"role": "user", "content": "Book me flight AB1."}]


def turns(answer="confirmed", says="AB1 is booked."):
    call = {"id": "c1", "type": "function", "function": {"name": "book", "arguments": '{"flight": "AB1"}'}}
    return [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": answer},
        {"role": "assistant", "content": says},
    ]


# (turns, end state, what it is worth)
CASES = [
    (turns(), {"booked": "AB1"}, 1),
    (turns(answer="sold out"), {"booked": "AB1"}, 0),
    (turns(), {"booked": None}, 0),
    (turns(says="Done."), {"booked": "AB1"}, 0),
    (turns()[2:], {"booked": "AB1"}, 0),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("turns")
    (folder / "check.py").write_text(CHECK)
    library = mixed_library(folder)
    add_function(library, folder / "check.py", "booked", task="booking")
    with serve("--library", library) as running:
        yield running


def test_rows(server):
    rows = [
        {"prompt": PROMPT, "reference": "AB1", "task": "booking", "response": messages, "state": state}
        for messages, state, _ in CASES
    ]
    _, body, _ = server.request("/v1/score", {"rows": rows})
    assert [line["value"] for line in body["results"]] == [value for _, _, value in CASES]
    grouped = {"prompt": PROMPT, "reference": "AB1", "task": "booking"}
    grouped["responses"] = [{"messages": messages, "state": state} for messages, state, _ in CASES]
    _, body, _ = server.request("/v1/score", {"rows": [grouped]})
    assert [line["value"] for line in body["results"]] == [value for _, _, value in CASES]


def test_trl_conversations(server):
    reward = rlar.trl.Reward(url=server.url)
    count = len(CASES)
    columns = {"answer": ["AB1"] * count, "task": ["booking"] * count}
    completions = [messages for messages, _, _ in CASES]
    expected = [value for _, _, value in CASES]
    assert reward([PROMPT] * count, completions, state=[state for _, state, _ in CASES], **columns) == expected

    class Environment:
        def __init__(self, state):
            self.ended = state

        def state(self):
            return self.ended

    environments = [Environment(state) for _, state, _ in CASES]
    assert reward([PROMPT] * count, completions, environments=environments, **columns) == expected


def test_verl_extra_info(server):
    async def score_all():
        return await asyncio.gather(
            *(
                rlar.verl.compute_score(
                    "", messages[-1]["content"], "AB1",
                    {"prompt": PROMPT, "task": "booking", "messages": PROMPT + messages, "state": state}, url=server.url,
                )
                for messages, state, _ in CASES
            )
        )  # fmt: skip

    assert [keys["score"] for keys in asyncio.run(score_all())] == [value for _, _, value in CASES]


def test_slime_list(server):
    samples = [
        {"prompt": PROMPT, "response": messages, "label": "AB1", "metadata": {"task": "booking", "state": state}}
        for messages, state, _ in CASES
    ]
    assert server.request("/remote_rm", samples)[1] == [value for _, _, value in CASES]
    # slime's own client sends no metadata: all of it may stand in the label.
    for messages, state, value in CASES:
        label = json.dumps({"reference": "AB1", "task": "booking", "state": state})
        assert server.request("/remote_rm", {"prompt": PROMPT, "response": messages, "label": label})[1] == value


def responses_items(messages):
    """The turns as items of the Responses API."""
    for turn in messages:
        for call in turn.get("tool_calls", ()):
            yield {
                "type": "function_call",
                "call_id": call["id"],
                "id": "fc_1",
                "status": "completed",
                **call["function"],
            }
        if turn["role"] == "tool":
            yield {"type": "function_call_output", "call_id": turn["tool_call_id"], "output": turn["content"]}
        elif turn["content"]:
            yield {
                "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": turn["content"], "annotations": []}],
            }  # fmt: skip


def test_nemo_gym_items(server):
    for messages, state, value in CASES:
        body = {
            "responses_create_params": {"input": PROMPT},
            "expected_answer": "AB1",
            "task": "booking",
            "state": state,
            "response": {"id": "resp_1", "object": "response", "output": list(responses_items(messages))},
        }
        status, reply, _ = server.request("/verify", body)
        assert status == 200 and reply["reward"] == value, (messages, reply)
        assert "_ng_failure_class" not in reply


def test_openrlhf_label(server):
    """OpenRLHF sends the whole text; what a label holds travels."""
    prompt = "user: Book me flight AB1.\nassistant: "
    labels = [json.dumps({"reference": "AB1", "task": "booking", "state": {"booked": "AB1"}})]
    body = {"query": [prompt + "AB1 is booked."], "prompts": [prompt], "labels": labels}
    # No turns reach the function, so it is a zero of the response, not a failure.
    assert server.request("/get_reward", body)[1]["rewards"] == [0]
