"""Best-of-n over a mixed suite: RLAR's routed reward against every single tool, ensembles and routes written by hand.

    ./dev bench mix [--data DIR] [--share 1.0] [--seed 1] [--both] [--work DIR] [--json FILE]

The suite (mix_suite.py) has six subsets of four answers and Ties. A library is built by `rlar build --hub on` on one half, with a Hub on this
machine that offers reward models trained on other prompts, and decoys; everything is compared on the other half. The seed, 1 to 20, draws
the halves. With --both a second library is built on the other half and tested on the first, so that every row is scored by what was not built on it.
Four answers count the chance that the right one is drawn among those at the top, a prompt with several drawings of four their mean; a tool that gives no
number for one of a prompt's answers has it by chance. The figure of the whole is the mean of the six subsets. Intervals are 95 %, by a paired bootstrap over the
prompts inside the subsets.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hub_models
import mix_suite
import numpy
from hub_server import Hub
from mix_suite import SUBSETS, VERIFIED

ROOT = Path(__file__).resolve().parents[1]
RLAR = str(ROOT / "build" / "rlar")
NATIVE = (
    "math_equal",
    "number_equal",
    "exact_match",
    "contains",
    "qa_match",
    "token_f1",
    "chrf",
    "bleu",
    "rouge",
    "code_tests",
    "instruction_constraints",
)
BY_SUBSET = {"Math": "math_equal", "Code": "code_tests", "Precise IF": "instruction_constraints", "Translation": "chrf", "Dialogue": "helpfulness",
             "Open chat": "helpfulness", "Ties": "qa_match"}  # fmt: skip
BY_SOURCE = {"wmt-ted": "translation", "refusals": "safety", "xstest": "safety"}  # somebody who reads rows and cards
CALIBRATION = 25  # rows of the building half a subset, for z-scores and the best single tool
DRAWS = 10_000


def rlar(*command, env=None, check=(0, 1), timeout=20_000) -> str:
    done = subprocess.run([RLAR, *map(str, command)], capture_output=True, text=True, env=env, timeout=timeout)
    if done.returncode not in check:
        sys.exit(f"rlar {command[0]}: exit {done.returncode}: {done.stderr[-800:]}")
    return done.stdout


def build(rows: list[dict], work: Path, env: dict) -> Path:
    """A library from the building half: the rows with their labelled answers."""
    lines = []
    for one in rows:
        if one["id"].startswith("tied:"):
            continue  # the same questions as the ref rows
        lines.append(mix_suite.labelled(one))
    library = work / "library"
    shutil.rmtree(library, ignore_errors=True)
    rlar(
        "build",
        mix_suite.write_jsonl(work / "build.jsonl", lines),
        "--out",
        library,
        "--hub",
        "on",
        "--hub-trials",
        "12",
        "--quiet",
        env=env,
    )
    return library


def routed(library: Path, rows: list[dict], work: Path, env: dict) -> dict[str, list]:
    """By row, the values in the order shown; None where there is no number."""
    file = mix_suite.write_jsonl(work / "test.jsonl", [mix_suite.shown(one) for one in rows])
    return by_row(rlar("score", "--library", library, file, env=env))


def by_row(lines: str) -> dict[str, list]:
    found: dict[str, list] = {}
    for line in map(json.loads, lines.splitlines()):
        found.setdefault(line["id"], []).append(line["value"] if line["status"] == "ok" else None)
    return found


class Scores:
    """Scores of single tools, kept on the disk by tool and text: a run that was stopped goes on."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.known = json.loads(file.read_text()) if file.is_file() else {}

    def key(self, tool: str, row: dict) -> str:
        return f"{tool} {hashlib.sha1(json.dumps(mix_suite.shown(row), sort_keys=True).encode()).hexdigest()}"

    def native(self, tool: str, rows: list[dict], work: Path) -> dict[str, list]:
        missing = [row for row in rows if self.key(tool, row) not in self.known]
        if missing:
            file = mix_suite.write_jsonl(work / "some.jsonl", [mix_suite.shown(row) for row in missing])
            found = by_row(rlar("score", "--tool", tool, file))
            self.known.update({self.key(tool, row): found[row["id"]] for row in missing})
        return {row["id"]: self.known[self.key(tool, row)] for row in rows}

    def model(self, name: str, folder: Path, rows: list[dict]) -> dict[str, list]:
        tool = name + hashlib.sha1((folder / "model.safetensors").read_bytes()).hexdigest()[:12]
        missing = [row for row in rows if self.key(tool, row) not in self.known]
        if missing:
            with hub_models.Worker(folder) as worker:
                for row in missing:
                    self.known[self.key(tool, row)] = worker.scores(row["prompt"], row["texts"])
        return {row["id"]: self.known[self.key(tool, row)] for row in rows}

    def all(self, rows: list[dict], models: Path, work: Path) -> dict[str, dict[str, list]]:
        tools = {tool: self.native(tool, rows, work) for tool in NATIVE}
        begun = time.monotonic()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            asked = {name: pool.submit(self.model, name, models / name, rows) for name in hub_models.training.DOMAINS}
            for name, scores in asked.items():
                tools[name] = scores.result()
                self.file.write_text(json.dumps(dict(self.known)))
        print(f"  {len(rows)} rows scored by {len(asked)} models in {time.monotonic() - begun:.0f} s", flush=True)
        tools["longest"] = {row["id"]: [len(text) for text in row["texts"]] for row in rows}
        self.file.write_text(json.dumps(self.known))
        return tools


def values(scores: dict[str, list], row: dict) -> list[float]:
    """A row's numbers; all equal, which is chance, where one is missing."""
    given = scores.get(row["id"], [])
    return given if len(given) == len(row["texts"]) and None not in given else [0.0] * len(row["texts"])


def credit(given: list[float], draw: list[int]) -> float:
    """The right answer comes first in a drawing."""
    right, best = given[draw[0]], max(given[i] for i in draw)
    return (right == best) / sum(given[i] == best for i in draw)


def credits(scores: dict[str, list], rows: list[dict]) -> dict[str, numpy.ndarray]:
    by_subset: dict[str, list] = {name: [] for name in SUBSETS}
    for row in rows:
        if row["subset"] in by_subset:
            given = values(scores, row)
            by_subset[row["subset"]].append(numpy.mean([credit(given, draw) for draw in row["draws"]]))
    return {name: numpy.array(some) for name, some in by_subset.items() if some}


def mean_of(credit_table: dict, names) -> float:
    return float(numpy.mean([credit_table[name].mean() for name in names]))


def standardised(tools: dict, calibration: list[dict]) -> dict[str, tuple[float, float]]:
    """Mean and spread of each tool's numbers on the building half."""
    found = {}
    for name, scores in tools.items():
        seen = [value for row in calibration for value in scores.get(row["id"], []) if value is not None]
        found[name] = (float(numpy.mean(seen)), float(numpy.std(seen)) or 1.0) if seen else (0.0, 1.0)
    return found


def z_mean(tools: dict, calibration: list[dict], rows: list[dict]) -> dict[str, list]:
    scale = standardised(tools, calibration)
    out = {}
    for row in rows:
        parts = []
        for name, scores in tools.items():
            given = scores.get(row["id"], [])
            if given and None not in given:
                parts.append((numpy.array(given) - scale[name][0]) / scale[name][1])
        out[row["id"]] = list(map(float, numpy.mean(parts, axis=0))) if parts else []
    return out


def by_hand(tools: dict, rows: list[dict], by_source: bool) -> dict[str, list]:
    def tool(row):
        return BY_SOURCE.get(row["source"]) if by_source and row["source"] in BY_SOURCE else BY_SUBSET[row["subset"]]

    return {row["id"]: tools[tool(row)][row["id"]] for row in rows}


def differences(ours: dict, theirs: dict, names, seed: int) -> tuple[float, float, float]:
    """Mean over subsets of ours less theirs, with its interval: prompts drawn anew inside each subset, the same for both."""
    rng = numpy.random.default_rng(seed)
    draws = numpy.zeros(DRAWS)
    for name in names:
        gap = ours[name] - theirs[name]
        draws += gap[rng.integers(0, len(gap), (DRAWS, len(gap)))].mean(axis=1)
    draws /= len(names)
    low, high = numpy.percentile(draws, [2.5, 97.5])
    return mean_of(ours, names) - mean_of(theirs, names), float(low), float(high)


def ties_value(scores: dict[str, list], rows: list[dict], work: Path) -> float | None:
    """RewardBench 2's Ties score, by rlar's own scorer."""
    lines, given = [], []
    for row in rows:
        if row["subset"] == "Ties":
            (draw,), found = row["draws"], values(scores, row)
            texts = [row["texts"][i] for i in draw]
            chosen, rejected = texts[: row["rights"]], texts[row["rights"] :]
            lines.append(
                {"id": row["id"], "prompt": row["prompt"], "subset": "Ties", "chosen": chosen, "rejected": rejected}
            )
            given.append({"id": row["id"], "scores": [found[i] for i in draw]})
    told = rlar("eval", "rewardbench2", mix_suite.write_jsonl(work / "ties.jsonl", lines), "--scores",
                mix_suite.write_jsonl(work / "ties_scores.jsonl", given), "--json")  # fmt: skip
    return json.loads(told)["subsets"]["Ties"]["value"]


def checked(scores: dict[str, list], rows: list[dict], work: Path) -> None:
    """rlar's own best-of-n must count the same, drawing by drawing."""
    lines, given, ours = [], [], {}
    for row in rows:
        for i, draw in enumerate(row["draws"] if row["subset"] != "Ties" else []):
            name, found = f"{row['id']}-{i}", values(scores, row)
            kept = {"id": name, "prompt": row["prompt"], "subset": row["subset"]}
            lines.append({**kept, "responses": [row["texts"][i] for i in draw], "best": 0})
            given.append({"id": name, "scores": [found[i] for i in draw]})
            ours.setdefault(row["subset"], []).append(credit(found, draw))
    told = json.loads(rlar("eval", "best-of-n", mix_suite.write_jsonl(work / "bon.jsonl", lines), "--scores",
                           mix_suite.write_jsonl(work / "bon_scores.jsonl", given), "--json"))  # fmt: skip
    for name, subset in told["subsets"].items():
        mean = float(numpy.mean(ours[name]))
        if abs(subset["value"] - mean) > 1e-9:
            sys.exit(f"rlar eval best-of-n counts {subset['value']} for {name}, this bench {mean}")


def show_routes(library: Path) -> list[dict]:
    report = json.loads(rlar("report", library, "--json"))
    told = []
    for task in report["tasks"]:
        parts = task["route"]["parts"] if task["route"] else []
        told.append(
            {
                "task": task["task"],
                "rows": task["rows"],
                "tools": [part["tool"] for part in parts],
                "missing": task["missing"],
            }
        )
        print(
            f"  {task['task']:<34} {task['rows']:>4} rows  {', '.join(told[-1]['tools']) or '- ' + (task['missing'] or '')[:110]}"
        )
    return told


def line(name: str, table: dict, ties) -> str:
    cells = [f"{100 * table[subset].mean():6.1f}" for subset in SUBSETS]
    return (
        f"{name:<26}"
        + "".join(f"{cell:>12}" for cell in cells)
        + f"{100 * mean_of(table, SUBSETS):>9.1f}"
        + (f"{100 * ties:>8.1f}" if ties is not None else f"{'-':>8}")
    )


def compare(all_scores: dict, rows: list[dict], seed: int, work: Path) -> dict:
    tables = {name: credits(scores, rows) for name, scores in all_scores.items()}
    checked(all_scores["RLAR"], rows, work)
    counts = {name: len(tables["RLAR"][name]) for name in SUBSETS}
    print(f"\n{'':<26}" + "".join(f"{name:>12}" for name in SUBSETS) + f"{'mean':>9}{'Ties':>8}")
    print(
        f"{'prompts':<26}"
        + "".join(f"{counts[name]:>12}" for name in SUBSETS)
        + f"{sum(counts.values()):>9}{sum(row['subset'] == 'Ties' for row in rows):>8}"
    )
    out: dict = {"rows": counts, "tools": {}}
    for name, table in sorted(tables.items(), key=lambda item: -mean_of(item[1], SUBSETS)):
        ties = ties_value(all_scores[name], rows, work)
        print(line(name, table, ties))
        out["tools"][name] = {
            "subsets": {subset: float(table[subset].mean()) for subset in SUBSETS},
            "mean": mean_of(table, SUBSETS),
            "ties": ties,
        }
    rest = [name for name in SUBSETS if name not in VERIFIED]
    print(f"\n{'RLAR less':<26}{'six subsets':>28}{'without the verified three':>32}")
    for name in tables:
        if name == "RLAR":
            continue
        cells = []
        for names in (SUBSETS, rest):
            gap, low, high = differences(tables["RLAR"], tables[name], names, seed)
            cells.append(f"{100 * gap:+6.1f} ({100 * low:+.1f} to {100 * high:+.1f})")
            out["tools"][name]["rlar_less" if names is SUBSETS else "rlar_less_unverified"] = [gap, low, high]
        print(f"{name:<26}{cells[0]:>28}{cells[1]:>32}")
    singles = [name for name in tables if name in NATIVE or name in hub_models.training.DOMAINS or name == "longest"]
    best = {subset: max(singles, key=lambda name: tables[name][subset].mean()) for subset in SUBSETS}
    oracle = {subset: tables[best[subset]][subset] for subset in SUBSETS}
    for names, label in ((SUBSETS, "six subsets"), (rest, "without the verified three")):
        print(
            f"oracle by subset, {label}: {100 * mean_of(oracle, names):.1f}; RLAR lies {100 * (mean_of(oracle, names) - mean_of(tables['RLAR'], names)):.1f} below"
        )
    out["oracle"] = {"tools": best, "mean": mean_of(oracle, SUBSETS), "unverified": mean_of(oracle, rest)}
    return out


def one_half(building: list[dict], testing: list[dict], models: Path, work: Path) -> tuple[dict, list[dict], int]:
    """What every tool, ensemble and route says of the testing rows, learnt where it learns on the building rows; RLAR's routes; rows it left out."""
    hub_folder = work / "hub"
    shutil.rmtree(hub_folder, ignore_errors=True)
    with Hub(hub_folder, hub_models.make_hub(hub_folder, models)) as hub:
        env = hub_models.environment(hub.url, work / "hf")
        begun = time.monotonic()
        library = build(building, work, env)
        print(f"library built in {time.monotonic() - begun:.0f} s:", flush=True)
        routes = show_routes(library)
        ours = routed(library, testing, work, env)
    without = sum(None in ours.get(row["id"], [None]) for row in testing)
    print(f"RLAR gave no number for {without} of {len(testing)} rows; they count by chance", flush=True)
    some: dict[str, int] = {}
    calibration = [
        row
        for row in building
        if some.setdefault(row["subset"], 0) < CALIBRATION and not some.update({row["subset"]: some[row["subset"]] + 1})
    ]
    tools = Scores(work / "scores.json").all(calibration + testing, models, work)
    learnt = {name: mean_of(credits(scores, calibration), SUBSETS) for name, scores in tools.items()}
    best = max(learnt, key=learnt.get)
    print(f"best single tool on the building half: {best} ({100 * learnt[best]:.1f})")
    tested = {row["id"] for row in testing}
    everything = {"RLAR": ours, **tools, "z-mean of all": z_mean(tools, calibration, testing), "best single": tools[best],
                  "by hand, by subset": by_hand(tools, testing, False), "by hand, by source": by_hand(tools, testing, True)}  # fmt: skip
    return (
        {name: {i: given for i, given in scores.items() if i in tested} for name, scores in everything.items()},
        routes,
        without,
    )


def main() -> None:
    parser = hub_models.options(__doc__.split("\n")[0], "mix")
    parser.add_argument("--share", type=float, default=1.0, help="of the testing half that is tested on")
    parser.add_argument("--both", action="store_true", help="each half is tested on by what is built on the other")
    options = parser.parse_args()
    if not 1 <= options.seed <= 20:
        parser.error(f"--seed {options.seed} is not in 1 to 20")
    if hub_models.is_skipped(options.data):
        return
    models = hub_models.trained(options.data, options.models)
    options.work.mkdir(parents=True, exist_ok=True)
    rows = mix_suite.suite(Path(options.data), RLAR, mix_suite.read_hashes(models))
    halves = [[row for row in rows if mix_suite.for_training(row, options.seed) is which] for which in (True, False)]
    merged: dict[str, dict] = {}
    tested, routes, without = [], [], 0
    for building, testing in (halves, halves[::-1]) if options.both else (halves,):
        testing = [row for row in testing if row["place"] < options.share]
        print(
            f"{len(building)} rows to build from, {len(testing)} to test on; seed {options.seed}; RewardBench 2 itself: not run here",
            flush=True,
        )
        found, took, left_out = one_half(building, testing, models, options.work)
        for name, scores in found.items():
            merged.setdefault(name, {}).update(scores)
        tested, routes, without = tested + testing, routes + took, without + left_out
    result = compare(merged, tested, options.seed, options.work)
    if options.json:
        options.json.write_text(
            json.dumps(
                {"seed": options.seed, "both": options.both, "routes": routes, "without_number": without, **result},
                indent=1,
            )
        )


if __name__ == "__main__":
    main()
