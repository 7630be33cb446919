"""TRL: `GRPOTrainer(reward_funcs=[rlar.trl.Reward(url=...)])`.

TRL leaves a `None` out of the reward, which is just what a score without a number means; so that is the default.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rlar.backend import backend, parse_on_failure
from rlar.score import Score

# Columns that hold the reference under the names data sets use, in this order.
REFERENCE_COLUMNS = ("reference", "ground_truth", "answer", "solution", "target")
_TRAINER_KEYWORDS = {"completion_ids", "trainer_state", "log_extra", "log_metric", "environments", "prompt_ids"}


class Reward:
    """A reward function for TRL's trainers; picklable.

    url, library   where scores come from (else RLAR_URL or RLAR_LIBRARY)
    tool, params   score with one tool instead of the library's routes
    reference      the column that holds the reference (else the first of REFERENCE_COLUMNS that the data has)
    on_failure     "skip" (None, the default), "raise", or "neutral=NUMBER"
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
    ) -> None:
        self.where = {"url": url, "library": library, "token": token, "timeout": timeout}
        self.tool, self.params, self.reference = tool, params, reference
        self.on_failure = parse_on_failure(on_failure, ("skip", "raise"))
        self.__name__ = name  # TRL logs rewards under the function's name

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        rows = [self._row(i, prompts[i], completions[i], columns) for i in range(len(completions))]
        scores = backend(**self.where).score(rows, tool=self.tool, params=self.params)
        if log_metric is not None and scores:
            log_metric(f"{self.__name__}/valid", sum(score.ok for score in scores) / len(scores))
        return [self._number(score) for score in scores]

    def _row(self, i: int, prompt: Any, completion: Any, columns: dict[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {"prompt": prompt, "response": completion}
        for name, values in columns.items():
            if name in _TRAINER_KEYWORDS or not isinstance(values, (list, tuple)) or len(values) <= i:
                continue
            if values[i] is not None:
                row[name] = values[i]
        reference = self.reference or next((name for name in REFERENCE_COLUMNS if name in row), "")
        if reference and reference != "reference" and reference in row:
            row["reference"] = row.pop(reference)
        return row

    def _number(self, score: Score) -> float | None:
        if score.ok:
            return score.value
        if self.on_failure == "raise":
            raise RuntimeError(f"no score: {score.status} ({score.error_class}): {score.reason}")
        return None if self.on_failure == "skip" else float(self.on_failure)


def reward(prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float | None]:
    """The plain function: where scores come from is set by RLAR_URL or RLAR_LIBRARY."""
    return Reward()(prompts, completions, **columns)
