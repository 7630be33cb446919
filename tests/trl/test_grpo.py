"""A real GRPO run with TRL: a small model trained from scratch on sums, its rewards from a running `rlar serve`."""

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
trl = pytest.importorskip("trl")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

import rlar.trl  # noqa: E402
from rl_policy import make_model, make_tokenizer, true_success, warm_start  # noqa: E402
from rl_tasks import data_row, make_prompts  # noqa: E402
from support import jsonl, run, serve  # noqa: E402


def test_grpo_learns_from_rewards_over_http(tmp_path):
    from datasets import Dataset

    rows = make_prompts(seed=1, count=64)
    (tmp_path / "train.jsonl").write_text(jsonl([data_row(row) for row in rows]))
    run("build", tmp_path / "train.jsonl", "--out", tmp_path / "lib")
    torch.set_num_threads(1)  # two busy teams on two cores stall each other
    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    warm_start(model, tokenizer, seed=1, steps=150, kinds=("sum",))
    before = true_success(model, tokenizer, rows, draws=2)[""]
    with serve("--library", tmp_path / "lib") as server:
        trainer = trl.GRPOTrainer(
            model=model,
            processing_class=tokenizer,
            reward_funcs=[rlar.trl.Reward(url=server.url)],
            train_dataset=Dataset.from_list([data_row(row) for row in rows]),
            args=trl.GRPOConfig(
                output_dir=str(tmp_path / "out"),
                per_device_train_batch_size=32,
                num_generations=8,
                max_completion_length=8,
                max_steps=20,
                learning_rate=1e-3,
                beta=0.0,
                report_to=[],
                use_cpu=True,
                logging_steps=1,
                save_strategy="no",
                disable_tqdm=True,
            ),
        )
        trainer.train()
        metrics = server.request("/metrics")[1]
    logged = [entry for entry in trainer.state.log_history if "rewards/rlar/mean" in entry]
    assert len(logged) == 20
    assert all(0 <= entry["rewards/rlar/mean"] <= 1 for entry in logged)
    assert any(entry["rewards/rlar/std"] > 0 for entry in logged)
    assert all(entry["rlar/valid"] == 1 for entry in logged)
    assert 'status="ok"' in metrics and 'status="failed"' not in metrics
    assert true_success(model, tokenizer, rows, draws=2)[""] >= before - 0.1
