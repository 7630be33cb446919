"""verl: rewards as a function for each sample, as a function for a batch, and (rlar.verl_manager) as a reward manager.

    reward.custom_reward_function.path=pkg://rlar.verl                  # name: compute_score, compute_score_sync, compute_score_batch
    +reward.custom_reward_function.reward_kwargs.url=http://localhost:8088

verl takes the keys of its extra columns from the first sample of a batch, so every sample gets the same keys, numbers only
(rlar.diagnostics.sample_keys). A function has no way to say "no score": a sample without one raises NoScore, unless
`on_failure=neutral:NUMBER` names what to send; `rlar_valid` then tells those samples apart.
"""

from __future__ import annotations

import asyncio
import functools
import json
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from rlar.backend import NoScore, OnFailure, backend, parse_on_failure, score_samples
from rlar.batcher import Batcher
from rlar.diagnostics import NO_NAMES, Names, is_flat, sample_keys
from rlar.rows import Sample, equal_queries, is_turns, plain, response_of, tidy
from rlar.score import Score

_CANNOT = {
    "skip": "verl's functions return a number for each sample; raise leaves the sample out where the trainer can",
    "drop_group": "a function sees samples, not groups; the reward manager rlar.verl_manager can where the trainer can",
}
# What verl itself may pass to a reward function, and what its agent loops keep beside a response.
_OF_VERL = {
    "reward_router_address",
    "reward_model_tokenizer",
    "sandbox_fusion_url",
    "concurrent_semaphore",
    "memory_limit_mb",
}
_INTERNAL = {
    "routed_experts",
    "teacher_ids",
    "teacher_logprobs",
    "min_global_steps",
    "max_global_steps",
    "reward_extra_info",
}
_IF_ANY = {"num_turns", "turn_scores", "tool_rewards", "rollout_reward_scores", "extras"}


@dataclass(frozen=True)
class Options:
    """What `reward_kwargs` may set; the same for every form.

    url, library, token, version   where scores come from (else RLAR_URL, RLAR_LIBRARY, RLAR_TOKEN)
    timeout                        seconds to wait for the server, then ServerError
    tool, params                   score with one tool instead of the library's routes
    on_failure                     what a score without a number becomes (docs/trainers/verl.md)
    keys                           "all" columns, or the "few" that do not depend on the library: verl's validation takes seconds a
                                   column where it samples several responses a prompt. "auto": few there, if the manager sees it
    components                     names of components to be logged, besides those of routes that combine tools
    max_batch, in_flight, linger_ms  how many samples a request holds, how many requests wait at once, and how long the first
                                   sample of a request waits for others
    """

    url: str = ""
    library: str = ""
    token: str = ""
    timeout: float = 120.0
    version: str = ""
    tool: str = ""
    params: str = ""  # JSON
    on_failure: str = "raise"
    keys: str = "auto"
    components: tuple[str, ...] = ()
    max_batch: int = 128
    in_flight: int = 4
    linger_ms: float = 5.0

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Options:
        known = {field.name for field in fields(cls)}
        for name in given:
            if name not in known:
                raise TypeError(f"rlar knows no option {name!r}; there are {', '.join(sorted(known))}")
        options = dict(given)
        if options.get("keys", "auto") not in ("auto", "all", "few"):
            raise ValueError(f"keys must be auto, all or few, got {options['keys']!r}")
        if "params" in options:
            options["params"] = json.dumps(_unwrapped(options["params"])) if options["params"] else ""
        if "components" in options:
            options["components"] = tuple(str(name) for name in options["components"] or ())
        return cls(**options)


class Plug:
    """Scores for one set of options; one a process. Thread-safe."""

    def __init__(self, options: Options, on_failure: OnFailure) -> None:
        self.options, self.on_failure = options, on_failure
        self.params = json.loads(options.params) if options.params else None
        self._names: Names | None = None
        self._lock = threading.Lock()
        # A batcher belongs to an event loop, and goes when that does.
        self._batchers: weakref.WeakKeyDictionary[Any, Batcher] = weakref.WeakKeyDictionary()

    @property
    def source(self):
        o = self.options
        return backend(url=o.url, library=o.library, token=o.token, timeout=o.timeout, version=o.version)

    @property
    def names(self) -> Names:
        """Learnt when first needed, then fixed: later samples must have the keys of earlier ones."""
        with self._lock:
            if self._names is None:
                status = self.source.status()
                few = self.options.keys == "few"
                self._names = NO_NAMES if few else Names.of_status(status, self.options.tool, self.options.components)
            return self._names

    def scores(self, samples: Sequence[Sample]) -> list[Score]:
        return score_samples(self.source, samples, self.options.tool, self.params, self.on_failure.retries)

    def keys(self, score: Score, seconds: float, exposed: float, **more: float) -> dict[str, float]:
        """A sample's columns, its reward as `score`. Raises NoScore where the options say so."""
        (number,) = self.on_failure.numbers([score], [[0]])
        if number is None:  # skip and drop_group: the trainer hears of it by the exception
            raise NoScore(score)
        return sample_keys(self.names, score, number, seconds, exposed, **more)

    async def keys_of(self, sample: Sample, **more: float) -> dict[str, float]:
        """The same, in one request with other samples that this event loop waits for."""
        loop = asyncio.get_running_loop()
        if loop not in self._batchers:
            o = self.options
            self._batchers[loop] = Batcher(self.scores, int(o.max_batch), int(o.in_flight), float(o.linger_ms) / 1000)
        if self._names is None:
            await loop.run_in_executor(None, lambda: self.names)
        batcher = self._batchers[loop]
        score, seconds = await batcher.score(sample)
        return self.keys(score, seconds, batcher.waits.exposed, **more)


@functools.lru_cache(maxsize=16)
def _plug(options: Options) -> Plug:
    return Plug(options, parse_on_failure(options.on_failure, ("raise", "neutral"), _CANNOT))


def _plug_of(kwargs: Mapping[str, Any]) -> Plug:
    return _plug(Options.read({name: value for name, value in kwargs.items() if name not in _OF_VERL}))


def _unwrapped(value: Any) -> Any:
    """A configuration's mappings and lists as plain ones."""
    if isinstance(value, str):
        return json.loads(value)
    if hasattr(value, "items"):
        return {str(key): item if isinstance(item, str) else _unwrapped(item) for key, item in value.items()}
    if hasattr(value, "__iter__"):
        return [item if isinstance(item, str) else _unwrapped(item) for item in value]
    return value


def make_sample(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None,
    prompt: Any = None,
    finish_reason: str | None = None,
) -> Sample:
    """A sample from what verl passes. `extra_info` may hold question or prompt, params, task, id and rubric; and, from an agent
    loop's extra_fields, messages (the rollout's turns, tool calls and tool results among them) and state (how the environment
    ended).
    """
    extra = {key: value for key, value in dict(extra_info or {}).items() if key not in _INTERNAL}
    extra = {key: value for key, value in extra.items() if key not in _IF_ANY or _is_any(value)}
    raw_prompt = extra.pop("raw_prompt", None)
    asked = [prompt, raw_prompt, extra.pop("prompt", None), extra.pop("question", None)]
    row: dict[str, Any] = {
        "prompt": plain(next((said for said in asked if _is_any(said)), "")),
        "source": str(data_source or ""),
    }
    if ground_truth is not None:
        row["reference"] = plain(ground_truth)
    for key in ("params", "task", "id", "rubric"):
        if extra.get(key) is not None:
            row[key] = plain(extra.pop(key))
    turns, state = plain(extra.get("messages")), extra.pop("state", None)
    if is_turns(turns) and turns[-1]["role"] in ("assistant", "tool"):
        del extra["messages"]
    else:
        turns = None
    if finish_reason is None and isinstance(extra.get("finish_reason"), str):
        finish_reason = extra.pop("finish_reason")
    row["extra_info"] = plain(extra)
    tidy(row)
    return Sample(row, response_of(turns or solution_str, row["prompt"], state, finish_reason))


def _is_any(value: Any) -> bool:
    if value is None:
        return False
    return len(value) > 0 if hasattr(value, "__len__") else bool(value)


async def compute_score(
    data_source: str, solution_str: str, ground_truth: Any, extra_info: dict[str, Any] | None = None, **kwargs: Any
) -> dict[str, float]:
    """For each sample, asynchronous: what arrives within a few milliseconds goes in one request, and the reward loop goes on
    meanwhile. `kwargs`: Options.
    """
    return await _plug_of(kwargs).keys_of(make_sample(data_source, solution_str, ground_truth, extra_info))


def compute_score_sync(
    data_source: str, solution_str: str, ground_truth: Any, extra_info: dict[str, Any] | None = None, **kwargs: Any
) -> dict[str, float]:
    """The same for reward managers that call functions in a thread or process: one request a sample."""
    plug, began = _plug_of(kwargs), time.monotonic()
    (score,) = plug.scores([make_sample(data_source, solution_str, ground_truth, extra_info)])
    seconds = time.monotonic() - began
    return plug.keys(score, seconds, seconds)


def compute_score_batch(
    data_sources: Sequence[str],
    solution_strs: Sequence[str],
    ground_truths: Sequence[Any],
    extra_infos: Sequence[dict[str, Any] | None] | None = None,
    **kwargs: Any,
) -> list[dict[str, float]]:
    """For verl's batch reward manager. A batch shows groups, so there is one key more: `rlar/zero_variance`, 1 on samples of
    a group (an equal prompt and reference) whose rewards are all the same.
    """
    plug, began = _plug_of(kwargs), time.monotonic()
    infos = [None] * len(solution_strs) if extra_infos is None else extra_infos
    samples = [make_sample(*given) for given in zip(data_sources, solution_strs, ground_truths, infos, strict=True)]
    scores = plug.scores(samples)
    seconds, flat = time.monotonic() - began, [0.0] * len(samples)
    for group in equal_queries(samples):
        for i in group if is_flat(scores, group) else ():
            flat[i] = 1.0
    return [plug.keys(score, seconds, seconds, zero_variance=flat[i]) for i, score in enumerate(scores)]
