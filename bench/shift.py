"""./dev bench shift: does the library follow a stream whose tasks change?

A seeded stream of queries over reasoning-gym families: some are there from the start, new ones appear, old ones vanish and return. Three
servers score the same stream: `evolving` (serve --gather --follow; `rlar evolve` after every --every queries, the stream waits for it), `frozen` (the
library of the first phase) and `oracle` (built on rows of every family beforehand). A query counts as well served where its right answer
scores at least 0.5 and its wrong one below. Printed: the share well served by each, the part of the gap between frozen and
oracle that evolving recovers, how many of its own queries each new family needed until it was served, and alarms. With --unchanged N a stream
of the first families only: every alarm `new_queries` there is a false one.

    ./dev bench shift [--queries N] [--streams K] [--first A,B,…] [--later C,D,…] [--every N] [--seed S] [--unchanged N] [--json FILE]
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "python")]
from support import RLAR, serve  # noqa: E402

OUT = ROOT / "build" / "bench" / "shift"
# At first only numbers are asked for, so that what comes later is news: words, lists, expressions, moves. All can be served: what is measured is
# whether the change is noticed and built for, not how hard a verifier is to write.
FIRST = "chain_sum,gcd,letter_counting,leg_counting,lcm"
LATER = "isomorphic_strings,number_sorting,family_relationships,spell_backward,group_anagrams,countdown,number_filtering,fraction_simplification,syllogism,tower_of_hanoi"
FORMS = ["The answer is {a}.", "<answer>{a}</answer>", "Final answer: {a}"]


def rows_of(family, count, seed):
    import reasoning_gym

    data = reasoning_gym.create_dataset(family, size=count, seed=seed)
    entries = [data[i] for i in range(count)]
    answers = [str(entry["answer"]) for entry in entries]
    for i, entry in enumerate(entries):
        wrong = next((a for a in answers[i + 1 :] + answers[:i] if a != answers[i]), "nothing")
        rng = random.Random(f"{family} {seed} {i}")
        said = [rng.choice(FORMS).format(a=text) for text in (answers[i], wrong)]
        yield {"prompt": entry["question"], "reference": answers[i], "responses": said}


def build(rows, library):
    data = library.with_suffix(".jsonl")
    data.write_text(
        "".join(json.dumps({"prompt": row["prompt"], "reference": row["reference"]}) + "\n" for row in rows)
    )
    shutil.rmtree(library, ignore_errors=True)
    subprocess.run([RLAR, "build", str(data), "--out", str(library), "--quiet"], check=True, stdout=subprocess.DEVNULL)


def phases(first, later, rng, queries):
    """(families present, queries) of each phase: every phase one or two new ones come, one old one goes or returns."""
    present, waiting, gone = list(first), list(later), []
    plan = [list(present)]
    while waiting:
        for _ in range(min(len(waiting), rng.choice((1, 2)))):
            present.append(waiting.pop(0))
        if gone and rng.random() < 0.5:
            present.append(gone.pop(rng.randrange(len(gone))))
        elif len(present) > 4:
            gone.append(present.pop(rng.randrange(len(present) - 2)))
        plan.append(list(present))
    return [(phase, queries // len(plan)) for phase in plan]


def well_served(server, rows):
    _, reply, _ = server.request("/v1/score", {"rows": rows})
    values = [line.get("value") if line["status"] == "ok" else None for line in reply["results"]]
    return [
        right is not None and wrong is not None and right >= 0.5 > wrong
        for right, wrong in zip(values[::2], values[1::2])
    ]


def stream(options, seed, folder):
    rng = random.Random(seed)
    first, later = options.first.split(","), options.later.split(",")
    rng.shuffle(later)
    families = first + later
    plan = phases(first, later, rng, options.queries)
    pools = {family: list(rows_of(family, 40 + options.queries // 4, seed)) for family in families}
    start = [row for family in plan[0][0] for row in pools[family][:40]]
    build(start, folder / "frozen")
    shutil.rmtree(folder / "evolving", ignore_errors=True)
    shutil.copytree(folder / "frozen", folder / "evolving")
    build([row for family in families for row in pools[family][:40]], folder / "oracle")
    used = dict.fromkeys(families, 40)
    counts, total, delay, seen, rounds = (
        dict.fromkeys(("evolving", "frozen", "oracle"), 0),
        0,
        {},
        dict.fromkeys(families, 0),
        0,
    )
    with (
        serve("--library", folder / "evolving", "--gather", "--follow", "--tick-ms", "50") as evolving,
        serve("--library", folder / "frozen") as frozen,
        serve("--library", folder / "oracle") as oracle,
    ):
        for present, count in plan:
            for begin in range(0, count, options.every):
                part = [rng.choice(present) for _ in range(min(options.every, count - begin))]
                rows = []
                for family in part:
                    rows.append(pools[family][used[family] % len(pools[family])])
                    used[family] += 1
                for name, server in (("evolving", evolving), ("frozen", frozen), ("oracle", oracle)):
                    good = well_served(server, rows)
                    counts[name] += sum(good)
                    if name != "evolving":
                        continue
                    for family, fine in zip(part, good):
                        seen[family] += 1
                        if fine and family not in delay:
                            delay[family] = seen[family]
                total += len(rows)
                time.sleep(0.15)  # the server's tick writes what it gathered
                told = subprocess.run(
                    [RLAR, "evolve", "--library", str(folder / "evolving")], capture_output=True, text=True, check=True
                ).stdout
                rounds += "(new)" in told
                wanted = (folder / "evolving" / "CURRENT").read_text().strip()
                deadline = time.monotonic() + 20
                while evolving.request("/health")[1]["library_version"] != wanted and time.monotonic() < deadline:
                    time.sleep(0.02)
    shares = {name: count / total for name, count in counts.items()}
    gap = shares["oracle"] - shares["frozen"]
    new = [family for family in families if family not in plan[0][0]]
    return {
        "seed": seed, **shares, "recovered": (shares["evolving"] - shares["frozen"]) / gap if gap > 0 else None, "versions": rounds,
        "delays": {family: delay.get(family) for family in new},
    }  # fmt: skip


def unchanged(options, folder):
    """False alarms: queries of the families that the library was built on, nothing else."""
    families = options.first.split(",")
    pools = {family: list(rows_of(family, 2000, options.seed)) for family in families}
    build([row for family in families for row in pools[family][:200]], folder / "still")
    rng, sent = random.Random(options.seed), 0
    with serve("--library", folder / "still") as server:
        while sent < options.unchanged:
            rows = [rng.choice(pools[rng.choice(families)]) for _ in range(500)]
            server.request("/v1/score", {"rows": rows})
            sent += len(rows)
        alarms = server.request("/v1/status")[1]["alarms"]
    return {
        "queries": sent,
        "alarms": [
            f"{alarm['kind']}: {alarm['task']}" for alarm in alarms if alarm["kind"] in ("new_queries", "unserved")
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=4000)
    parser.add_argument("--streams", type=int, default=2)
    parser.add_argument("--first", default=FIRST)
    parser.add_argument("--later", default=LATER)
    parser.add_argument("--every", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unchanged", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    results = []
    print(
        f"{'seed':>4s} {'frozen':>7s} {'evolving':>8s} {'oracle':>7s} {'recovered':>9s} {'versions':>8s}  queries of a new family until it is served"
    )
    for seed in range(options.seed, options.seed + options.streams):
        found = stream(options, seed, OUT)
        results.append(found)
        delays = ", ".join(
            f"{family} {count if count is not None else 'never'}" for family, count in found["delays"].items()
        )
        recovered = "-" if found["recovered"] is None else f"{found['recovered']:.1%}"
        print(
            f"{seed:4d} {found['frozen']:7.1%} {found['evolving']:8.1%} {found['oracle']:7.1%} {recovered:>9s} {found['versions']:8d}  {delays}",
            flush=True,
        )
    still = unchanged(options, OUT) if options.unchanged else None
    if still:
        print(f"{still['queries']} queries of unchanged data: {len(still['alarms'])} false alarms {still['alarms']}")
    if options.json:
        versions = {"reasoning-gym": importlib.metadata.version("reasoning-gym"), "python": platform.python_version()}
        report = {"schema_version": 1, "bench": "shift", "machine": {"cores": os.cpu_count(), "machine": platform.machine()},
                  "versions": versions, "seed": options.seed, "rows": results, "unchanged": still}  # fmt: skip
        options.json.write_text(json.dumps(report))


if __name__ == "__main__":
    main()
