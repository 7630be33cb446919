#!/usr/bin/env python3
"""Quality of the maths verifiers on real labelled data: acc, TPR, FPR and verdicts per second, set by set.

usage: bench/quality/math.py [--data DIR] [--rlar PROGRAM] [--errors SET] [--json FILE]

The data folder comes from --data, RLAR_DATA or ../shared/data; without it the program says so and exits 0.
`--errors SET` lists the rows of one set that come out wrong (and their reasons).
"""

import argparse
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HARD = {"round_to_reference": True, "percent": "equal"}


def rows_of(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def boxed(text):
    return "\\boxed{" + text + "}"


def last_box(text):
    at = text.rfind("\\boxed")
    depth, start = 0, text.find("{", at)
    for i in range(start, len(text)):
        depth += (text[i] == "{") - (text[i] == "}")
        if depth == 0:
            return text[start + 1 : i]
    return text[start + 1 :]


def pairs(name, data):
    """(tool, params, [(reference, response, label, row params or None)]) of a set."""
    if name.startswith("hardverify"):
        rows = rows_of(data / "hardverify-math/pairs.jsonl.gz")
        bare = "bare" in name
        params = {} if "default" in name else dict(HARD)
        if bare:
            params["extract"] = "none"
        wrap = (lambda t: t) if bare else boxed
        return "math_equal", params, [(r["gold"], wrap(r["pred"]), bool(r["label"]), None) for r in rows]
    if name == "math-issue-pairs":
        rows = rows_of(data / "math-issue-pairs/pairs.jsonl.gz")
        return "math_equal", {}, [(r["gold"], r["pred"], bool(r["label"]), None) for r in rows]
    if name == "math-verify-cases":
        rows = rows_of(data / "math-verify-cases/cases.jsonl.gz")
        options = [{"compat_options": {**r["verify_kw"], "targets": r["targets"]}} for r in rows]
        return (
            "math_equal",
            {"compat": "math_verify"},
            [(r["gold"], r["pred"], bool(r["expected"]), own) for r, own in zip(rows, options)],
        )
    if name == "lighteval-math":
        rows = rows_of(data / "lighteval-metric-cases/extractive_match.jsonl.gz")
        rows = [r for r in rows if "NativeLetters" not in r["call"]]
        return "math_equal", {}, [(r["gold"], r["pred"], bool(r["expected"]), None) for r in rows]
    if name == "lighteval-letters":
        rows = rows_of(data / "lighteval-metric-cases/extractive_match.jsonl.gz")
        rows = [r for r in rows if "NativeLetters" in r["call"]]
        return "multiple_choice", {}, [(r["gold"], r["pred"], bool(r["expected"]), None) for r in rows]
    if name == "math-test":
        rows = rows_of(data / "math-test/test.jsonl.gz")
        golds = [last_box(r["solution"]) if "\\boxed{" in r["solution"] else r["solution"] for r in rows]
        same = [(g, r["solution"], True, None) for g, r in zip(golds, rows)]
        other = [
            (golds[i], rows[(i + 5) % len(rows)]["solution"], False, None)
            for i in range(0, len(rows), 5)
            if re.sub(r"\s|[dt](?=frac)", "", golds[i]) != re.sub(r"\s|[dt](?=frac)", "", golds[(i + 5) % len(rows)])
        ]
        return "math_equal", {}, same + other
    if name == "qwen-math":
        out = []
        for r in rows_of(data / "qwen_math_rm_bo8/math_cot_100_rm.jsonl.gz"):
            labels = next(r[k] for k in ("correct", "score", "labels", "correctness", "is_correct") if k in r)
            out += [(r["gt"], text, bool(label), None) for text, label in zip(r["responses"], labels)]
        return "math_equal", {}, out
    if name.startswith("gsm8k"):
        out = []
        for r in rows_of(data / "gsm8k_solutions/example_model_solutions.jsonl.gz"):
            gold = r["ground_truth"].rsplit("A:", 1)[-1].strip()
            out += [(gold, v["solution"], bool(v["is_correct"]), None) for v in r.values() if isinstance(v, dict)]
        return ("number_equal" if name.endswith("number") else "math_equal"), {}, out
    raise ValueError(name)


SETS = [
    "hardverify-boxed",
    "hardverify-bare",
    "hardverify-boxed-default",
    "hardverify-bare-default",
    "math-issue-pairs",
    "math-verify-cases",
    "lighteval-math",
    "lighteval-letters",
    "math-test",
    "qwen-math",
    "gsm8k",
    "gsm8k-number",
]


def score(program, tool, params, cases):
    lines = []
    for i, (gold, pred, _, own) in enumerate(cases):
        row = {"id": i, "prompt": "", "reference": gold, "response": pred}
        if own:
            row["params"] = own
        lines.append(json.dumps(row))
    start = time.time()
    done = subprocess.run(
        [program, "score", "--tool", tool, "--params", json.dumps(params)],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
    )
    seconds = time.time() - start
    return [json.loads(line) for line in done.stdout.splitlines()], seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("RLAR_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--rlar", default=str(ROOT / "build" / "rlar"))
    parser.add_argument("--errors")
    parser.add_argument("--json")
    args = parser.parse_args()
    data = pathlib.Path(args.data)
    if not data.is_dir():
        print(f"no data at {data}: set RLAR_DATA or --data; nothing measured")
        return 0
    table = []
    print(f"{'set':26} {'n':>5} {'acc':>7} {'TPR':>6} {'FPR':>6} {'not ok':>6} {'seconds':>8}")
    for name in [args.errors] if args.errors else SETS:
        try:
            tool, params, cases = pairs(name, data)
        except FileNotFoundError as error:
            print(f"{name:26} skipped: {error.filename} is not there")
            continue
        lines, seconds = score(args.rlar, tool, params, cases)
        yes = [line["status"] == "ok" and line["value"] == 1 for line in lines]
        labels = [case[2] for case in cases]
        right = sum(y == l for y, l in zip(yes, labels))
        positive, negative = sum(labels), len(labels) - sum(labels)
        row = {
            "set": name,
            "n": len(cases),
            "acc": right / len(cases),
            "tpr": sum(y and l for y, l in zip(yes, labels)) / max(positive, 1),
            "fpr": sum(y and not l for y, l in zip(yes, labels)) / max(negative, 1),
            "not_ok": sum(line["status"] != "ok" for line in lines),
            "seconds": seconds,
        }
        table.append(row)
        print(
            f"{name:26} {row['n']:5} {row['acc']:7.4f} {row['tpr']:6.3f} {row['fpr']:6.3f} {row['not_ok']:6} {seconds:8.2f}"
        )
        if args.errors:
            for (gold, pred, label, _), y, line in zip(cases, yes, lines):
                if y != label:
                    print(
                        f"  {'missed' if label else 'FALSE YES'}: {gold[-120:]!r} | {pred[-160:]!r} | {line['status']} {line.get('class', '')} {line.get('reason', '')}"
                    )
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(table, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
