"""What choosing a tool by k labelled probes costs, against k, on recorded scores of real reward models and judges.

    ./dev bench regret [--data DIR] [--draws N] [--json FILE]

Pairs (judgebench, llmbar): the recorded pairs of a task are taken as all there are. k of them are drawn with replacement, the tool with the best
accuracy on them is chosen (equals by lot), and its accuracy on all pairs is subtracted from the best tool's. (Drawn without replacement and
judged on the rest, whoever was lucky on the probes is bound to be unlucky on so few others, and regret seems to grow with k.)
Published tables: each model's answer to a probe is drawn from its published accuracy, independently of the others, and the regret is the
difference of the published numbers. Models whose answers go together are easier to tell apart than that.
`range` holds 95 % of the draws: what one user may meet. `ci` is the interval of the mean over draws; it says nothing about other pairs.
`admitted` is the share of draws whose chosen tool has its 95 % Wilson interval on the probes wholly above chance.
"""

import argparse
import gzip
import json
import math
import os
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROBES = (0, 4, 8, 16, 32, 64, 128, 256)
MIN_PAIRS = 30  # fewer do not tell which tool is best


def recorded(data, name):
    path = data / name / f"{name}.jsonl.gz"
    if not path.exists():
        return None
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def credit(scores, best):
    """1 where the better response has the higher score, 1/2 for a tie."""
    mine, other = scores[best], scores[1 - best]
    return 1.0 if mine > other else 0.5 if mine == other else 0.0


def judgebench(rows):
    """{task: {tool: [credit per pair]}} of the pairs that every model scored."""
    rows = [row for row in rows if row["rm_scores"]]
    tasks = {"judgebench": rows}
    for row in rows:
        tasks.setdefault("judgebench/" + row["source"].split("-")[0], []).append(row)
    return {
        task: {
            tool: [credit(row["rm_scores"][tool], int(row["label"] == "B>A")) for row in chosen]
            for tool in chosen[0]["rm_scores"]
        }
        for task, chosen in tasks.items()
    }


def llmbar(rows):
    """The judges that judged every pair of the benchmark's own sets; both orders count half each."""
    rows = [row for row in rows if row["subset"].startswith("LLMBar/")]
    tools = sorted(set.intersection(*(set(row["evaluators"]) for row in rows)))

    def one(row, tool):
        said = [str(verdict) for _, verdict in row["evaluators"][tool]]
        return credit([said.count("1"), said.count("2")], int(row["label"]) - 1)

    tasks = {
        "llmbar": rows,
        "llmbar/natural": [row for row in rows if "Natural" in row["subset"]],
        "llmbar/adversarial": [row for row in rows if "Natural" not in row["subset"]],
    }
    return {task: {tool: [one(row, tool) for row in chosen] for tool in tools} for task, chosen in tasks.items()}


def wilson_low(right, n):
    z = 1.959963984540054
    share = right / n
    return (share + z * z / (2 * n) - z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))) / (1 + z * z / n)


def choose(right, rng):
    top = max(right.values())
    return rng.choice([tool for tool in right if right[tool] == top])


def summary(task, k, regrets, admitted):
    regrets = sorted(regrets)
    n = len(regrets)
    mean = sum(regrets) / n
    half = 1.96 * math.sqrt(sum((value - mean) ** 2 for value in regrets) / (n - 1) / n)
    return {
        "task": task,
        "k": k,
        "regret": mean,
        "ci": [mean - half, mean + half],
        "range": [regrets[int(0.025 * n)], regrets[min(n - 1, int(0.975 * n))]],
        "admitted": admitted / n,
    }


def on_pairs(task, tools, draws, rng):
    n = len(next(iter(tools.values())))
    accuracy = {tool: sum(values) / n for tool, values in tools.items()}
    best = max(accuracy.values())
    regrets, admitted = {k: [] for k in PROBES}, dict.fromkeys(PROBES, 0)
    for _ in range(draws):
        right, done = dict.fromkeys(tools, 0.0), 0
        for k in PROBES:
            drawn = [rng.randrange(n) for _ in range(k - done)]
            for tool, values in tools.items():
                right[tool] += sum(values[i] for i in drawn)
            done = k
            chosen = choose(right, rng)
            regrets[k].append(best - accuracy[chosen])
            admitted[k] += k > 0 and wilson_low(right[chosen], k) > 0.5
    return [summary(task, k, regrets[k], admitted[k]) for k in PROBES]


def on_table(task, accuracy, chance, draws, rng):
    best = max(accuracy.values())
    regrets, admitted = {k: [] for k in PROBES}, dict.fromkeys(PROBES, 0)
    for _ in range(draws):
        right, done = dict.fromkeys(accuracy, 0), 0
        for k in PROBES:
            for tool, share in accuracy.items():
                right[tool] += sum(rng.random() < share for _ in range(k - done))
            done = k
            chosen = choose(right, rng)
            regrets[k].append(best - accuracy[chosen])
            admitted[k] += k > 0 and wilson_low(right[chosen], k) > chance
    return [summary(task, k, regrets[k], admitted[k]) for k in PROBES]


def published(rows, draws, rng):
    """Best of four, so chance is 1/4. Ties is no share of right answers and is left out."""
    lines = []
    for subset in ("Factuality", "Precise IF", "Math", "Safety", "Focus"):
        accuracy = {row["model"]: row[subset] / 100 for row in rows if row.get(subset) is not None}
        lines += on_table("published/" + subset, accuracy, 0.25, draws, rng)
    return lines


def measure(data, draws):
    lines, skipped = [], []
    for name, tasks_of in (("judgebench", judgebench), ("llmbar", llmbar)):
        rows = recorded(data, name)
        if rows is None:
            skipped.append(
                f"{name}: {data / name / (name + '.jsonl.gz')} is not there; --data names the folder that holds {name}/"
            )
            continue
        for task, tools in tasks_of(rows).items():
            n = len(next(iter(tools.values())))
            if n < MIN_PAIRS:
                skipped.append(f"{task}: {n} pairs are too few")
                continue
            found = on_pairs(task, tools, draws, random.Random(task))
            lines += [{**line, "tools": len(tools), "pairs": n} for line in found]
    table = data / "published_scores" / "rewardbench2_table.json"
    if table.exists():
        rows = json.loads(table.read_text(encoding="utf-8"))
        lines += [
            {**line, "tools": len(rows), "pairs": None} for line in published(rows, draws, random.Random("published"))
        ]
    else:
        skipped.append(f"published: {table} is not there; --data names the folder that holds published_scores/")
    return lines, skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=pathlib.Path, default=pathlib.Path(os.environ.get("RLAR_DATA", ROOT.parent / "shared" / "data"))
    )
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    if options.draws < 2:
        parser.error("--draws must be 2 or more: an interval needs several")
    lines, skipped = measure(options.data, options.draws)
    print(f"{'task':28} {'tools':>5} {'pairs':>5} {'k':>4}  regret (95 % of the mean)   95 % of draws      admitted")
    for line in lines:
        pairs = "-" if line["pairs"] is None else line["pairs"]
        print(
            f"{line['task']:28} {line['tools']:5} {pairs:>5} {line['k']:4}  {line['regret']:.4f} [{line['ci'][0]:.4f}, {line['ci'][1]:.4f}]   "
            f"[{line['range'][0]:+.3f}, {line['range'][1]:+.3f}]   {line['admitted']:.3f}"
        )
    for reason in skipped:
        print("left out: " + reason, file=sys.stderr)
    if options.json:
        options.json.write_text(
            json.dumps({"draws": options.draws, "lines": lines, "left_out": skipped}, indent=1) + "\n", encoding="utf-8"
        )
    return 0 if lines else 77


if __name__ == "__main__":
    sys.exit(main())
