"""The arms of `./dev bench rl`: what each policy is rewarded by. An arm is a reward function as TRL calls it; rows are found by their id.

  RLAR            rlar.trl.Reward over HTTP, routed by the library that `rlar build` made from the training rows
  static rule     the paper's: exact number for maths rows, else 0.7 × BLEU-1 + 0.3 × length ratio
  exact match     the response is the reference
  only TOOL       one tool for every row: math_equal, chrf, contains, or the reward model
  hand-written    a map from each task to a PyPI verifier (rl_hand_map.py); chat goes to the same reward model
  true checkers   the judge itself: the upper bound

Where a row has no reference (chat), the arms that compare texts get its better reply as one. None: the arm has no score for it.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import rlar.trl
from rl_tasks import data_row, is_right
from rlar.client import Client

ROOT = Path(__file__).resolve().parents[1]
HAND_MAP_PYTHON = ROOT / "build" / "venvs" / "demo" / "bin" / "python"
SINGLE_TOOLS = ("math_equal", "chrf", "contains")

Reward = Callable[..., list[float | None]]
Rows = dict[str, dict[str, Any]]


def known_text(row: dict[str, Any]) -> str:
    return row.get("reference") or row["chosen"]


def static_rule(row: dict[str, Any], text: str) -> float:
    truth = known_text(row)
    if re.fullmatch(r"-?[\d.,]+", truth):
        numbers = re.findall(r"-?\d+(?:\.\d+)?", text)
        return float(bool(numbers) and numbers[-1] == truth)
    said, wanted = text.split(), truth.split()
    hits = sum(min(said.count(word), wanted.count(word)) for word in set(said))
    precision = hits / len(said) if said else 0.0
    brevity = 1.0 if len(said) >= len(wanted) else math.exp(1 - len(wanted) / max(1, len(said)))
    ratio = min(len(said), len(wanted)) / max(len(said), len(wanted), 1)
    return 0.7 * brevity * precision + 0.3 * ratio


def by_row(rows: Rows, judge: Callable[[dict[str, Any], str], float]) -> Reward:
    def reward(prompts, completions, id, **_):
        return [float(judge(rows[one], text)) for one, text in zip(id, completions)]

    return reward


def only_tool(rows: Rows, url: str, tool: str) -> Reward:
    """One tool of the server for every row, whatever its task."""
    client = Client(url)

    def reward(prompts, completions, id, **_):
        asked = [
            {"prompt": rows[one]["prompt"], "reference": known_text(rows[one]), "response": text}
            for one, text in zip(id, completions)
        ]
        return [score.value if score.ok else None for score in client.score(asked, tool=tool)]

    return reward


class HandMap:
    """The child that holds the PyPI verifiers; one line a question, in order."""

    def __init__(self) -> None:
        self.child = subprocess.Popen(
            [str(HAND_MAP_PYTHON), str(ROOT / "bench" / "rl_hand_map.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __call__(self, kind: str, row: dict[str, Any], responses: Sequence[str]) -> list[float]:
        self.child.stdin.write(json.dumps({"kind": kind, "row": row, "responses": list(responses)}) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"the hand-written verifiers ended on a response to {row['prompt']!r}")
        return json.loads(line)

    def close(self) -> None:
        self.child.stdin.close()
        self.child.wait(timeout=30)


def hand_written(rows: Rows, hand: HandMap, chat: Reward) -> Reward:
    def reward(prompts, completions, id, **_):
        values: list[float | None] = [None] * len(completions)
        talk = [i for i, one in enumerate(id) if rows[one]["kind"] == "chat"]
        if talk:
            scored = chat([prompts[i] for i in talk], [completions[i] for i in talk], id=[id[i] for i in talk])
            for i, value in zip(talk, scored):
                values[i] = value
        for one in dict.fromkeys(id):
            row = rows[one]
            places = [i for i, other in enumerate(id) if other == one]
            if row["kind"] != "chat":
                for i, value in zip(places, hand(row["kind"], data_row(row), [completions[i] for i in places])):
                    values[i] = value
        return values

    return reward


def make_arms(rows: Rows, url: str, reward_model: str, hand: HandMap) -> dict[str, Reward]:
    model = only_tool(rows, url, reward_model)
    return {
        "RLAR": rlar.trl.Reward(url=url),
        "true checkers": by_row(rows, is_right),
        "hand-written": hand_written(rows, hand, model),
        "static rule": by_row(rows, static_rule),
        "exact match": by_row(rows, lambda row, text: text == known_text(row)),
        **{f"only {tool}": only_tool(rows, url, tool) for tool in SINGLE_TOOLS},
        "only reward model": model,
    }
