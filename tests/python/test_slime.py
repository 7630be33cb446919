"""slime, by its recorded shapes: what its HTTP client posts and reads, and its samples in our reward function."""

import asyncio
import enum
import json
import urllib.request
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from rlar.backend import NoScore
from rlar.slime import score
from support import mixed_library, serve


class Status(enum.Enum):
    COMPLETED = "completed"
    TRUNCATED = "truncated"


@dataclass
class Sample:
    """The fields of slime's sample that a reward sees or sets."""

    prompt: str | list = ""
    response: str = ""
    label: str | None = None
    metadata: dict = field(default_factory=dict)
    status: Status = Status.COMPLETED
    reward: float | None = None
    remove_sample: bool = False


SUM = "What is 2 + 6? Give the number."


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve("--library", mixed_library(tmp_path_factory.mktemp("slime"))) as running:
        yield running


def group(*labels):
    return [Sample(SUM, "8", label) for label in labels]


def ask(server, samples, on_failure, monkeypatch, **args):
    monkeypatch.setenv("RLAR_ON_FAILURE", on_failure)
    return asyncio.run(score(SimpleNamespace(rm_url=f"{server.url}/remote_rm", **args), samples))


def test_what_its_http_client_posts_and_reads(server):
    """One sample a request, three fields, no metadata; the body of the answer is the reward, and its type says JSON."""
    for text, label, reward in [("8", "8", 1), ("9", "8", 0), ("8", json.dumps({"reference": "8", "params": None}), 1)]:
        body = json.dumps({"prompt": SUM, "response": text, "label": label}).encode()
        request = urllib.request.Request(f"{server.url}/remote_rm", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            assert reply.headers["Content-Type"].startswith("application/json")
            assert json.load(reply) == reward
    status, reply, _ = server.request("/remote_rm", {"prompt": SUM, "response": "8", "label": None})
    assert (
        status == 502 and "the sample has no score" in reply["error"]["message"]
    )  # raise_for_status, tried again, then the run ends
    for bad in (5, "x"):
        assert server.request("/remote_rm", bad)[0] == 400
    assert server.request("/remote_rm", [])[1] == []


def test_a_group_and_a_sample_alone(server, monkeypatch):
    assert ask(server, [Sample(SUM, "8", "8"), Sample(SUM, "9", "8")], "raise", monkeypatch) == [1, 0]
    assert ask(server, Sample(SUM, "8", "8"), "raise", monkeypatch) == 1
    assert ask(server, Sample(SUM, "8", "8"), "raise", monkeypatch, reward_key="score") == {"score": 1, "valid": 1}
    chat = [{"role": "user", "content": SUM}]
    assert ask(server, [Sample(chat, "8", json.dumps({"reference": "8"}))], "raise", monkeypatch) == [1]


def test_failures_leave_the_groups_baseline_alone(server, monkeypatch):
    samples = [Sample(SUM, "8", "8"), Sample(SUM, "9", "8"), Sample(SUM, "8", None)]
    assert ask(server, samples, "skip", monkeypatch) == [1, 0, 0.5]
    assert [sample.remove_sample for sample in samples] == [False, False, True]
    samples = [Sample(SUM, "8", "8"), Sample(SUM, "8", None)]
    rewards = ask(server, samples, "drop_group", monkeypatch)
    assert len(set(rewards)) == 1 and all(sample.remove_sample for sample in samples)
    assert ask(server, group("8", None), "neutral=0.25", monkeypatch) == [1, 0.25]
    assert ask(server, group("8", None), "neutral=0.25", monkeypatch, reward_key="score")[1] == {
        "score": 0.25,
        "valid": 0,
    }
    for policy in ("raise", "retry=1+raise"):
        with pytest.raises(NoScore, match="no score"):
            ask(server, group("8", None), policy, monkeypatch)
    with pytest.raises(NoScore):
        ask(server, Sample(SUM, "8", None), "skip", monkeypatch)
    with pytest.raises(ValueError, match="on_failure"):
        ask(server, group("8"), "zero", monkeypatch)


def test_turns_state_and_truncation_reach_the_row():
    from rlar.slime import make_sample

    turns = [
        {"role": "assistant", "content": "a"},
        {"role": "tool", "content": "b"},
        {"role": "assistant", "content": "c"},
    ]
    made = make_sample(
        Sample(
            "q", "a b c", "r", {"messages": turns, "state": {"done": 1}, "task": "t", "rm_type": "x"}, Status.TRUNCATED
        )
    )
    assert made.query == {"prompt": "q", "task": "t", "reference": "r"}
    assert made.response == {"messages": turns, "state": {"done": 1}, "finish_reason": "length"}
    assert made.truncated
