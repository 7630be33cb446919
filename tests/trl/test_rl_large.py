"""`./dev bench rl --large` on a small model and a few rows: the whole path, and what is said of rows that it cannot judge."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from rl_policy import make_model, make_tokenizer  # noqa: E402
from rl_tasks import data_row, split  # noqa: E402


def bench(*args):
    command = [sys.executable, "-W", "ignore", str(ROOT / "bench" / "rl.py"), *map(str, args)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, text=True, timeout=400, env=environment)


@pytest.fixture
def files(tmp_path):
    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    make_model(tokenizer).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    train, held_out, _ = split(30, 2)
    for name, rows in (("train", train), ("held", held_out)):
        kept = [data_row(row) for row in rows if row["kind"] in ("sum", "code", "write")]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept))
    return tmp_path


@pytest.mark.skipif(
    not (ROOT / "build/venvs/demo/bin/python").exists(), reason="the hand-written verifiers' environment is not made"
)
def test_a_model_from_a_folder_is_trained_and_judged(files):
    done = bench(
        "--large", files / "model", "--train", files / "train.jsonl", "--held-out", files / "held.jsonl", "--seeds", 1, "--steps", 1,
        "--new-tokens", 8, "--json", files / "out.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads((files / "out.json").read_text())
    runs = {run["arm"]: run for run in report["rows"]}
    assert set(runs) == {"warm start", "RLAR", "static rule", "exact match", "hand-written"}
    assert all(set(run["success"]) == {"", "sum", "code", "write"} for run in runs.values())
    assert runs["RLAR"]["unscored"] == 0


def test_a_row_without_a_judge_is_refused_by_its_line(files):
    rows = (files / "train.jsonl").read_text() + json.dumps({"prompt": "Tell me something."}) + "\n"
    (files / "train.jsonl").write_text(rows)
    done = bench("--large", files / "model", "--train", files / "train.jsonl", "--held-out", files / "held.jsonl")
    assert done.returncode != 0
    assert f"train.jsonl:{len(rows.splitlines())}: neither a numeric 'reference'" in done.stderr
