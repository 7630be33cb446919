"""./dev bench exam: can the agents make a verifier for a task they have never seen?

The agents get 16 rows (prompt, answer) of a reasoning-gym family and 4 unlabelled responses a row, right and wrong ones in shares that
they are not told; never the family's name or its source. What they build is judged on unseen rows: right answers (other ones than the
reference too, found by the solvers in exam_answers.py or by altering it where the judge takes that) and wrong ones. The family's own
score_answer >= 0.98 on the bare answer says what is right. The responses that hold them have other forms than those seen: by default forms
found in published responses (--data, exam_forms.py), which come from another hand than the code that extracts answers.

Tiers: A, plain equality of the bare answer with the reference agrees on less than 98 %; B, families in which several answers can be right
(most of them are in A too); C, no reference; `easy`, equality is right and one answer is. Columns:
  clean      served by a written verifier or a native tool that agrees on >= 98 % of the responses, and no fault is stated
  refused    no tool was admitted
  stated     admitted below 95 %; every fault stands on its card, the true rate in its interval, which is no wider than 0.3
  near       agrees on 95-98 %
  VIOLATION  a fault that is not stated, or one stated on a clean tool
  one_family clean, but by a checker that hardly fits any other family: does not count as clean
  untested   no right answers are known: tier C
`gain` counts families that are served clean where equality is not.

    ./dev bench exam [--families N|NAME,…] [--tier A|B|C|easy] [--seed S] [--llm none|local|replay|URL]
                     [--data DIR] [--tolerated] [--json FILE]

Every family's result is kept under build/bench/exam: a stopped run goes on; a new program, seed or model starts anew.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import exam_answers
import exam_forms

ROOT = Path(__file__).resolve().parents[1]
RLAR = ROOT / "build" / "rlar"
OUT = ROOT / "build" / "bench" / "exam"
SHOWN, ROLLOUTS = 16, 4
CLEAN, FLOOR, WIDEST = 0.98, 0.95, 0.3
TIER_B = set(exam_answers.SOLVERS)
TIER_C = {"propositional_logic", "boxnet"}
LEFT_OUT = {"composite"}  # a mixture of the others
# Checkers that fit one puzzle: made for the puzzle, not for a reasoning-gym family's text, but their own column all the same.
ONE_FAMILY = ("pour_moves", "letter_sum", "stack_moves", "queens_at_peace", "rooks_at_peace")

SEEN_FORMS = [
    "{a}",
    "Let me see. I go through it once more to be sure.\n\nThe answer is: {a}",
    "I have checked the conditions one by one.\n<answer>{a}</answer>",
    "**Answer:** {a}",
]
SEEN_BLOCKS = [
    "{a}",
    "Here is what I get:\n\n{a}",
    "<answer>\n{a}\n</answer>",
    "I work through it row by row.\n\nAnswer:\n{a}",
]
TEST_FORMS = [
    "{a}",
    "First I read the question. There are 3 things to look at, and I take them in turn.\n\nFinal answer: {a}",
    "<think>Is it {w}? No, that fails.</think>\n{a}",
    "So the result follows.\n\n<answer>{a}</answer>",
    "After some work, therefore:\n\\boxed{{{a}}}",
    "The result:\n```\n{a}\n```",
]
TEST_BLOCKS = [
    "{a}",
    "First I read the question and look at 2 rows at a time.\n\nFinal answer:\n{a}",
    "<think>Perhaps\n{w}\nNo, that fails.</think>\n{a}",
    "So the result follows.\n\n<answer>\n{a}\n</answer>",
    "The result:\n```\n{a}\n```",
]


def families():
    from reasoning_gym.factory import DATASETS

    return sorted(set(DATASETS) - LEFT_OUT)


class Forms:
    """How the responses of the tests hold their answers: `origin` says where the forms come from."""

    def __init__(self, data):
        lines, blocks, self.leads = exam_forms.read(data)
        self.origin = "published responses" if lines and blocks else "exam.py"
        self.lines = ["{a}", *lines] if lines and blocks else TEST_FORMS
        self.blocks = ["{a}", *blocks] if lines and blocks else TEST_BLOCKS

    def seen(self, answer, block, rng):
        return rng.choice(SEEN_BLOCKS if block else SEEN_FORMS).replace("{a}", answer)

    def test(self, answer, other, block, rng):
        chosen = rng.choice(self.blocks if block else self.lines)
        text = chosen.replace("{a}", answer).replace("{w}", other)
        if self.leads and chosen != "{a}" and rng.random() < 0.5:
            text = rng.choice(self.leads) + "\n\n" + text
        return text


def make(family, seed, rows, forms, tolerated=False):
    """What the agents see and what they are tried on: (data rows, rollout rows, test rows with labels and bare answers)."""
    import reasoning_gym

    data = reasoning_gym.create_dataset(family, size=SHOWN + rows, seed=seed)
    rng = random.Random(f"{family} {seed}")
    entries = [data[i] for i in range(len(data))]
    right = [exam_answers.right_answers(family, entry, data, rng) for entry in entries]
    if any(right) and not all(
        right
    ):  # the family gives no answers, and the bench's solver does not find one for every row: more rows
        data = reasoning_gym.create_dataset(family, size=10 * (SHOWN + rows), seed=seed)
        while sum(map(bool, right)) < SHOWN + rows and len(entries) < len(data):
            entries.append(data[len(entries)])
            right.append(exam_answers.right_answers(family, entries[-1], data, rng))
    shown, rollouts, tests = [], [], []
    share = rng.uniform(0.3, 0.7)
    for i, (entry, good) in enumerate(zip(entries, right)):
        if not good:
            if family in TIER_C:
                shown.append({"id": i, "prompt": entry["question"]})
            continue
        others = [right[j][0] for j in range(len(right)) if right[j] and j != i and right[j][0] not in good]
        taken, bad = exam_answers.judged_answers(good, others, entry, data, rng, 4, tolerated)
        good = [good[0], *rng.sample([*good[1:], *taken], len(good) - 1 + len(taken))]
        block = any("\n" in a for a in good)
        noise = bad[0] if bad else "nothing"
        if len(shown) < SHOWN:
            picks = [rng.choice(good) if rng.random() < share or not bad else rng.choice(bad) for _ in range(ROLLOUTS)]
            shown.append({"id": i, "prompt": entry["question"], "reference": good[0]})
            rollouts.append({"id": i, "responses": [forms.seen(a, block, rng) for a in picks]})
            continue
        answers = [(good[0], True), *((a, True) for a in good[1:3]), *((a, False) for a in bad[:2])]
        tests.append({"prompt": entry["question"], "reference": good[0], "labels": [label for _, label in answers], "answers": [a for a, _ in answers],
                      "responses": [forms.test(a, noise, block, rng) for a, _ in answers]})  # fmt: skip
    return shown, rollouts, tests


def write(path, rows):
    path.write_text(
        "".join(json.dumps({k: v for k, v in row.items() if k not in ("labels", "answers")}) + "\n" for row in rows)
    )


def run(arguments, seconds=300):
    try:
        done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"rlar {arguments[1]} did not end within {seconds:.0f} s") from error
    if done.returncode == 2:
        sys.exit(f"exam: {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


def verdicts(tests, path, arguments):
    """(label, verdict or None, tool) of every test response."""
    write(path, tests)
    out = run([RLAR, "score", *arguments, path])
    labels = [label for row in tests for label in row["labels"]]
    lines = [json.loads(line) for line in out.splitlines()]
    said = [line["value"] >= 0.5 if line["status"] == "ok" else None for line in lines]
    return list(zip(labels, said, [line.get("tool") for line in lines], strict=True))


def plain_equality(tests):
    """What comparing the bare answer with the reference says, wherever the response holds it."""
    return [
        (label, answer.strip() == row["reference"].strip(), "equality")
        for row in tests
        for label, answer in zip(row["labels"], row["answers"])
    ]


def agreement(results):
    return sum(label == said for label, said, _ in results) / len(results) if results else 0.0


def judge(results, cards):
    """Column and figures of what was built."""
    if not results:
        return {"column": "untested"}
    served = [r for r in results if r[1] is not None]
    if 2 * len(served) < len(results):
        return {"column": "refused", "served": len(served) / len(results)}
    right, wrong = [r for r in served if r[0]], [r for r in served if not r[0]]
    true = {
        "false_refuse": sum(not r[1] for r in right) / max(1, len(right)),
        "false_accept": sum(r[1] for r in wrong) / max(1, len(wrong)),
    }
    tools = {r[2] for r in served}
    faults = {}
    for card in cards:
        if f"{card['name']}@{card['version']}" in tools:
            faults.update({fault["kind"]: fault for fault in card.get("faults") or []})
    rate, whole = agreement(served), agreement(results)
    kind = {card["kind"] for card in cards if f"{card['name']}@{card['version']}" in tools}
    out = {"agreement": rate, "served": len(served) / len(results), "tools": sorted(tools), "kind": sorted(kind), "true": true,
           "faults": {k: f["ci"] for k, f in faults.items()}}  # fmt: skip
    if rate >= CLEAN:
        column = "VIOLATION" if faults else "clean" if whole >= CLEAN else "near"
        if column == "clean" and all(t.split("@")[0].removesuffix("_whole") in ONE_FAMILY for t in tools):
            column = "one_family"
    elif rate >= FLOOR:
        column = "near"
    else:
        stated = all(
            kind in faults and faults[kind]["ci"][0] <= r <= faults[kind]["ci"][1]
            for kind, r in true.items()
            if r > 1 - FLOOR
        )
        narrow = all(f["ci"][1] - f["ci"][0] <= WIDEST for f in faults.values())
        column = "stated" if faults and stated and narrow else "VIOLATION"
    return {"column": column, **out}


def build(folder, llm, minutes, shown, rollouts):
    write(folder / "train.jsonl", shown)
    write(folder / "rollouts.jsonl", rollouts)
    out = folder / ("library-" + re.sub(r"\W+", "_", llm[0]))
    more = [] if llm[0] == "none" else ["--budget", f"minutes={minutes}", *llm[1:]]
    shutil.rmtree(out, ignore_errors=True)  # what an older program wrote would compete
    given = ["--rollouts", folder / "rollouts.jsonl"] if rollouts else []
    run(
        [RLAR, "build", folder / "train.jsonl", "--out", out, "--quiet", "--llm", llm[0], *more, *given],
        60 * minutes + 60,
    )
    cards = run([RLAR, "tools", "--library", out, "--json"])
    return out, json.loads(cards)


def tiers(family, equality):
    if family in TIER_C:
        return ["C"]
    found = ["A"] * (equality < CLEAN) + ["B"] * (family in TIER_B)
    return found or ["easy"]


def examine(family, options, llm, forms):
    begin = time.monotonic()
    folder = OUT / f"{family}-{options.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    shown, rollouts, tests = make(family, options.seed, options.rows, forms, options.tolerated)
    plain = plain_equality(tests)
    result = {"family": family, "tests": len(plain), "equality": agreement(plain)}
    result["tiers"] = tiers(family, result["equality"])
    if options.tier and not set(result["tiers"]) & set(options.tier.split(",")):
        return result
    for name in [["none"]] if llm[0] == "none" else [["none"], llm]:
        library, cards = build(folder, name, options.minutes, shown, rollouts)
        results = verdicts(tests, folder / "test.jsonl", ["--library", library]) if tests else []
        result["none" if name[0] == "none" else "agents"] = judge(results, cards)
    result.setdefault("agents", result["none"])
    result["seconds"] = round(time.monotonic() - begin, 1)
    return result


def show(result):
    agents, none = result["agents"], result["none"]
    rate = "    -" if "agreement" not in agents else f"{100 * agents['agreement']:5.1f}"
    tools = ",".join(agents.get("tools", []))[:40]
    print(
        f"{result['family']:26} {'+'.join(result['tiers']):4} {100 * result['equality']:6.1f} {rate:>6}  {agents['column']:10} {none['column']:10} {tools}",
        flush=True,
    )


def summary(results):
    rows = []
    for tier in ("A", "B", "C", "easy"):
        mine = [r for r in results if tier in r["tiers"] and "agents" in r]
        if not mine:
            continue
        row = {"tier": tier, "families": len(mine)}
        for column in ("clean", "near", "refused", "stated", "one_family", "untested", "VIOLATION"):
            row[column] = sum(r["agents"]["column"] == column for r in mine)
        row["gain"] = sum(r["agents"]["column"] == "clean" and r["equality"] < CLEAN for r in mine)
        row["clean_none"] = sum(r["none"]["column"] == "clean" for r in mine)
        row["clean_equality"] = sum(r["equality"] >= CLEAN for r in mine)
        rows.append(row)
    return rows


def arguments():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--families", help="how many, drawn by the seed, or names joined by commas; default: all")
    options.add_argument("--tier", help="only these, e.g. A or A,B")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--rows", type=int, default=60, help="unseen rows a family")
    options.add_argument("--minutes", type=float, default=5, help="budget of a family")
    options.add_argument("--llm", default="none", help="none, local, replay or the address of a server")
    options.add_argument("--llm-model", default="")
    options.add_argument("--fresh", action="store_true", help="forget what earlier runs found")
    options.add_argument(
        "--tolerated", action="store_true", help="every alteration that the judge takes is right, its tolerances too"
    )
    options.add_argument(
        "--data",
        default=os.environ.get("RLAR_DATA", "../shared/data"),
        help="published responses whose forms the tests take; without them the bench's own",
    )
    options.add_argument("--json")
    return options.parse_args()


def chosen(options):
    names = families()
    if not options.families:
        return names
    if options.families.isdigit():
        return sorted(random.Random(options.seed).sample(names, min(int(options.families), len(names))))
    wanted = options.families.split(",")
    if unknown := [name for name in wanted if name not in names]:
        sys.exit(f"exam: no family '{unknown[0]}'; there are: {' '.join(names)}")
    return wanted


def main():
    options = arguments()
    llm = [options.llm, *(["--llm-model", options.llm_model] if options.llm_model else [])]
    OUT.mkdir(parents=True, exist_ok=True)
    program = hashlib.sha256(RLAR.read_bytes()).hexdigest()[:12]
    state = OUT / "state.jsonl"
    if options.fresh:
        state.unlink(missing_ok=True)
    bench = hashlib.sha256(
        Path(__file__).read_bytes() + Path(exam_answers.__file__).read_bytes() + Path(exam_forms.__file__).read_bytes()
    ).hexdigest()[:12]
    forms = Forms(options.data)
    print(
        f"forms of the tests' responses: {forms.origin} ({len(forms.lines)} for a line, {len(forms.blocks)} for several)"
    )
    key = [program, bench, forms.origin, options.tolerated, options.seed, options.rows, *llm]
    known = {}
    for line in state.read_text().splitlines() if state.exists() else []:
        item = json.loads(line)
        if item["key"] == key and "agents" in item["result"]:
            known[item["result"]["family"]] = item["result"]
    print(f"{'family':26} {'tier':4} {'equal.':>6} {'tool %':>6}  {'agents':10} {'llm none':10} tool")
    results, unfinished = [], []
    for family in chosen(options):
        try:
            result = known.get(family) or examine(family, options, llm, forms)
        except TimeoutError as error:  # says nothing of the agents: the next run tries it again
            unfinished.append(family)
            print(f"{family:26} no result: {error}", flush=True)
            continue
        if "agents" not in result or (options.tier and not set(result["tiers"]) & set(options.tier.split(","))):
            continue
        if family not in known:
            with state.open("a") as file:
                file.write(json.dumps({"key": key, "result": result}) + "\n")
        results.append(result)
        show(result)
    rows = summary(results)
    print()
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))
    report = {"schema_version": 1, "bench": "exam", "seed": options.seed, "forms": forms.origin, "rows": rows, "families": results, "unfinished": unfinished, "llm": options.llm,
              "machine": {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()},
              "versions": {"reasoning-gym": importlib.metadata.version("reasoning-gym"), "rlar": program, "python": platform.python_version()}}  # fmt: skip
    print(json.dumps({k: v for k, v in report.items() if k != "families"}))
    if options.json:
        Path(options.json).write_text(json.dumps(report))
    return 1 if any(row["VIOLATION"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
