"""./dev bench rl: GRPO with TRL on CPU, one small policy, three rewards; judged by true success.

Arms: RLAR's routed rewards over HTTP from a library that `rlar build --llm none` made; the paper's static rule (exact number
for maths rows, else 0.7 × BLEU-1 + 0.3 × length ratio); exact match. Every arm starts from the same weights with the same seeds,
data and budget.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import platform
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests" / "python")]

from rl_task import make_model, make_prompts, make_tokenizer, respond, true_success, warm_start  # noqa: E402
from support import jsonl, run, serve  # noqa: E402


def static_rule(prompts, completions, reference, **_):
    """The paper's lazy rule."""
    rewards = []
    for text, truth in zip(completions, reference):
        if re.fullmatch(r"-?[\d.,]+", truth):
            numbers = re.findall(r"-?\d+(?:\.\d+)?", text)
            rewards.append(float(bool(numbers) and numbers[-1] == truth))
            continue
        said, wanted = text.split(), truth.split()
        hits = sum(min(said.count(word), wanted.count(word)) for word in set(said))
        precision = hits / len(said) if said else 0.0
        brevity = 1.0 if len(said) >= len(wanted) else math.exp(1 - len(wanted) / max(1, len(said)))
        ratio = min(len(said), len(wanted)) / max(len(said), len(wanted), 1)
        rewards.append(0.7 * brevity * precision + 0.3 * ratio)
    return rewards


def exact_match(prompts, completions, reference, **_):
    return [float(text == truth) for text, truth in zip(completions, reference)]


def train(model, tokenizer, rows, reward, seed: int, steps: int, folder: str) -> float:
    import trl
    from datasets import Dataset

    trainer = trl.GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=[reward],
        train_dataset=Dataset.from_list(rows),
        args=trl.GRPOConfig(
            output_dir=folder,
            per_device_train_batch_size=64,
            num_generations=8,
            max_completion_length=14,
            max_steps=steps,
            learning_rate=5e-4,
            beta=0.0,
            temperature=1.0,
            seed=seed,
            report_to=[],
            use_cpu=True,
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
        ),
    )
    start = time.monotonic()
    trainer.train()
    return time.monotonic() - start


def interval(values: list[float]) -> str:
    mean = statistics.mean(values)
    if len(values) < 2:
        return f"{100 * mean:5.1f} %"
    # Student's t at 95 %, two-sided.
    t = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36}.get(len(values) - 1, 2.26)
    return f"{100 * mean:5.1f} % ± {100 * t * statistics.stdev(values) / math.sqrt(len(values)):.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--warm", type=int, default=400, help="supervised steps before RL")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    import rlar.trl
    import torch
    import transformers
    import trl

    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)  # two busy teams on two cores stall each other
    tokenizer = make_tokenizer()
    rows = make_prompts(1, 148)
    results: dict[str, list[float]] = {
        "warm start": [],
        "RLAR (routed, HTTP)": [],
        "static rule": [],
        "exact match": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "train.jsonl"
        data.write_text(jsonl(rows))
        print(run("build", data, "--out", f"{folder}/lib").stdout.decode())
        with serve("--library", f"{folder}/lib") as server:
            arms = {
                "RLAR (routed, HTTP)": rlar.trl.Reward(url=server.url),
                "static rule": static_rule,
                "exact match": exact_match,
            }
            for seed in range(options.seeds):
                torch.manual_seed(seed)
                base = make_model(tokenizer)
                warm_start(base, tokenizer, seed, options.warm)
                results["warm start"].append(true_success(base, tokenizer, rows))
                for name, reward in arms.items():
                    model = copy.deepcopy(base)
                    seconds = train(model, tokenizer, rows, reward, seed, options.steps, folder)
                    results[name].append(true_success(model, tokenizer, rows))
                    sample = respond(model, tokenizer, rows[:4])
                    print(
                        f"seed {seed}  {name:22s} {100 * results[name][-1]:5.1f} %  {seconds:4.0f} s  e.g. {sample}",
                        flush=True,
                    )
    print(f"\ntrue success on {len(rows)} prompts, {options.seeds} seeds, {options.steps} GRPO steps, 95 % interval")
    for name, values in results.items():
        print(f"  {name:22s} {interval(values)}")
    versions = {"trl": trl.__version__, "torch": torch.__version__, "transformers": transformers.__version__}
    print(f"  {platform.processor() or platform.machine()}, 1 thread, {versions}")
    if options.json:
        rows = [{"arm": name, "true_success": values} for name, values in results.items()]
        machine = {"cpu": platform.processor() or platform.machine(), "threads": 1}
        options.json.write_text(
            json.dumps(
                {"schema_version": 1, "bench": "rl", "machine": machine, "versions": versions, "seed": 0, "rows": rows}
            )
        )


if __name__ == "__main__":
    main()
