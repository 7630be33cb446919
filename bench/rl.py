"""./dev bench rl: GRPO with TRL on a CPU; the same small policy, rewarded in nine ways, judged by true success on held-out prompts.

Five tasks (rl_tasks.py): sums, code, translation, texts under conditions, and chat, whose quality only a reward model can tell. The
policy (rl_policy.py) is trained from scratch for each seed until it half knows all tasks and all loopholes; every arm
(rl_rewards.py) then trains its own copy with the same seeds, prompts and budget. RLAR's library is what `rlar build --llm none --hub on`
makes of the training rows; the reward model is found on a local Hub that also offers two that are no good. Judged by `is_right`, which no arm but
the upper bound is rewarded with, on responses drawn at temperature 1 to prompts that no arm was trained on.

Hyper-parameters are one set for all arms, chosen by how the arm "true checkers" learns on seed 0. Finished runs are kept in build/bench/rl/runs.jsonl, so
that the command goes on where it was stopped.

    ./dev bench rl [--seeds N] [--first-seed N] [--arms A,B,…] [--steps N] [--picture FILE] [--json FILE] [--explain]
    ./dev bench rl --loophole [--seeds N]     a reward with a loophole, evolution on and off; see rl_loophole.py
    ./dev bench rl --large MODEL --train ROWS --held-out ROWS     a causal model by name on your own rows; see rl_large.py
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests" / "python"), str(ROOT / "tests" / "models")]
os.environ.setdefault("RLAR_MODELS_PYTHON", sys.executable)
os.environ.update(TRANSFORMERS_VERBOSITY="error", TOKENIZERS_PARALLELISM="false", HF_HUB_DISABLE_PROGRESS_BARS="1")

OUT = ROOT / "build" / "bench" / "rl"
SETTINGS = {"steps": 90, "batch": 128, "generations": 8, "rate": 7e-4, "warm": 500, "draws": 4}


def wait_for_model(arms, row) -> None:
    """The reward model's worker starts at its first score."""
    deadline = time.monotonic() + 120
    while arms["only reward model"]([row["prompt"]], ["hello"], id=[row["id"]]) == [None]:
        if time.monotonic() > deadline:
            raise SystemExit(
                "the reward model gave no score within 120 s; RLAR_MODELS_PYTHON must name a Python with torch and transformers"
            )
        time.sleep(0.5)


@contextlib.contextmanager
def running_arms(rows, train_rows, other_rows):
    """(reward functions by arm, what the build said), while the servers and children behind them run."""
    from hub_server import Hub
    from rl_reward_model import make_hub
    from rl_rewards import HandMap, make_arms
    from rl_train import build_library, reward_model_of
    from support import serve

    repos = make_hub(OUT / "hub", [row for row in other_rows if row["kind"] == "chat"])
    with Hub(OUT / "hub", repos) as hub:
        told = build_library(train_rows, OUT, hub.url)
    os.environ.update(HF_HOME=str(OUT / "hf"), HF_HUB_OFFLINE="1")
    with serve("--library", OUT / "library") as server:
        hand = HandMap()
        try:
            arms = make_arms(rows, server.url, reward_model_of(OUT / "library"), hand)
            wait_for_model(arms, next(row for row in train_rows if row["kind"] == "chat"))
            yield arms, told
        finally:
            hand.close()


def explain(arms, train_rows, kinds) -> None:
    """What each arm pays for each style of response, the mean over rows: a high number below `right` is what a policy is led by."""
    from rl_tasks import STYLES, is_right
    from rl_train import as_dataset

    columns = as_dataset(train_rows)
    rng = random.Random(5)
    names = list(arms)
    print(
        "\nmean reward by style of response (-: no score)\n"
        + " " * 26
        + " ".join(f"{name.removeprefix('only ')[:9]:>9s}" for name in names)
    )
    for kind in kinds:
        places = [i for i, row in enumerate(train_rows) if row["kind"] == kind][:30]
        for style, share, make in STYLES[kind]:
            said = [make(train_rows[i], rng) for i in places]
            asked = {name: columns.select(places)[name] for name in columns.column_names if name != "prompt"}
            shown = []
            for arm in names:
                values = arms[arm](
                    [train_rows[i]["prompt"] for i in places], said, **{name: list(of) for name, of in asked.items()}
                )
                shown.append("        -" if None in values else f"{statistics.mean(values):9.2f}")
            mark = "+" if all(is_right(train_rows[i], text) for i, text in zip(places, said)) else " "
            print(f"  {mark} {kind + ' ' + style:21s} " + " ".join(shown))


def load_runs(settings: dict, sources: str) -> list[dict]:
    path = OUT / "runs.jsonl"
    kept = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    return [run for run in kept if run["settings"] == settings and run["sources"] == sources]


def small(options) -> None:
    import torch
    from rl_policy import make_tokenizer, true_success
    from rl_report import claims, picture, table
    from rl_tasks import KINDS, split
    from rl_train import one_run, source_hash, warm_policy

    torch.set_num_threads(1)  # two busy teams on two cores stall each other
    OUT.mkdir(parents=True, exist_ok=True)
    settings = SETTINGS | ({"steps": options.steps} if options.steps else {})
    sources = source_hash("rl_tasks.py", "rl_policy.py", "rl_rewards.py", "rl_hand_map.py", "rl_train.py")
    train_rows, held_out, other_rows = split()
    rows = {row["id"]: row for row in train_rows}
    tokenizer = make_tokenizer()
    runs = load_runs(settings, sources)
    with running_arms(rows, train_rows, other_rows) as (arms, told), tempfile.TemporaryDirectory() as folder:
        print(told)
        if options.explain:
            explain(arms, train_rows, KINDS)
        wanted = options.arms.split(",") if options.arms else ["warm start", *arms]
        seeds = range(options.first_seed, options.first_seed + options.seeds)
        for seed in seeds:
            base = warm_policy(tokenizer, OUT, seed, settings["warm"])
            for arm in wanted:
                if any(run["arm"] == arm and run["seed"] == seed for run in runs):
                    continue
                if arm == "warm start":
                    success = true_success(base, tokenizer, held_out, draws=settings["draws"], seed=1000 + seed)
                    run = {
                        "arm": arm,
                        "seed": seed,
                        "success": success,
                        "seconds": 0.0,
                        "reward_seconds": 0.0,
                        "unscored": 0.0,
                    }
                else:
                    run = one_run(base, tokenizer, arm, arms[arm], seed, settings, train_rows, held_out, folder)
                run |= {"settings": settings, "sources": sources}
                runs.append(run)
                with (OUT / "runs.jsonl").open("a") as file:
                    file.write(json.dumps(run) + "\n")
                shares = "  ".join(f"{kind} {100 * run['success'][kind]:.0f}" for kind in KINDS)
                print(
                    f"seed {seed}  {arm:20s} {100 * run['success']['']:5.1f} %  {run['seconds']:5.1f} s  {shares}",
                    flush=True,
                )
    runs = [run for run in runs if run["seed"] in seeds and run["arm"] in wanted]
    title = f"true success on {len(held_out)} held-out prompts, {options.seeds} seeds"
    print(f"\n{title}, {settings['steps']} GRPO steps, mean and 95 % interval, percent\n{table(runs, KINDS)}\n")
    for what, holds, figures in claims(runs):
        print(f"  {'holds' if holds else 'FAILS'}  {what}: {figures}")
    finish(options, runs, settings, picture(runs, title + " (95 % intervals)"))


def finish(options, runs, settings, svg: str) -> None:
    import torch
    import transformers
    import trl

    versions = {"trl": trl.__version__, "torch": torch.__version__, "transformers": transformers.__version__}
    print(f"  {platform.processor() or platform.machine()}, 1 thread, {versions}")
    if options.picture and svg:
        options.picture.parent.mkdir(parents=True, exist_ok=True)
        options.picture.write_text(svg)
    if options.json:
        machine = {"cpu": platform.processor() or platform.machine(), "threads": 1}
        report = {
            "schema_version": 1,
            "bench": "rl",
            "machine": machine,
            "versions": versions,
            "seed": 0,
            "settings": settings,
        }
        options.json.write_text(json.dumps(report | {"rows": runs}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first-seed", type=int, default=0, help="the seeds are this one and those behind it")
    parser.add_argument("--steps", type=int, default=0, help="GRPO steps (default: as measured)")
    parser.add_argument("--arms", default="", help="some of the arms, by name, separated by commas (default: all)")
    parser.add_argument(
        "--loophole", action="store_true", help="a reward that is gamed, with evolution on and off; see rl_loophole.py"
    )
    parser.add_argument(
        "--share",
        type=float,
        default=0.04,
        help="--loophole: how often the half-trained policy uses it (default: %(default)s)",
    )
    parser.add_argument("--explain", action="store_true", help="print what each arm pays for each style of response")
    parser.add_argument("--picture", type=Path, default=OUT / "rl.svg", help="where the plot goes")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--large", metavar="MODEL", help="a causal language model, by name or folder")
    parser.add_argument("--train", type=Path, help="--large: rows to train on (JSON Lines)")
    parser.add_argument("--held-out", type=Path, help="--large: rows to judge on (JSON Lines)")
    parser.add_argument("--new-tokens", type=int, default=400, help="--large: longest response")
    parser.add_argument("--rate", type=float, default=1e-6, help="--large: learning rate")
    options = parser.parse_args()
    if options.loophole:
        from rl_loophole import loophole

        return loophole(options, OUT, finish)
    if options.large:
        from rl_large import large

        return large(options, OUT, finish)
    small(options)


if __name__ == "__main__":
    main()
