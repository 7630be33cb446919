"""One GRPO training of `./dev bench rl` with TRL, and what the bench needs around it: half-trained policies that are kept, a built library."""

from __future__ import annotations

import ast
import contextlib
import copy
import hashlib
import io
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from rl_policy import MAX_NEW, make_model, true_success, warm_start
from rl_tasks import data_row
from support import jsonl, run

ROOT = Path(__file__).resolve().parents[1]


def source_hash(*names: str) -> str:
    """What these files of bench/ do, whatever their layout and comments: runs of other code are not comparable."""
    trees = [ast.dump(ast.parse((ROOT / "bench" / name).read_text())) for name in names]
    return hashlib.sha256("\n".join(trees).encode()).hexdigest()[:12]


def warm_policy(tokenizer, folder: Path, seed: int, steps: int):
    """The seed's half-trained policy; trained once and kept in `folder`."""
    import torch

    path = folder / f"warm-{source_hash('rl_tasks.py', 'rl_policy.py')}-{steps}-{seed}.pt"
    torch.manual_seed(seed)
    model = make_model(tokenizer)
    if path.is_file():
        model.load_state_dict(torch.load(path, weights_only=True))
    else:
        warm_start(model, tokenizer, seed, steps)
        torch.save(model.state_dict(), path)
    return model


class Counted:
    """A reward function that counts the responses it had no score for, and the seconds it took."""

    def __init__(self, reward) -> None:
        self.reward, self.asked, self.unscored, self.seconds = reward, 0, 0, 0.0
        self.__name__ = "reward"

    def __call__(self, *args: Any, **columns: Any) -> list[float | None]:
        start = time.monotonic()
        values = self.reward(*args, **columns)
        self.seconds += time.monotonic() - start
        self.asked += len(values)
        self.unscored += sum(value is None for value in values)
        return values


def as_dataset(rows: list[dict[str, Any]]):
    """TRL's form of the rows: every column in every row."""
    from datasets import Dataset

    columns = list(dict.fromkeys(key for row in rows for key in data_row(row)))
    return Dataset.from_list([{key: row.get(key) for key in columns} for row in rows])


def train(
    model, tokenizer, rows: list[dict[str, Any]], reward, seed: int, settings: dict[str, Any], folder: str
) -> None:
    import trl

    trainer = trl.GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=[reward],
        train_dataset=as_dataset(rows),
        args=trl.GRPOConfig(
            output_dir=folder,
            per_device_train_batch_size=settings["batch"],
            num_generations=settings["generations"],
            max_completion_length=settings.get("new_tokens", MAX_NEW),
            max_steps=settings["steps"],
            learning_rate=settings["rate"],
            warmup_steps=settings.get("warmup", 0),
            beta=settings.get("beta", 0.0),
            temperature=1.0,
            loss_type="grpo",  # each response counts alike, however short: sums would be drowned by longer tasks
            gradient_checkpointing=settings.get("checkpointing", False),
            seed=seed,
            report_to=[],
            use_cpu=settings.get("cpu", True),
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
        ),
    )
    with contextlib.redirect_stdout(io.StringIO()):
        trainer.train()


def one_run(
    base, tokenizer, arm: str, reward, seed: int, settings: dict[str, Any], rows, held_out, folder: str
) -> dict[str, Any]:
    """Trains a copy of `base`; what it then does on prompts that it was not trained on."""
    model = copy.deepcopy(base)
    counted = Counted(reward)
    start = time.monotonic()
    train(model, tokenizer, rows, counted, seed, settings, folder)
    seconds = time.monotonic() - start
    success = true_success(model, tokenizer, held_out, draws=settings["draws"], seed=1000 + seed)
    return {
        "arm": arm, "seed": seed, "success": success, "seconds": round(seconds, 1), "reward_seconds": round(counted.seconds, 1),
        "unscored": counted.unscored / max(1, counted.asked),
    }  # fmt: skip


def build_library(rows: list[dict[str, Any]], folder: Path, hub_url: str = "") -> str:
    """The library that `rlar build` makes of the training rows without a language model (no Hub either without `hub_url`); what it prints."""
    data = folder / "train.jsonl"
    data.write_text(jsonl([data_row(row) for row in rows]))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    environment |= {"HF_ENDPOINT": hub_url, "HF_HOME": str(folder / "hf")} if hub_url else {}
    hub = "on" if hub_url else "off"
    shutil.rmtree(folder / "library", ignore_errors=True)
    told = run(
        "build",
        data,
        "--out",
        folder / "library",
        "--llm",
        "none",
        "--hub",
        hub,
        "--quiet",
        env=environment,
        timeout=600,
    )
    return told.stdout.decode()


def reward_model_of(library: Path) -> str:
    """The name of the tool that serves the chat task."""
    report = json.loads(run("report", library, "--json").stdout)
    for task in report["tasks"]:
        if task["task"] == "chat" and task["route"]:
            return task["route"]["parts"][0]["tool"].split("@")[0]
    raise SystemExit("rlar build found no reward model for the chat task; see `rlar report` on " + str(library))
