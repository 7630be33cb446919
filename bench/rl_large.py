"""`./dev bench rl --large MODEL`: the same comparison with a pretrained causal model, on rows of your own, where there is a GPU.

MODEL is a name on the Hub or a folder (Qwen/Qwen2.5-0.5B-Instruct is what this was written for); --train and --held-out are JSON Lines in RLAR's own
form: maths rows with a numeric reference, code rows with `params.tests` (MBPP) or `params.test` and `entry_point`, instruction rows with
`params.instruction_id_list` and `kwargs`. Other rows are refused by name: without a judge of their own nothing could be said of them.

Arms: RLAR (the library that `rlar build --llm none` makes of --train), the static rule, exact match, and the hand-written map. Held-out rows are judged
by the last number of a response (maths), their tests in RLAR's sandbox (code), if-verifiable (instructions). A row's `judge_params` replace its
`params` when it is judged: give code rows hidden tests there, so that no arm is rewarded with what judges it.
"""

from __future__ import annotations

import copy
import json
import re
import statistics
import tempfile
from pathlib import Path
from typing import Any

LARGE = {
    "batch": 64,
    "generations": 8,
    "rate": 1e-6,
    "steps": 300,
    "new_tokens": 400,
    "warmup": 10,
    "beta": 0.0,
    "checkpointing": True,
}


def kind_of(row: dict[str, Any], place: str) -> str:
    params = row.get("params") or {}
    if params.get("tests") or params.get("test"):
        return "code"
    if params.get("instruction_id_list"):
        return "write"
    if re.fullmatch(r"-?[\d.,]+", str(row.get("reference") or "")):
        return "sum"
    raise SystemExit(
        f"{place}: neither a numeric 'reference', nor 'params.tests', nor 'params.instruction_id_list': this row has no judge; take it out"
    )


def read_rows(path: Path | None, option: str) -> list[dict[str, Any]]:
    if path is None:
        raise SystemExit(f"--large needs {option} ROWS (JSON Lines)")
    rows = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise SystemExit(f"{place}: not JSON: {error}") from None
        if not isinstance(row, dict) or not row.get("prompt"):
            raise SystemExit(f"{place}: the field 'prompt' is missing")
        row["kind"] = kind_of(row, place)
        rows.append(row | {"id": f"{option} {number}"})
    if not rows:
        raise SystemExit(f"{path} holds no rows")
    return rows


def as_asked(tokenizer, row: dict[str, Any]) -> str:
    """The prompt as the model expects it: in its chat template, where it has one."""
    if tokenizer.chat_template is None:
        return row["prompt"]
    said = [{"role": "user", "content": row["prompt"]}]
    return tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True)


def judge(server, hand, row: dict[str, Any], texts: list[str]) -> list[bool]:
    """True success; see above what it is for each kind."""
    if row["kind"] == "sum":
        numbers = [re.findall(r"-?\d[\d,]*(?:\.\d+)?", text) for text in texts]
        wanted = float(str(row["reference"]).replace(",", ""))
        return [bool(found) and abs(float(found[-1].replace(",", "")) - wanted) < 1e-6 for found in numbers]
    judged = row | {"params": row.get("judge_params") or row["params"]}
    if row["kind"] == "write":
        return [value >= 0.5 for value in hand("write", {key: judged[key] for key in ("prompt", "params")}, texts)]
    asked = [{"prompt": row["prompt"], "params": judged["params"], "response": text} for text in texts]
    reply = server.request("/v1/score", {"rows": asked, "tool": "code_tests"})[1]
    lines = reply["results"]
    failed = [line for line in lines if line["status"] != "ok"]
    if failed:
        raise SystemExit(f"a held-out row cannot be judged: {row['prompt'][:80]!r}: {failed[0]['reason']}")
    return [line["value"] >= 0.5 for line in lines]


def success_of(model, tokenizer, rows, settings, server, hand, seed: int) -> dict[str, float]:
    from rl_policy import respond

    asked = [as_asked(tokenizer, row) for row in rows for _ in range(settings["draws"])]
    texts = respond(model, tokenizer, asked, seed, settings["new_tokens"], batch_size=settings["batch"])
    right: dict[str, list[bool]] = {}
    for i, row in enumerate(rows):
        drawn = texts[i * settings["draws"] : (i + 1) * settings["draws"]]
        right.setdefault(row["kind"], []).extend(judge(server, hand, row, drawn))
    shares = {kind: sum(found) / len(found) for kind, found in right.items()}
    return {"": statistics.mean(shares.values())} | shares


def large(options, out: Path, finish) -> None:
    import rlar.trl
    import torch
    from rl_report import claims, table
    from rl_rewards import HandMap, by_row, known_text, static_rule
    from rl_train import Counted, build_library, train
    from support import serve
    from transformers import AutoModelForCausalLM, AutoTokenizer

    train_rows, held_out = read_rows(options.train, "--train"), read_rows(options.held_out, "--held-out")
    out = out / "large"
    out.mkdir(parents=True, exist_ok=True)
    gpu = torch.cuda.is_available()
    settings = LARGE | {
        "cpu": not gpu,
        "draws": 2,
        "steps": options.steps or LARGE["steps"],
        "new_tokens": options.new_tokens,
        "rate": options.rate,
    }
    tokenizer = AutoTokenizer.from_pretrained(options.large, padding_side="left")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    print(build_library([{k: v for k, v in row.items() if k != "judge_params"} for row in train_rows], out))
    rows = {row["id"]: row for row in train_rows}
    asked = [
        {k: v for k, v in row.items() if k != "judge_params"} | {"prompt": as_asked(tokenizer, row)}
        for row in train_rows
    ]
    runs: list[dict[str, Any]] = []
    with serve("--library", out / "library") as server, tempfile.TemporaryDirectory() as folder:
        hand = HandMap()
        routed = rlar.trl.Reward(url=server.url)
        arms = {
            "RLAR": lambda prompts, completions, id, **more: routed(
                [rows[one]["prompt"] for one in id], completions, id=id, **more
            ),
            "static rule": by_row(rows, static_rule),
            "exact match": by_row(rows, lambda row, text: text == known_text(row)),
            "hand-written": by_row(
                rows,
                lambda row, text: hand(row["kind"], {k: row.get(k) for k in ("prompt", "reference", "params")}, [text])[
                    0
                ],
            ),
        }
        start = AutoModelForCausalLM.from_pretrained(options.large, dtype=torch.bfloat16 if gpu else torch.float32)
        for seed in range(options.seeds):
            for arm in options.arms.split(",") if options.arms else ["warm start", *arms]:
                model = copy.deepcopy(start).to("cuda" if gpu else "cpu")
                counted = Counted(arms.get(arm))
                if arm in arms:
                    train(model, tokenizer, asked, counted, seed, settings, folder)
                success = success_of(model, tokenizer, held_out, settings, server, hand, 1000 + seed)
                unscored = counted.unscored / max(1, counted.asked)
                runs.append(
                    {"arm": arm, "seed": seed, "success": success, "seconds": counted.seconds, "unscored": unscored}
                )
                print(f"seed {seed}  {arm:14s} {success}", flush=True)
                del model
        hand.close()
    kinds = tuple(dict.fromkeys(row["kind"] for row in held_out))
    print(
        f"\ntrue success on {len(held_out)} held-out prompts, {options.seeds} seeds, {settings['steps']} GRPO steps\n{table(runs, kinds)}\n"
    )
    for what, holds, figures in claims(runs):
        print(f"  {'holds' if holds else 'FAILS'}  {what}: {figures}")
    finish(options, runs, settings, "")
