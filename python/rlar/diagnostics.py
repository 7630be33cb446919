"""What a plug saw, as numbers under names that do not change during a run.

Trainers' loggers (W&B, TensorBoard, verl's columns) want the same keys at every step. They are learnt once, from the routes of the
library that scores; whatever a later version adds is counted as "other".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rlar.rows import Sample
from rlar.score import Score

OTHER = "other"
STATUS_CODES = {"ok": 0.0, "invalid": 1.0, "failed": 2.0}
# Routes that combine several tools state each one's value as the component TOOL/value; one that chooses does not.
_COMBINED = frozenset({"weighted", "gate", "min", "first"})


@dataclass(frozen=True)
class Names:
    """The tasks, tools and components that keys are made of. Unversioned: a new version of a tool goes on under its name."""

    tasks: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    components: tuple[str, ...] = ()

    @classmethod
    def of_status(
        cls, status: dict[str, Any], tool: str = "", components: Iterable[str] = (), limit: int = 64
    ) -> Names:
        """From the routes of GET /v1/status (or of Engine.status); at most `limit` tasks and tools, the first ones. `tool`: the
        one that scores instead of the routes. `components`: further ones to be shown.
        """
        tasks: dict[str, None] = {}
        tools: dict[str, None] = {}
        parts: dict[str, None] = dict.fromkeys(components)
        if tool:
            tools[tool.split(":", 1)[0].split("@", 1)[0]] = None
        for route in () if tool else status.get("routes", ()):
            tasks[route["task"]] = None
            names = [_name(part) for part in route["tools"]]
            tools.update(dict.fromkeys(names))
            if len(names) > 1 and route.get("combine") in _COMBINED:
                tools[_combined(route["task"])] = None
                parts.update(dict.fromkeys(f"{name}/value" for name in names))
        return cls(tuple(tasks)[:limit], tuple(tools)[:limit], tuple(parts)[:limit])

    def task_of(self, score: Score) -> str:
        return _known(_name(score.route), self.tasks)

    def tool_of(self, score: Score) -> str:
        return _known(_name(score.tool), self.tools)


def _name(text: str) -> str:
    """NAME of "NAME@version"; a combined route's tool "route:TASK@version" is the name "route:TASK"."""
    return text.rsplit("@", 1)[0]


def _combined(task: str) -> str:
    return f"route:{task}"


def _known(name: str, names: tuple[str, ...]) -> str:
    return name if name in names else OTHER


NO_NAMES = Names()


def sample_keys(
    names: Names, score: Score, reward: float, seconds: float, exposed: float, **more: float
) -> dict[str, float]:
    """One sample as numbers; the same keys for every score. Of a mean over samples: `rlar/task/T` is T's share, and
    `rlar/reward/T` divided by it T's mean reward; a component that the sample does not have is 0. `more` become `rlar/NAME`.
    `seconds`: what the sample waited; `exposed`: what the trainer waited with nothing left to generate. The mean of `rlar/usd` times
    1,000 is what paid judges take for 1,000 rollouts. NO_NAMES leaves tasks, tools and components out.
    """
    task, tool = names.task_of(score), names.tool_of(score)
    keys = {
        "score": float(reward),
        "rlar_valid": 1.0 if score.ok else 0.0,
        "rlar_status": STATUS_CODES[score.status],
        "rlar_ms": float(score.ms),
        "rlar/seconds": float(seconds),
        "rlar/exposed_seconds": float(exposed),
        "rlar/usd": usd_of(score),
    }
    keys.update({f"rlar/{name}": float(value) for name, value in more.items()})
    if names is NO_NAMES:
        return keys
    for name in (*names.tasks, OTHER):
        keys[f"rlar/task/{name}"] = 1.0 if name == task else 0.0
        keys[f"rlar/reward/{name}"] = float(reward) if name == task else 0.0
    for name in (*names.tools, OTHER):
        keys[f"rlar/tool/{name}"] = 1.0 if name == tool else 0.0
    for name in names.components:
        keys[f"rlar/component/{name}"] = float(score.components.get(name, 0.0))
    return keys


def batch_metrics(
    names: Names, samples: Sequence[Sample], scores: Sequence[Score], groups: Sequence[Sequence[int]], seconds: float
) -> dict[str, float]:
    """A batch as numbers; the trainer waits for it, all of its `seconds`. Shares are always there; a mean is where there is something to take it of, never a made-up 0."""
    count = len(scores)
    if not count:
        return {}
    metrics = {
        "valid": sum(score.ok for score in scores) / count,
        "invalid": sum(score.status == "invalid" for score in scores) / count,
        "failed": sum(score.status == "failed" for score in scores) / count,
        "seconds": seconds,
        "usd_per_1000": 1000 * sum(map(usd_of, scores)) / count,
    }
    _put_mean(metrics, "mean", [score.value for score in scores if score.ok])
    known = [sample.truncated for sample in samples if sample.truncated is not None]
    _put_mean(metrics, "truncated", known)
    _put_mean(metrics, "zero_variance", [flat for group in groups if (flat := is_flat(scores, group)) is not None])
    for kind, of, all_names in (("task", names.task_of, names.tasks), ("tool", names.tool_of, names.tools)):
        by_name: dict[str, list[Score]] = {name: [] for name in (*all_names, OTHER)}
        for score in scores:
            by_name[of(score)].append(score)
        for name, found in by_name.items():
            metrics[f"{kind}/{name}/share"] = len(found) / count
            _put_mean(metrics, f"{kind}/{name}/mean", [score.value for score in found if score.ok])
    for name in names.components:
        _put_mean(metrics, f"component/{name}", [s.components[name] for s in scores if s.ok and name in s.components])
    return metrics


def usd_of(score: Score) -> float:
    """What paid judges took for it, in US dollars. Equal responses that share a call each carry its cost."""
    return float(sum(value for name, value in score.components.items() if name == "usd" or name.endswith("/usd")))


def is_flat(scores: Sequence[Score], group: Sequence[int]) -> bool | None:
    """Whether a group's rewards are all the same; None where fewer than two have one."""
    values = [scores[i].value for i in group if scores[i].ok]
    return None if len(values) < 2 else min(values) == max(values)


def _put_mean(metrics: dict[str, float], name: str, values: Sequence[float]) -> None:
    if values:
        metrics[name] = sum(values) / len(values)
