"""The plug in TRL's own trainer: the documentation's first step, failures, constant keys, several processes."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
trl = pytest.importorskip("trl")
TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "python"), str(TESTS.parent / "bench")]

import doc_blocks  # noqa: E402
import rlar.trl  # noqa: E402
from char_policy import make_prompts, make_tokenizer  # noqa: E402
from rl_policy import make_model  # noqa: E402
from support import add_function, jsonl, mixed_library, serve  # noqa: E402


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    """A small untrained policy on disk, under which the trainer finds model and tokenizer."""
    folder = tmp_path_factory.mktemp("policy")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    make_model(tokenizer, width=32, layers=1).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_the_pages_first_step(tmp_path, policy, monkeypatch):
    (tmp_path / "train.jsonl").write_text(jsonl(make_prompts(seed=1, count=64)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with doc_blocks.build_and_serve("trainers/trl.md", tmp_path) as server:
        changes = {
            "Qwen/Qwen2.5-0.5B-Instruct": str(policy),
            "http://localhost:8088": server.url,
            "max_completion_length=256": "max_completion_length=12",
            'output_dir="out",': 'output_dir="out", use_cpu=True, report_to=[],',
        }
        first, several = doc_blocks.blocks("trainers/trl.md", "python")
        names: dict = {}
        exec(compile(doc_blocks.replaced(first, changes), "trl.md", "exec"), names)
        logged = names["trainer"].state.log_history
        assert any("rewards/rlar/mean" in entry and entry["rlar/valid"] == 1 for entry in logged)
        exec(compile(several.replace("http://localhost:8088", server.url), "trl.md", "exec"), names)
        row = make_prompts(seed=1, count=1)[0]
        values = [f([row["prompt"]], [row["reference"]], reference=[row["reference"]]) for f in names["reward_funcs"]]
        assert values[0] == [1.0] and len(values[1]) == 1 and 0 <= values[1][0] <= 1


# A user's function that has no score for responses of odd length.
ODD = """
def odd(data_source, solution_str, ground_truth, extra_info=None):
    if data_source != "train":  # as the gate sees it
        return float(solution_str.strip() == ground_truth)
    if len(solution_str) % 2:
        return None
    return float(solution_str[:1] < "n")
"""


@pytest.fixture(scope="module")
def odd_library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    (folder / "odd.py").write_text(ODD)
    library = mixed_library(folder)
    add_function(library, folder / "odd.py", "odd", task="odd")
    return library


def train(folder, policy, reward, rows, steps):
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    seen = []

    class Trainer(trl.GRPOTrainer):
        def _calculate_rewards(self, inputs, prompts, completions, completion_ids_list):
            rewards = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
            seen.append((list(prompts), list(completions), rewards[:, 0].tolist()))
            return rewards

    torch.manual_seed(1)
    trainer = Trainer(
        model=AutoModelForCausalLM.from_pretrained(policy),
        processing_class=AutoTokenizer.from_pretrained(policy, padding_side="left"),
        reward_funcs=[reward],
        train_dataset=Dataset.from_list(rows),
        args=trl.GRPOConfig(
            output_dir=str(folder),
            per_device_train_batch_size=16,
            num_generations=4,
            max_completion_length=8,
            max_steps=steps,
            report_to=[],
            use_cpu=True,
            logging_steps=1,
            save_strategy="no",
            disable_tqdm=True,
        ),
    )
    trainer.train()
    return seen, [entry for entry in trainer.state.log_history if "rewards/rlar/mean" in entry]


@pytest.mark.parametrize("on_failure", ["skip", "drop_group", "neutral=0.25"])
def test_failures_in_training(tmp_path, policy, odd_library, on_failure):
    """Completions of odd length have no score. What the trainer trains on is checked where TRL has it."""
    rows = [
        {"prompt": row["prompt"], "reference": row["reference"], "task": "odd", "source": "train"}
        for row in make_prompts(seed=2, count=32)
    ]
    with serve("--library", odd_library) as server:
        reward = rlar.trl.Reward(url=server.url, on_failure=on_failure, eos_token_id=[0, 1])
        seen, logged = train(tmp_path, policy, reward, rows, steps=4)
    failed = total = 0
    for prompts, completions, rewards in seen:
        for i in range(0, len(prompts), 4):
            group = range(i, i + 4)
            assert len({prompts[k] for k in group}) == 1
            odd = [len(completions[k]) % 2 == 1 for k in group]
            failed, total = failed + sum(odd), total + 4
            for k, is_odd in zip(group, odd, strict=True):
                if on_failure == "drop_group" and any(odd):
                    assert math.isnan(rewards[k])
                elif is_odd:
                    assert rewards[k] == 0.25 if on_failure.startswith("neutral") else math.isnan(rewards[k])
                else:
                    assert rewards[k] == float(completions[k][:1] < "n")
    assert 0 < failed < total
    keys = [{key for key in entry if key.startswith("rlar/") and not key.endswith("mean")} for entry in logged]
    assert (
        len(logged) == 4
        and {"rlar/valid", "rlar/failed", "rlar/seconds", "rlar/truncated", "rlar/task/odd/share"} <= keys[0]
    )
    assert all(entry["rlar/task/odd/share"] == 1 and entry["rlar/tool/odd/share"] == 1 for entry in logged)
    shares = [{key for key in names if not key.endswith("zero_variance")} for names in keys]
    assert all(names == shares[0] for names in shares), "the same keys at every step"
    assert sum(entry["rlar/valid"] for entry in logged) / 4 == pytest.approx(1 - failed / total)


RANK = """
import sys, torch
import rlar.trl
rank, url, port = int(sys.argv[1]), sys.argv[2], sys.argv[3]
torch.distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
reward = rlar.trl.Reward(url=url, on_failure="drop_group")
prompt, other = "What is 2 + 6? Give the number.", "What is 3 + 9? Give the number."
# One prompt's completions lie on both processes; only the second process has one that fails.
completions = [["ab", "cd", "ef"], ["gh", "odd", "ij"]][rank]
prompts = [[prompt, prompt, other], [prompt, prompt, other]][rank]
print(reward(prompts, completions, reference=["8", "8", "12"], task=["odd"] * 3, source=["train"] * 3))
torch.distributed.destroy_process_group()
"""


def test_a_dropped_group_is_dropped_on_every_process(odd_library):
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serve("--library", odd_library) as server:
        ranks = [
            subprocess.Popen(
                [sys.executable, "-c", RANK, str(rank), server.url, str(port)], stdout=subprocess.PIPE, env=os.environ
            )
            for rank in range(2)
        ]
        outputs = [process.communicate(timeout=120)[0].decode() for process in ranks]
    assert outputs == ["[None, None, 1.0]\n", "[None, None, 1.0]\n"]
