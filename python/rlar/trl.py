"""TRL: `GRPOTrainer(reward_funcs=[rlar.trl.Reward(url=...)])`.

TRL leaves a `None` out of the reward, which is just what a score without a number means; so that is the default.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from rlar.backend import backend, parse_on_failure, score_samples
from rlar.diagnostics import Names, batch_metrics
from rlar.rows import REFERENCE_COLUMNS, Sample, groups_of, plain, response_of, tidy
from rlar.score import Score

__all__ = ["REFERENCE_COLUMNS", "Reward", "reward"]

_TRAINER_KEYWORDS = {"completion_ids", "trainer_state", "log_extra", "log_metric", "environments", "prompt_ids"}


class Reward:
    """A reward function for TRL's trainers; picklable, thread-safe.

    url, library   where scores come from (else RLAR_URL or RLAR_LIBRARY); version pins one of the library's versions
    tool, params   score with one tool instead of the library's routes
    reference      the column that holds the reference (else the first of REFERENCE_COLUMNS that the data has)
    on_failure     "skip" (None for the sample, the default), "drop_group" (None for every completion of its prompt), "raise",
                   "neutral=NUMBER", or "retry=N+" one of these
    eos_token_id   of the policy (or several, the padding's among them): a completion that ends with none of them was cut off.
                   Without it the plug does not know which were
    components     names of components to be logged, besides those of routes that combine tools
    timeout        seconds to wait for an answer of the server, retries of the connection included; then ServerError

    Turns pass through: conversational completions with tool calls and tool results as they are, a column `state` (or what an
    environment's `state` gives) as the end state.
    """

    def __init__(
        self,
        url: str = "",
        library: str = "",
        tool: str = "",
        params: dict[str, Any] | None = None,
        reference: str = "",
        on_failure: str = "skip",
        token: str = "",
        timeout: float = 120.0,
        name: str = "rlar",
        version: str = "",
        eos_token_id: int | Sequence[int] | None = None,
        components: Sequence[str] = (),
    ) -> None:
        self.where = {"url": url, "library": library, "token": token, "timeout": timeout, "version": version}
        self.tool, self.params, self.reference = tool, params, reference
        self.on_failure = parse_on_failure(on_failure, ("skip", "drop_group", "raise", "neutral"))
        self.eos = None if eos_token_id is None else set(_as_list(eos_token_id))
        self.components = tuple(components)
        self.names: Names | None = None  # learnt when first needed, and kept
        self.__name__ = name  # TRL logs rewards under the function's name

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        began = time.monotonic()
        samples = [self._sample(i, prompts[i], completions[i], columns) for i in range(len(completions))]
        source = backend(**self.where)
        scores = score_samples(source, samples, self.tool, self.params, self.on_failure.retries)
        groups = groups_of(samples)
        if log_metric is not None and scores:
            if self.names is None:
                self.names = Names.of_status(source.status(), self.tool, self.components)
            seconds = time.monotonic() - began
            for key, value in batch_metrics(self.names, samples, scores, groups, seconds).items():
                log_metric(f"{self.__name__}/{key}", value)
        numbers = self.on_failure.numbers(scores, groups)
        return self._drop_groups(samples, scores, numbers) if self.on_failure.last == "drop_group" else numbers

    def _sample(self, i: int, prompt: Any, completion: Any, columns: dict[str, Any]) -> Sample:
        row: dict[str, Any] = {"prompt": plain(prompt)}
        for name, values in columns.items():
            if name in _TRAINER_KEYWORDS or not isinstance(values, (list, tuple)) or len(values) <= i:
                continue
            if values[i] is not None:
                row[name] = plain(values[i])
        tidy(row, self.reference)
        ids = columns.get("completion_ids")
        ids = ids[i] if isinstance(ids, (list, tuple)) and len(ids) > i else None
        finish = row.pop("finish_reason", None)
        if finish is None and self.eos is not None and ids is not None and len(ids):
            finish = "stop" if int(ids[-1]) in self.eos else "length"
        state = row.pop("state", None)
        if state is None:
            state = _state_of(columns.get("environments"), i)
        tokens = None if ids is None else len(ids)
        return Sample(row, response_of(completion, prompt, state, finish, tokens))

    def _drop_groups(
        self, samples: Sequence[Sample], scores: Sequence[Score], numbers: list[float | None]
    ) -> list[float | None]:
        """A prompt's completions may lie on several processes: each hears from all which prompts have a failed one."""
        torch = sys.modules.get("torch")
        group = torch.distributed if torch is not None and torch.distributed.is_available() else None
        if group is None or not group.is_initialized() or group.get_world_size() < 2:
            return numbers
        keys = [sample.query_key for sample in samples]
        mine = sorted({key for key, score in zip(keys, scores, strict=True) if not score.ok})
        everyones: list[Any] = [None] * group.get_world_size()
        group.all_gather_object(everyones, mine)
        failed = {key for keys_of_one in everyones for key in keys_of_one}
        return [None if key in failed else number for key, number in zip(keys, numbers, strict=True)]


def _as_list(value: int | Sequence[int]) -> list[int]:
    return [value] if isinstance(value, int) else [int(item) for item in value]


def _state_of(environments: Any, i: int) -> Any:
    """The end state an environment says it is in: its `state`, a value or a method."""
    if not isinstance(environments, (list, tuple)) or len(environments) <= i:
        return None
    state = getattr(environments[i], "state", None)
    return state() if callable(state) else state


def reward(prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float | None]:
    """The plain function: where scores come from is set by RLAR_URL or RLAR_LIBRARY."""
    return Reward()(prompts, completions, **columns)
