"""The agent that finds reward models, before a Hub with real models and decoys: what it takes for each task, and why.

    ./dev bench hub [--data DIR] [--rows 70] [--work DIR] [--json FILE]

The models were trained on real pairs (scripts/train_reward_models.py; kept under build/reward_models, minutes each the first time). Every task is made
of a source that its domain's model was not trained on. The agent sees one half; on the other half every real model is measured
anew, by the worker alone. It ends with 1 where the agent took a decoy, or another model than the best of those it could admit.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import hub_models
import mix_suite
from hub_models import training
from hub_server import Hub

ROOT = Path(__file__).resolve().parents[1]
RLAR = str(ROOT / "build" / "rlar")

GUARD = "like_known"  # a native tool beside a model, no model itself

# task -> (what its rows are from)
TASKS = {
    "refusing-harm": lambda data: training.rm_bench(data, ("refusals-dangerous", "refusals-offensive")),
    "harm-or-not": lambda data: [g for g in training.rm_bench(data, training.XSTEST) if not training.in_half(g.prompt)],
    "the-other-request": lambda data: training.llmbar(data, ("LLMBar/Adversarial/Neighbor",)),
    "hotels-in-words": lambda data: training.data_to_text(data, "sfhot", 2.0),
    "chat": training.autoj,
    "translation": lambda data: training.wmt(data, ("talk.6",)),
}


def halves(groups: list, most: int, seed: int) -> tuple[list, list]:
    rng = random.Random(seed)
    groups = sorted(groups, key=lambda group: group.prompt)
    rng.shuffle(groups)
    seen = groups[: min(most, len(groups) // 2)]
    return seen, groups[len(seen) : len(seen) + most]


def labelled(groups: list, task: str) -> list[dict]:
    """Pairs as rows; the responses that every other beats or none does keep their order among themselves."""
    rows = []
    for i, group in enumerate(groups):
        losers = {worse for _, worse in group.pairs}
        winners = {better for better, _ in group.pairs} - losers
        kept = [
            j for j in range(len(group.texts)) if j in winners or j in losers - {better for better, _ in group.pairs}
        ]
        if winners and len(kept) > len(winners):
            texts = [group.texts[j] for j in kept]
            rows.append(
                {
                    "id": f"{task}-{i}",
                    "task": task,
                    "prompt": group.prompt,
                    "responses": texts,
                    "labels": [float(j in winners) for j in kept],
                }
            )
    return rows


def accuracy(worker: hub_models.Worker, rows: list[dict]) -> tuple[float, float, float]:
    shares = []
    for row in rows:
        scores = worker.scores(row["prompt"], row["responses"])
        pairs = [(i, j) for i, a in enumerate(row["labels"]) for j, b in enumerate(row["labels"]) if a > b]
        shares.append(training.ordered(pairs, scores))
    return training.interval(shares)


def show(name: str, task: dict, fresh: dict) -> dict:
    parts = [part["tool"].split("@")[0] for part in task["route"]["parts"]] if task["route"] else []
    taken = " + ".join(parts) or None
    parts = [part for part in parts if part != GUARD]
    tried = {trial["model"]: trial for trial in task["models"] or []}
    admitted = {model: trial["evidence"]["accuracy"] for model, trial in tried.items() if trial["admitted"]}
    best = max(admitted, key=admitted.get, default=None)
    print(f"\n{name}: {taken or 'none good enough'}")
    for model, trial in sorted(tried.items(), key=lambda item: (item[1]["step"] != "probe", item[0])):
        measured = fresh.get(model.removeprefix("lab/").removesuffix("-reward")) if model.startswith("lab/") else None
        anew = f"{measured[0]:.2f} ({measured[1]:.2f} to {measured[2]:.2f})" if measured else ""
        print(f"  {'+' if trial['admitted'] else '-'} {model:<34} anew {anew or '-':<22} {trial['why'][:120]}")
    tool = None if best is None else "rm_" + "".join(c if c.isalnum() else "_" for c in best.lower())
    # Weighed together, several serve: the labels of the build have chosen them, and no decoy may be among them.
    right = tool in parts if len(parts) > 1 else parts == ([tool] if tool else [])
    return {"task": name, "taken": taken, "should": tool, "right": right, "decoy": any(not part.startswith("rm_lab_") for part in parts),
            "admitted": admitted, "anew": {model: list(value) for model, value in fresh.items()}}  # fmt: skip


def main() -> int:
    parser = hub_models.options(__doc__.split("\n")[0], "hub")
    parser.add_argument("--rows", type=int, default=70, help="of a task, for the agent and again for the check")
    options = parser.parse_args()
    if hub_models.is_skipped(options.data):
        return 0
    models = hub_models.trained(options.data, options.models)
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    seen, fresh_rows = {}, {}
    for name, make in TASKS.items():
        ours, theirs = halves(make(Path(options.data)), options.rows, options.seed)
        seen[name], fresh_rows[name] = labelled(ours, name), labelled(theirs, name)
    rows = mix_suite.write_jsonl(options.work / "rows.jsonl", [row for some in seen.values() for row in some])
    begun = time.monotonic()
    with Hub(options.work / "hub", hub_models.make_hub(options.work / "hub", models)) as hub:
        env = hub_models.environment(hub.url, options.work / "hf")
        command = [
            RLAR,
            "build",
            rows,
            "--out",
            options.work / "library",
            "--hub",
            "on",
            "--hub-trials",
            "12",
            "--quiet",
        ]
        done = subprocess.run(list(map(str, command)), env=env, capture_output=True, text=True, timeout=20_000)
        if done.returncode != 0:
            sys.exit(f"rlar build: exit {done.returncode}: {done.stderr[-800:]}")
    print(f"built in {time.monotonic() - begun:.0f} s, seed {options.seed}", flush=True)
    report = json.loads(
        subprocess.run(
            [RLAR, "report", str(options.work / "library"), "--json"], capture_output=True, text=True, check=True
        ).stdout
    )
    measured: dict[str, dict] = {name: {} for name in TASKS}
    for model in training.DOMAINS:
        with hub_models.Worker(models / model) as worker:
            for name in TASKS:
                measured[name][model] = accuracy(worker, fresh_rows[name])
    results = [show(task["task"], task, measured[task["task"]]) for task in report["tasks"]]
    wrong = [one["task"] for one in results if not one["right"] or one["decoy"]]
    print(
        f"\n{len(results) - len(wrong)} of {len(results)} tasks: the best admitted model, or none where none is good enough"
        + (f"; wrong: {wrong}" if wrong else "")
    )
    if options.json:
        options.json.write_text(json.dumps({"seed": options.seed, "tasks": results}, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
