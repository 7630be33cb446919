"""What the plugs share: failure policies, batches, metrics and keys; their laws hold for whatever a backend says."""

import asyncio
import math
import string
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rlar.backend import PASSING, NoScore, OnFailure, parse_on_failure, score_samples
from rlar.batcher import Batcher, StepWaits
from rlar.diagnostics import Names, batch_metrics, sample_keys
from rlar.rows import Sample, equal_queries, groups_of, plain, response_of, tidy
from rlar.score import Score

ALL = ("skip", "drop_group", "raise", "neutral")
names = st.text(string.ascii_letters + "-/_:", min_size=1, max_size=12)
ok_scores = st.builds(
    Score,
    status=st.just("ok"),
    value=st.floats(0, 1),
    tool=names.map(lambda name: f"{name}@1"),
    route=names.map(lambda name: f"{name}@1"),
    components=st.dictionaries(names, st.floats(0, 1), max_size=3),
)
bad_scores = st.builds(
    Score,
    status=st.sampled_from(["invalid", "failed"]),
    value=st.none(),
    error_class=st.sampled_from([*sorted(PASSING), "unserved", "bad_reference"]),
    reason=st.text(max_size=5),
)
any_score = ok_scores | bad_scores


def partition(sizes, count):
    """Groups of these sizes, one after the other, over `count` positions."""
    groups, at = [], 0
    while at < count:
        size = sizes[len(groups) % len(sizes)]
        groups.append(list(range(at, min(at + size, count))))
        at += size
    return groups


# Policies


@given(
    st.sampled_from(["skip", "drop_group", "raise", "neutral"]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.integers(1, 10),
    st.booleans(),
)
def test_every_policy_that_is_allowed_is_read_back(fallback, number, retries, colon):
    text = fallback if fallback != "neutral" else f"neutral={number!r}"
    if retries is not None:
        text = f"retry={retries}+{text}"
    policy = parse_on_failure(text.replace("=", ":") if colon else text, ALL)
    assert policy.last == fallback and policy.retries == (retries or 0)
    assert policy.number == (number if fallback == "neutral" else 0.0)


def test_retry_alone_falls_back_to_the_plugs_default():
    assert parse_on_failure("retry", ALL) == OnFailure("skip", 0.0, 2)
    assert parse_on_failure("retry=3", ("raise", "neutral")) == OnFailure("raise", 0.0, 3)
    assert parse_on_failure("retry+raise", ALL) == OnFailure("raise", 0.0, 2)


@given(st.text(max_size=20))
def test_what_is_no_policy_is_an_error_that_says_what_is(text):
    try:
        policy = parse_on_failure(text, ALL)
    except ValueError as error:
        assert "on_failure" in str(error)
    else:
        assert policy.last in ALL and math.isfinite(policy.number)


@pytest.mark.parametrize(
    "text",
    ["", "zero", "0", "neutral", "neutral=", "neutral=nan", "neutral=inf", "neutral=1,5", "skip=1", "retry=0", "retry=11",
     "retry=x+skip", "retry=2+", "retry+retry+skip", "skip+retry", "retries=2", "retry=+skip"],
)  # fmt: skip
def test_policies_that_are_refused(text):
    with pytest.raises(ValueError, match="on_failure"):
        parse_on_failure(text, ALL)


def test_what_a_trainer_cannot_do_is_refused_with_the_reason():
    with pytest.raises(
        ValueError, match="drop_group is not possible here: it sees no groups; it may be raise, neutral=NUMBER"
    ):
        parse_on_failure("retry=2+drop_group", ("raise", "neutral"), {"drop_group": "it sees no groups"})


@given(
    st.lists(any_score, min_size=1, max_size=24),
    st.lists(st.integers(1, 5), min_size=1),
    st.sampled_from(ALL),
    st.floats(-2, 2),
)
def test_a_failure_becomes_what_was_said_and_nothing_else(scores, sizes, last, number):
    groups = partition(sizes, len(scores))
    policy = OnFailure(last, number)
    if last == "raise" and not all(score.ok for score in scores):
        with pytest.raises(NoScore, match="no score"):
            policy.numbers(scores, groups)
        return
    numbers = policy.numbers(scores, groups)
    assert len(numbers) == len(scores)
    for group in groups:
        whole = all(scores[i].ok for i in group)
        for i in group:
            if last == "drop_group" and not whole:
                assert numbers[i] is None
            elif scores[i].ok:
                assert numbers[i] == scores[i].value
            else:
                assert numbers[i] == (number if last == "neutral" else None)


# Batches


class Fake:
    """A backend whose samples fail as planned: plans[text] is what the sample of that text gets, call after call."""

    def __init__(self, plans):
        self.plans, self.asked, self.requests = {key: list(plan) for key, plan in plans.items()}, {}, []

    def score(self, rows, tool="", params=None):
        self.requests.append([len(row["responses"]) for row in rows])
        lines = []
        for number, row in enumerate(rows, 1):
            if len(row["responses"]) > 1 and any(self.plans[text][0] == "unreadable" for text in row["responses"]):
                lines.append(Score("invalid", None, "bad_row", line=number))
                continue
            for position, text in enumerate(row["responses"]):
                self.asked[text] = self.asked.get(text, 0) + 1
                plan = self.plans[text]
                said = plan.pop(0) if len(plan) > 1 else plan[0]
                if said == "unreadable":
                    lines.append(Score("invalid", None, "bad_row", line=number))
                elif isinstance(said, str):
                    lines.append(Score("failed", None, said, line=number, response_index=position))
                else:
                    lines.append(Score("ok", said, line=number, response_index=position))
        return lines


outcomes = st.floats(0, 1) | st.sampled_from(["timeout", "overload", "unserved", "out_of_range", "unreadable"])


@given(
    st.lists(st.tuples(st.integers(0, 5), st.lists(outcomes, min_size=1, max_size=4)), max_size=60), st.integers(0, 3)
)
@settings(max_examples=60)
def test_each_sample_gets_its_own_score_and_bounded_retries(plan, retries):
    samples = [Sample({"prompt": f"q{query}"}, f"r{i}") for i, (query, _) in enumerate(plan)]
    source = Fake({f"r{i}": says for i, (_, says) in enumerate(plan)})
    scores = score_samples(source, samples, retries=retries, pause=0.0)
    assert len(scores) == len(samples)
    for i, (_, says) in enumerate(plan):
        expected, times = says[0], 1
        while expected in PASSING and times <= retries:
            expected = says[min(times, len(says) - 1)]
            times += 1
        assert source.asked[f"r{i}"] == times
        if isinstance(expected, str):
            assert scores[i].value is None and scores[i].error_class == (
                "bad_row" if expected == "unreadable" else expected
            )
        else:
            assert scores[i].value == expected


def test_a_big_batch_is_few_requests_with_whole_groups():
    samples = [Sample({"prompt": f"q{i // 8}"}, f"r{i}") for i in range(800)]
    source = Fake({f"r{i}": [i / 800] for i in range(800)})
    assert [score.value for score in score_samples(source, samples)] == [i / 800 for i in range(800)]
    assert len(source.requests) == 2 and all(size == 8 for request in source.requests for size in request)


def test_a_batchers_samples_share_requests_and_failures_stay_their_own():
    calls = []

    def score_batch(samples):
        calls.append(len(samples))
        if any(sample.response == "bad" for sample in samples):
            raise OSError("down")
        return [Score("ok", float(sample.response)) for sample in samples]

    async def run():
        batcher = Batcher(score_batch, max_batch=64, in_flight=2, linger=0.01)
        values = await asyncio.gather(*(batcher.score(Sample({}, str(i / 500))) for i in range(500)))
        gone = asyncio.create_task(batcher.score(Sample({}, "0.5")))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(OSError, match="down"):
            await batcher.score(Sample({}, "bad"))
        assert (await batcher.score(Sample({}, "1")))[0].value == 1
        return values

    values = asyncio.run(run())
    assert [score.value for score, _ in values] == [i / 500 for i in range(500)]
    assert sum(calls[:-2]) == 500 and len(calls) == 10  # 8 batches of at most 64, the bad one, the last one
    with pytest.raises(ValueError, match="max_batch"):
        Batcher(score_batch, max_batch=0)


# Numbers for the logs

STATUS = {
    "routes": [
        {"task": "sums", "combine": "single", "tools": ["number_equal@3"]},
        {"task": "talk", "combine": "weighted", "tools": ["bleu@1", "judge@3"]},
    ]
}


def test_names_are_those_of_the_library():
    learnt = Names.of_status(STATUS, components=["bp"])
    assert learnt.tasks == ("sums", "talk")
    assert learnt.tools == ("number_equal", "bleu", "judge", "route:talk")
    assert learnt.components == ("bp", "bleu/value", "judge/value")
    assert Names.of_status(STATUS, tool="bleu:1") == Names((), ("bleu",), ())
    many = {"routes": [{"task": f"t{i}", "combine": "single", "tools": ["x@1"]} for i in range(500)]}
    assert len(Names.of_status(many).tasks) == 64


@given(st.lists(any_score, min_size=1, max_size=30), st.floats(-1, 1), st.floats(0, 100))
def test_every_sample_has_the_same_finite_numbers(scores, neutral, seconds):
    learnt = Names.of_status(STATUS)
    rows = [
        sample_keys(learnt, score, score.value if score.ok else neutral, seconds, 0.5, truncated=0.0)
        for score in scores
    ]
    assert len({tuple(row) for row in rows}) == 1
    for score, row in zip(scores, rows, strict=True):
        assert all(type(value) is float and math.isfinite(value) for value in row.values())
        assert sum(row[key] for key in row if key.startswith("rlar/task/")) == 1
        assert sum(row[key] for key in row if key.startswith("rlar/tool/")) == 1
        assert row["rlar_valid"] == score.ok
        assert sum(row[key] for key in row if key.startswith("rlar/reward/")) == row["score"]


@given(st.lists(any_score, min_size=1, max_size=30), st.lists(st.integers(1, 5), min_size=1))
def test_a_batchs_shares_add_up_and_no_mean_is_made_up(scores, sizes):
    samples = [
        Sample({"prompt": "q"}, {"text": "r", "finish_reason": "length" if i % 3 == 0 else "stop"})
        for i in range(len(scores))
    ]
    groups = partition(sizes, len(scores))
    metrics = batch_metrics(Names.of_status(STATUS), samples, scores, groups, 1.5)
    assert metrics["valid"] + metrics["invalid"] + metrics["failed"] == pytest.approx(1)
    for kind in ("task", "tool"):
        assert sum(metrics[key] for key in metrics if key.startswith(kind) and key.endswith("/share")) == pytest.approx(
            1
        )
    values = [score.value for score in scores if score.ok]
    assert ("mean" in metrics) == bool(values)
    assert metrics["truncated"] == pytest.approx(((len(scores) + 2) // 3) / len(scores))
    comparable = [[scores[i].value for i in group if scores[i].ok] for group in groups]
    comparable = [values for values in comparable if len(values) > 1]
    assert ("zero_variance" in metrics) == bool(comparable)
    if comparable:
        assert metrics["zero_variance"] == sum(len(set(values)) == 1 for values in comparable) / len(comparable)


def test_the_cost_of_a_batch():
    scores = [Score("ok", 1.0, components={"usd": 0.002}), Score("ok", 0.0, components={"judge/usd": 0.001, "usdx": 5})]
    samples = [Sample({"prompt": "q"}, {"text": "r"})] * 2
    assert batch_metrics(Names(), samples, scores, [[0, 1]], 1.0)["usd_per_1000"] == pytest.approx(1.5)
    assert [sample_keys(Names(), score, 0, 0, 0)["rlar/usd"] for score in scores] == [0.002, 0.001]


def test_what_a_step_waits_after_its_last_sample():
    now = 100.0
    waits = StepWaits(pause=2.0, clock=lambda: now)

    def step(*came_and_answered):
        nonlocal now
        for came, answered in came_and_answered:
            now += came
            waits.came()
            now += answered
            waits.answered()

    step((0, 0.5), (0.1, 1.5), (0.1, 0.7))
    assert waits.exposed == 0.0
    step((30, 0.1))
    assert waits.exposed == pytest.approx(0.7)
    step((0.5, 9.0), (0.5, 0.2))
    assert waits.exposed == pytest.approx(0.7), "a slow answer is no pause"
    step((10, 0.1))
    assert waits.exposed == pytest.approx(0.2)


# Rows


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3) | st.tuples(inner)
    ),
    max_leaves=8,
)


@given(json_values)
def test_plain_values_can_always_be_sent(value):
    import json

    text = json.dumps(plain(value), allow_nan=False)
    assert json.loads(text) == plain(value)
    text.encode()


def test_numpy_objects_and_lone_surrogates_are_made_plain():
    class Array:
        def tolist(self):
            return [1.5, float("nan")]

    assert plain({"a": Array(), 3: "x\ud800y", "o": SimpleNamespace()}) == {
        "a": [1.5, None],
        "3": "x\ufffdy",
        "o": "namespace()",
    }


def test_a_column_types_nulls_are_no_parameters():
    row = {"params": {"tests": None, "choices": ["a"]}, "answer": "b", "responses": ["old"], "response": "older"}
    tidy(row)
    assert row == {"params": {"choices": ["a"]}, "reference": "b"}
    row = {"params": {"tests": None}, "label": 3}
    tidy(row, "label")
    assert row == {"reference": 3}


def test_turns_that_repeat_the_prompt_are_the_responses_only():
    prompt = [{"role": "user", "content": "q"}]
    turns = [
        {"role": "assistant", "content": "a"},
        {"role": "tool", "content": "b"},
        {"role": "assistant", "content": "c"},
    ]
    assert response_of(prompt + turns, prompt) == {"messages": turns}
    assert response_of(turns, prompt, state={"done": True}, finish_reason="stop", tokens=3) == {
        "messages": turns,
        "state": {"done": True},
        "finish_reason": "stop",
        "tokens": 3,
    }
    assert response_of("text") == "text" and response_of("") == ""
    assert response_of("text", tokens=0) == {"text": "text", "tokens": 0}


def test_groups_are_runs_and_equal_queries_are_wherever_they_stand():
    samples = [Sample({"prompt": p}, "r") for p in "aabba"]
    assert groups_of(samples) == [[0, 1], [2, 3], [4]]
    assert equal_queries(samples) == [[0, 1, 4], [2, 3]]
