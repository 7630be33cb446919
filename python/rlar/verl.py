"""verl: `reward.custom_reward_function.path=pkg://rlar.verl` (name `compute_score`).

verl takes the keys of its extra columns from the first sample of a batch, so every sample gets the same keys, numbers only.
verl has no way to say "no score": a sample without one raises, unless `on_failure=neutral=NUMBER` names what to send; the key
`rlar_valid` then tells those samples apart.
"""

from __future__ import annotations

import asyncio
from typing import Any

from rlar.backend import backend, parse_on_failure
from rlar.score import Score

STATUS_CODES = {"ok": 0.0, "invalid": 1.0, "failed": 2.0}


def make_row(
    data_source: str, solution_str: str, ground_truth: Any, extra_info: dict[str, Any] | None
) -> dict[str, Any]:
    """A row from what verl passes. `extra_info` may hold the keys question or prompt, params, task and id."""
    extra = dict(extra_info or {})
    row: dict[str, Any] = {
        "prompt": extra.pop("prompt", None) or extra.pop("question", None) or "",
        "response": solution_str,
        "source": data_source or "",
    }
    if ground_truth is not None:
        row["reference"] = ground_truth
    for key in ("params", "task", "id"):
        if extra.get(key) is not None:
            row[key] = extra.pop(key)
    row["extra_info"] = _plain(extra)
    return row


def _plain(value: Any) -> Any:
    """JSON can hold it: numpy scalars and arrays become plain, what nothing can be made of becomes text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    return str(value)


def to_verl(score: Score, on_failure: float | str) -> dict[str, float]:
    """The constant keys: score, rlar_valid (1 where the score is a real one), rlar_status, rlar_ms."""
    if not score.ok and on_failure == "raise":
        raise RuntimeError(f"no score: {score.status} ({score.error_class}): {score.reason}")
    return {
        "score": float(score.value) if score.ok else float(on_failure),
        "rlar_valid": 1.0 if score.ok else 0.0,
        "rlar_status": STATUS_CODES[score.status],
        "rlar_ms": float(score.ms),
    }


def compute_score_sync(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: dict[str, Any] | None = None,
    url: str = "",
    library: str = "",
    token: str = "",
    timeout: float = 120.0,
    on_failure: str = "raise",
    **_: Any,
) -> dict[str, float]:
    """The same, for reward managers that call functions in a thread."""
    becomes = parse_on_failure(on_failure, ("raise",))
    row = _plain(make_row(data_source, solution_str, ground_truth, extra_info))
    score = backend(url=url, library=library, token=token, timeout=timeout).score([row])[0]
    return to_verl(score, becomes)


async def compute_score(
    data_source: str, solution_str: str, ground_truth: Any, extra_info: dict[str, Any] | None = None, **kwargs: Any
) -> dict[str, float]:
    """verl's asynchronous form: the reward loop goes on while the score is fetched. `reward_kwargs` sets url, library, token,
    timeout (s) and on_failure ("raise" or "neutral=NUMBER").
    """
    return await asyncio.to_thread(compute_score_sync, data_source, solution_str, ground_truth, extra_info, **kwargs)
