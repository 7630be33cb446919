#!/usr/bin/env python3
"""Quality of qa_match on answers that people have labelled: accuracy, true and false positive rate beside the usual rules.

usage: bench/quality/qa.py [--data DIR] [--rlar PROGRAM] [--errors SET] [--raw] [--json FILE]

The data folder comes from --data, RLAR_DATA or ../shared/data; without it the program says so and exits 0. The rules are those of the
SQuAD script over normalised words: equality, containment, and thresholds on F1 and on recall. `--raw` hands the references over as
one string, with the slashes that join them in the data. `--errors SET` lists what comes out wrong.
"""

import argparse
import collections
import gzip
import json
import os
import pathlib
import re
import string
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETS = ["evouna-nq", "evouna-tq", "nq301", "mixed-short-qa"]
PUNCTUATION = str.maketrans("", "", string.punctuation)


def rows_of(path):
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8")
    with opened as file:
        return [json.loads(line) for line in file]


def cases(name, data, raw):
    """(question, references, response, label) of a set."""
    if name.startswith("evouna"):
        rows = rows_of(data / f"evouna/{name[-2:].upper()}.jsonl.gz")
        split = (lambda gold: [gold]) if raw else (lambda gold: gold.split("/"))
        return [(r["question"], split(r["gold"]), r["pred"] or "", bool(r["label"])) for r in rows]
    if name == "nq301":
        return [
            (r["question"], r["gold"], r["pred"] or "", bool(r["label"]))
            for r in rows_of(data / "nq301-human/pairs.jsonl.gz")
        ]
    folder = ROOT / "examples" / "mixed"
    queries = {q["id"]: q for q in rows_of(folder / "queries" / "own.jsonl") if q["label_family"] == "short_qa"}
    texts = {(r["id"], r["response_index"]): r["text"] for r in rows_of(folder / "responses.jsonl")}
    out = []
    for label in rows_of(folder / "labels.jsonl"):
        if query := queries.get(label["id"]):
            references = query["reference"] if isinstance(query["reference"], list) else [query["reference"]]
            out.append((query["prompt"], references, texts[label["id"], label["response_index"]], bool(label["label"])))
    return out


def words(text):
    return re.sub(r"\b(a|an|the)\b", " ", text.lower().translate(PUNCTUATION)).split()


def overlap(said, gold):
    same = sum((collections.Counter(said) & collections.Counter(gold)).values())
    if same == 0:
        return 0.0, 0.0
    precision, recall = same / len(said), same / len(gold)
    return 2 * precision * recall / (precision + recall), recall


def rules(case):
    _, references, response, _ = case
    said = words(response)
    golds = [gold for gold in map(words, references) if gold]
    overlaps = [overlap(said, gold) for gold in golds] or [(0.0, 0.0)]
    f1, recall = max(f for f, _ in overlaps), max(r for _, r in overlaps)
    joined = " ".join(said)
    return {
        "EM": any(said == gold for gold in golds),
        "contains": any(" ".join(gold) in joined for gold in golds),
        "F1 >= .5": f1 >= 0.5,
        "F1 > 0": f1 > 0,
        "recall >= .5": recall >= 0.5,
    }


def score(program, table):
    lines = [json.dumps({"prompt": q, "reference": refs, "response": text}) for q, refs, text, _ in table]
    start = time.time()
    done = subprocess.run(
        [program, "score", "--tool", "qa_match"], input="\n".join(lines) + "\n", capture_output=True, text=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()], time.time() - start


def rates(yes, labels):
    positive = sum(labels)
    return {
        "acc": sum(y == label for y, label in zip(yes, labels)) / len(labels),
        "tpr": sum(y and label for y, label in zip(yes, labels)) / max(1, positive),
        "fpr": sum(y and not label for y, label in zip(yes, labels)) / max(1, len(labels) - positive),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("RLAR_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--rlar", default=str(ROOT / "build" / "rlar"))
    parser.add_argument("--errors", choices=SETS)
    parser.add_argument("--raw", action="store_true")
    parser.add_argument("--json")
    args = parser.parse_args()
    data = pathlib.Path(args.data)
    report = []
    print(f"{'set':16} {'n':>5} {'rule':14} {'acc':>7} {'TPR':>6} {'FPR':>6} {'not ok':>6} {'seconds':>8}")
    for name in [args.errors] if args.errors else SETS:
        try:
            table = cases(name, data, args.raw)
        except FileNotFoundError as error:
            print(f"{name:16} skipped: {error.filename} is not there (set RLAR_DATA or --data)")
            continue
        labels = [case[3] for case in table]
        lines, seconds = score(args.rlar, table)
        yes = [line["status"] == "ok" and line["value"] == 1 for line in lines]
        verdicts = {"qa_match": yes}
        for case in table:
            for rule, said in rules(case).items():
                verdicts.setdefault(rule, []).append(said)
        for rule, said in verdicts.items():
            row = {"set": name, "n": len(table), "rule": rule, **rates(said, labels)}
            shown = f"{name:16} {row['n']:5} {rule:14} {row['acc']:7.4f} {row['tpr']:6.3f} {row['fpr']:6.3f}"
            if rule == "qa_match":
                row |= {"not_ok": sum(line["status"] != "ok" for line in lines), "seconds": seconds}
                shown += f" {row['not_ok']:6} {seconds:8.2f}"
            report.append(row)
            print(shown)
        if args.errors:
            for (question, references, response, label), said, line in zip(table, yes, lines):
                if said != label:
                    kind = "missed" if label else "FALSE YES"
                    print(
                        f"  {kind}: {question[-90:]!r} | {references[:4]} | {response[:200]!r} | {line.get('reason', '')} {line['components']}"
                    )
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
