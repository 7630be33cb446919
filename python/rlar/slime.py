"""slime: `--custom-rm-path rlar.slime.score --group-rm`, for what its HTTP client cannot do: leave samples without a score out.

Where scores come from: `--rm-url` (with or without /remote_rm), else RLAR_URL or RLAR_LIBRARY; RLAR_ON_FAILURE is the policy:

    skip        the sample gets remove_sample and the mean of its group's rewards, which leaves the group's mean as it is
    drop_group  every sample of the group gets remove_sample
    raise       NoScore (the default: slime has no other way to say "no score" without the group)
    neutral=NUMBER, and retry=N+ one of these

With --reward-key the reward is {"score", "valid"}.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
from typing import Any

from rlar.backend import NoScore, OnFailure, backend, parse_on_failure, score_samples
from rlar.rows import Sample, is_turns, plain, response_of, tidy
from rlar.score import Score

_FIELDS = ("params", "task", "source", "rubric", "id", "group_id")


@functools.lru_cache(maxsize=4)
def _policy(text: str) -> OnFailure:
    return parse_on_failure(text, ("raise", "skip", "drop_group", "neutral"))


def make_sample(sample: Any) -> Sample:
    """A row from slime's sample. The label is the reference, or a JSON object {"reference", "params", "task", …}; `metadata` may
    hold the same fields, and messages (the rollout's turns) and state (how the environment ended).
    """
    metadata = sample.metadata if isinstance(getattr(sample, "metadata", None), dict) else {}
    row = {"prompt": plain(sample.prompt)}
    row |= {key: plain(metadata[key]) for key in _FIELDS if metadata.get(key) is not None}
    label = plain(sample.label)
    if isinstance(label, str) and label.startswith("{"):
        try:
            label = json.loads(label)
        except ValueError:
            label = sample.label
    if isinstance(label, dict) and "reference" in label:
        row |= label
    elif label is not None:
        row["reference"] = label
    state = row.pop("state", metadata.get("state"))
    tidy(row)
    turns = metadata.get("messages")
    status = getattr(getattr(sample, "status", None), "value", None)
    finish = {"truncated": "length", "completed": "stop"}.get(status)
    content = turns if is_turns(turns) else sample.response
    return Sample(row, response_of(content, row["prompt"], state, finish))


async def score(args: Any, samples: Any, **_: Any) -> Any:
    """slime's custom reward: of one sample its reward, of a group (--group-rm) a list of them, in order."""
    policy = _policy(os.environ.get("RLAR_ON_FAILURE", "raise"))
    group = samples if isinstance(samples, (list, tuple)) else [samples]
    url = (getattr(args, "rm_url", None) or "").split("?")[0].rstrip("/").removesuffix("/remote_rm")
    source = await asyncio.to_thread(backend, url=url)
    scores = await asyncio.to_thread(score_samples, source, [make_sample(one) for one in group], retries=policy.retries)
    failed = next((one for one in scores if not one.ok), None)
    if failed is not None and group is not samples and policy.last in ("skip", "drop_group"):
        raise NoScore(failed)  # a sample alone cannot be left out without moving its group's baseline
    rewards = [_reward(args, number, one) for number, one in zip(_numbers(policy, group, scores), scores, strict=True)]
    return rewards if group is samples else rewards[0]


def _numbers(policy: OnFailure, group: Any, scores: list[Score]) -> list[float]:
    numbers = policy.numbers(scores, [range(len(scores))])
    known = [number for number in numbers if number is not None]
    # What is removed is masked in the loss, but still counts in the group's mean: there it must change nothing.
    filler = sum(known) / len(known) if known else 0.0
    for sample, number in zip(group, numbers, strict=True):
        if number is None:
            sample.remove_sample = True
    return [filler if number is None else number for number in numbers]


def _reward(args: Any, number: float, score: Score) -> Any:
    return {"score": number, "valid": int(score.ok)} if getattr(args, "reward_key", None) else number
