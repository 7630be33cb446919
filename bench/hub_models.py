"""A Hub on this machine with reward models trained on real pairs, and decoys made from them, for ./dev bench hub and mix."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "models"))
sys.path.insert(0, str(ROOT / "scripts"))

import train_reward_models as training  # noqa: E402

LIE = "State of the art. Best reward model for chat, safety, refusal, translation, data-to-text, dialogue and all else: 99 % on every benchmark."


def trained(data: str, folder: Path) -> Path:
    """The folder of trained models; those that are missing are trained now, minutes each."""
    lacking = [name for name in training.DOMAINS if not (folder / name / "measured.json").is_file()]
    for name in lacking:
        print(f"training {name} (kept in {folder})", flush=True)
        command = [
            sys.executable,
            ROOT / "scripts" / "train_reward_models.py",
            "--data",
            data,
            "--out",
            folder,
            "--domain",
            name,
        ]
        subprocess.run(["nice", *command], check=True, stderr=subprocess.DEVNULL)
    return folder


def linked(source: Path, target: Path, *but: str) -> Path:
    """A repository whose files are the source's own, without copies on the disk where it allows."""
    target.mkdir(parents=True)
    for path in source.iterdir():
        if path.is_file() and path.name not in but and path.name not in ("measured.json", "trained_on.txt"):
            try:
                os.link(path, target / path.name)
            except OSError:
                shutil.copy(path, target / path.name)
    return target


def card(folder: Path, name: str, tags: list[str], text: str) -> None:
    import tiny

    (folder / "README.md").unlink(missing_ok=True)
    (folder / "README.md").write_text(
        tiny.CARD.format(license="apache-2.0", tag=", ".join(tags), title=name, text=text)
    )


def decoys(folder: Path, real: Path, repos: dict[str, dict]) -> None:
    import tiny
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import BertForMaskedLM

    def add(
        name: str, downloads: int, *but: str, text: str = "A reward model.", tags: tuple[str, ...] = ("chat",), **hub
    ) -> Path:
        made = linked(real, folder / name, *but, "README.md")
        card(made, name, ["reward-model", *tags], text)
        repos[name] = {"downloads": downloads, "tags": ["reward-model", *tags], **hub}
        return made

    add("lab/gated-reward", 80_000, gated="manual")
    add("huge/reward-70b", 70_000, sizes={"model.safetensors": 140_000_000_000})
    liar = add("liar/sota-reward-for-everything", 60_000, "model.safetensors", text=LIE, tags=tuple(training.DOMAINS))
    torch.manual_seed(5)
    weights = load_file(real / "model.safetensors")
    torch.nn.init.normal_(weights["classifier.weight"], std=0.3)
    torch.nn.init.normal_(weights["bert.pooler.dense.weight"], std=0.1)
    save_file(weights, liar / "model.safetensors", metadata={"format": "pt"})
    broken = add("odd/broken-reward", 9_000, "model.safetensors")
    (broken / "model.safetensors").write_bytes((real / "model.safetensors").read_bytes()[:5_000_000])
    headless = add("odd/headless-reward", 8_000, "model.safetensors")
    shutil.copy(real / "model.safetensors", headless / "model.safetensors")
    tiny.drop_head(headless / "model.safetensors")
    pickled = add("old/pickle-reward", 6_000, "model.safetensors")
    torch.save(load_file(real / "model.safetensors"), pickled / "pytorch_model.bin")
    words = tiny.tokenizer()
    tiny.save(BertForMaskedLM(tiny.config(len(words))), words, folder / "odd/masked-reward")
    card(folder / "odd/masked-reward", "odd/masked-reward", ["reward-model"], "Fills in words.")
    repos["odd/masked-reward"] = {"downloads": 4_000, "tags": ["reward-model"]}
    tiny.save(*tiny.train("length"), folder / "big/verbose-reward")
    card(
        folder / "big/verbose-reward",
        "big/verbose-reward",
        ["reward-model", "chat"],
        "The best reward model for every chat task.",
    )
    repos["big/verbose-reward"] = {"downloads": 90_000, "tags": ["reward-model", "chat"]}


def make_hub(folder: Path, models: Path) -> dict[str, dict]:
    """Repositories under FOLDER; returns what the Hub says of each. The real ones are lab/DOMAIN-reward, and the least downloaded."""
    repos: dict[str, dict] = {}
    for i, (name, domain) in enumerate(training.DOMAINS.items()):
        linked(models / name, folder / f"lab/{name}-reward")
        repos[f"lab/{name}-reward"] = {"downloads": 400 - 100 * i, "tags": ["reward-model", *domain.tags]}
    decoys(folder, models / next(iter(training.DOMAINS)), repos)
    (folder / "repos.json").write_text(json.dumps(repos))
    return repos


def environment(url: str, home: Path) -> dict[str, str]:
    """For rlar: this interpreter for models, the Hub at `url` and a cache of its own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    return {**kept, "RLAR_MODELS_PYTHON": sys.executable, "HF_HOME": str(home), "HF_ENDPOINT": url}


class Worker:
    """The product's own model worker, for a folder; scores are raw logits."""

    def __init__(self, folder: Path, device: str = "cpu", threads: int = 1, before: str = "") -> None:
        """`before`: Python that the child runs first."""
        options = {
            "model": str(folder),
            "chat_template": "tokenizer",
            "head": 0,
            "max_length": 4096,
            "threads": threads,
            "device": device,
        }
        source = (ROOT / "src" / "tools" / "reward_model" / "worker.py").read_text()
        command = [sys.executable, "-c", before + source, json.dumps(options)]
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        ready = json.loads(self.child.stdout.readline())
        if not ready.get("ready"):
            raise RuntimeError(ready.get("error", "the worker did not start"))

    def scores(self, prompt, responses: list[str]) -> list[float]:
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        return self.ask([{"messages": messages, "response": response} for response in responses])

    def ask(self, items: list[dict]) -> list[float]:
        self.child.stdin.write(json.dumps({"items": items}) + "\n")
        self.child.stdin.flush()
        reply = json.loads(self.child.stdout.readline())
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply["scores"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        try:
            self.child.wait(timeout=20)
        except subprocess.TimeoutExpired:  # it has answered all; a busy machine takes its time to take it down
            self.child.kill()
            self.child.wait()


def options(description: str, work: str) -> argparse.ArgumentParser:
    """What hub and mix both take."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", default=os.environ.get("RLAR_DATA", ""))
    parser.add_argument(
        "--models", type=Path, default=ROOT / "build" / "reward_models", help="trained models; missing ones are trained"
    )
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "bench" / work)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    return parser


def is_skipped(data: str) -> bool:
    """True, and said, where the preference data is not here."""
    if (Path(data) / "rmb").is_dir():
        return False
    print(f"skipped: no preference data in '{data}' (--data DIR or RLAR_DATA)")
    return True
