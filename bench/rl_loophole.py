"""`./dev bench rl --loophole`: a live GRPO run whose reward has a loophole that the policy finds, with evolution on and off.

Sums, rewarded by a route that was set by hand to `contains`, which a response may please by naming two numbers. `number_equal` is the route's
second tool: it gives no reward, it is run beside; what it refuses of right answers was measured on the training rows. `--share` says how often the
half-trained policies use the loophole. Arms, from the same half-trained policies, with the same seeds and budget:

  evolution off    rlar serve; the route stays what it is
  evolution on     rlar serve --gather --follow, and `rlar evolve --watch` beside it: the alarm `gamed`, quarantine, and what it builds instead
  right from the start    the library as `rlar build` made it

While a route is out of use its responses have no score, which TRL leaves out. Judged by true success on held-out prompts at the end; also
printed: the reward and the true success of the responses that were trained on, for each eighth of a run, and when the library's version changed.
"""

from __future__ import annotations

import contextlib
import copy
import json
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

SETTINGS = {"steps": 160, "batch": 64, "generations": 8, "rate": 5e-4, "warm": 400, "draws": 8, "new_tokens": 10}
ARMS = ("evolution off", "evolution on", "right from the start")


@contextlib.contextmanager
def rarely(style: str, share: float):
    """Warm starts whose policy answers sums in `style` only that often: the loophole is to be found, not known."""
    import rl_tasks

    usual = rl_tasks.STYLES["sum"]
    rl_tasks.STYLES["sum"] = [(name, share if name == style else part, make) for name, part, make in usual]
    try:
        yield
    finally:
        rl_tasks.STYLES["sum"] = usual


class Watched:
    """A reward function that notes, call by call, what was paid and what was truly right."""

    def __init__(self, reward, rows) -> None:
        self.reward, self.rows, self.calls = reward, rows, []
        self.__name__ = "reward"

    def __call__(self, prompts, completions, id, **columns) -> list[float | None]:
        from rl_tasks import is_right

        values = self.reward(prompts, completions, id=id, **columns)
        paid = [value for value in values if value is not None]
        right = statistics.mean(is_right(self.rows[one], text) for one, text in zip(id, completions))
        self.calls.append((statistics.mean(paid) if paid else None, right, len(values) - len(paid)))
        return values

    def eighths(self) -> list[tuple[float | None, float]]:
        size = max(1, len(self.calls) // 8)
        parts = [self.calls[i : i + size] for i in range(0, size * 8, size)]
        return [
            (
                statistics.mean(paid) if (paid := [p for p, _, _ in part if p is not None]) else None,
                statistics.mean(right for _, right, _ in part),
            )
            for part in parts
            if part
        ]


@contextlib.contextmanager
def evolving(library: Path):
    """`rlar evolve --watch` beside a training; what it said is yielded as a file."""
    from support import RLAR

    said = library / "evolve.log"
    with said.open("w") as file:
        child = subprocess.Popen(
            [RLAR, "evolve", "--library", str(library), "--watch", "--every", "1"], stdout=file, stderr=file
        )
        try:
            yield said
        finally:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(timeout=30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def make_libraries(train_rows, out: Path) -> tuple[Path, Path]:
    """(the library as built, the one whose route for sums is `contains`)."""
    from rl_train import build_library
    from support import run

    print(build_library(train_rows, out))
    gamed = out / "gamed"
    shutil.rmtree(gamed, ignore_errors=True)
    shutil.copytree(out / "library", gamed)
    run(
        "route",
        "set",
        "sum",
        "contains",
        "--second",
        "number_equal",
        "--data",
        out / "train.jsonl",
        "--library",
        gamed,
        "--why",
        "a loophole, on purpose",
    )
    return out / "library", gamed


def one_arm(arm: str, base, tokenizer, seed: int, settings, rows, held_out, libraries, folder: str) -> dict[str, Any]:
    import rlar.trl
    from rl_policy import true_success
    from rl_train import train
    from support import serve

    library = Path(folder) / f"library-{arm.replace(' ', '-')}-{seed}"
    shutil.copytree(libraries[arm == ARMS[1] or arm == ARMS[0]], library)
    first = (library / "CURRENT").read_text().strip()
    model = copy.deepcopy(base)
    more = ("--gather", "--follow", "--tick-ms", "200") if arm == ARMS[1] else ()
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serve("--library", library, *more))
        said = stack.enter_context(evolving(library)) if more else None
        watched = Watched(rlar.trl.Reward(url=server.url), {row["id"]: row for row in rows})
        train(model, tokenizer, rows, watched, seed, settings, folder)
    success = true_success(model, tokenizer, held_out, draws=settings["draws"], seed=1000 + seed)
    told = [line for line in said.read_text().splitlines() if "quarantine" in line or "served" in line] if said else []
    unscored = [i for i, (_, _, missing) in enumerate(watched.calls) if missing]
    return {
        "arm": arm, "seed": seed, "success": success, "seconds": round(time.monotonic() - start, 1), "eighths": watched.eighths(),
        "unscored": sum(missing for _, _, missing in watched.calls) / (len(watched.calls) * settings["batch"]), "told": told,
        "out_of_use": [unscored[0], unscored[-1]] if unscored else None, "moved": (library / "CURRENT").read_text().strip() != first,
    }  # fmt: skip


def show(run: dict[str, Any]) -> None:
    print(
        f"seed {run['seed']}  {run['arm']:22s} true success {100 * run['success']['']:5.1f} %  {run['seconds']:.0f} s",
        flush=True,
    )
    for name, place in (("reward", 0), ("truly right", 1)):
        print(
            f"      {name:12s}"
            + " ".join("    -" if part[place] is None else f"{part[place]:5.2f}" for part in run["eighths"])
        )
    if run["out_of_use"]:
        print("      without a score in the steps {} to {}".format(*run["out_of_use"]))
    for line in run["told"][:4]:
        print(f"      rlar evolve: {line[:150]}", flush=True)


def loophole(options, out: Path, finish) -> None:
    import torch
    from rl_policy import make_model, make_tokenizer, warm_start
    from rl_report import gaps, least, picture, table
    from rl_tasks import split

    torch.set_num_threads(1)
    out = out / "loophole"
    out.mkdir(parents=True, exist_ok=True)
    settings = SETTINGS | ({"steps": options.steps} if options.steps else {})
    train_rows, held_out, _ = ([row for row in part if row["kind"] == "sum"] for part in split())
    libraries = make_libraries(train_rows, out)
    tokenizer = make_tokenizer()
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seeds):
            torch.manual_seed(seed)
            base = make_model(tokenizer)
            with rarely("two answers", options.share):
                warm_start(base, tokenizer, seed, settings["warm"], kinds=("sum",))
            for arm in options.arms.split(",") if options.arms else ARMS:
                runs.append(one_arm(arm, base, tokenizer, seed, settings, train_rows, held_out, libraries, folder))
                show(runs[-1])
    title = f"true success on {len(held_out)} held-out sums, {options.seeds} seeds"
    print(f"\n{title}, {settings['steps']} GRPO steps, mean and 95 % interval, percent\n{table(runs, ('sum',))}\n")
    ahead = gaps(runs, "evolution on", "evolution off")
    if len(ahead) > 1:
        low = least(ahead)
        print(
            f"  {'holds' if low > 0 else 'FAILS'}  evolution on is ahead of off: mean {statistics.mean(ahead):+.2f}, 95 % lower bound {low:+.2f} points"
        )
    moved = [run["moved"] for run in runs if run["arm"] == "evolution on"]
    print(f"  the library changed in {sum(moved)} of {len(moved)} runs with evolution on")
    (out / "runs.json").write_text(json.dumps(runs))
    finish(options, runs, settings, picture(runs, title))
