"""./dev bench shift: does the library follow a stream that changes?

Families of queries (shift_families.py): a seeded stream over reasoning-gym families and examples/mixed: some are there from the start, new ones appear,
old ones vanish and return, some grow harder. `evolving` (serve --gather --follow; `rlar evolve` after every --every queries where there is something for it,
the stream waits for it) scores it beside `frozen` (the library of the first phase) and `oracle` (built on rows of every family beforehand). These two give a
row the same scores always, so that theirs are asked once for all streams. A query counts as well served where its right answer scores at least 0.5 and its
wrong one below. Printed: the share well served by each (the area under that over the stream), the part of the gap between frozen and oracle that evolving
recovers, how many of its own queries each new family needed until it was served, and where it was not noticed (served, or put aside to be built for) within
200 of them, when it was.

Responses only (--responses K, shift_responses.py): K streams of each kind of drift. Where truth is unchanged every alarm is a false one; where a route is gamed
or breaks: when that was noticed, when the library changed, and what was paid wrongly in each tenth.

With --unchanged N queries of the first families only: every alarm `new_queries` there is a false one. A server alarms once a task, so that each 20,000 of them go to a
fresh one.

With --llm LLM the rounds ask a language model, and the stream waits for them: up to --pace minutes for each family that has come so far.
Their later families (AGENTS) hold some that no native tool serves. `oracle` may ask it as long for every family of the stream.

Each stream is kept in build/bench/shift/streams.jsonl as it ends, with the program's hash and its settings: the same command goes on from there, and several
may run side by side with other seeds.

    ./dev bench shift [--queries N] [--streams K] [--responses K] [--first A,B,…] [--later C,D,…] [--every N] [--seed S] [--unchanged N]
                      [--llm local|URL] [--pace MINUTES] [--picture FILE] [--json FILE]
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import platform
import random
import statistics
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests" / "python")]
import shift_families  # noqa: E402
import shift_responses  # noqa: E402
from shift_picture import picture  # noqa: E402
from support import RLAR, serve  # noqa: E402

OUT = ROOT / "build" / "bench" / "shift"
# At first only numbers are asked for, so that what comes later is news: words, lists, truths. All can be served by native tools: what is measured is whether
# the change is noticed and built for, not how hard a verifier is to write, and a stream is not mostly runs of the sandbox (countdown, tower_of_hanoi,
# group_anagrams and the like can be named in --later).
FIRST = "chain_sum,gcd,letter_counting,leg_counting,lcm"
# For a language model: four of these have tools that are programs, and the last of them is served by nothing that is known.
AGENTS = "number_sorting,spell_backward,base_conversion,caesar_cipher,fraction_simplification,time_intervals,countdown,group_anagrams,puzzle24,word_ladder,examples/mixed"
LATER = "isomorphic_strings,number_sorting,family_relationships,spell_backward,base_conversion,caesar_cipher,number_filtering,fraction_simplification,syllogism,time_intervals,examples/mixed"


def unchanged(options, folder: Path) -> dict[str, Any]:
    """False alarms: queries of the families that the library was built on, nothing else."""
    families = options.first.split(",")
    rng, sent = random.Random(options.seed), 0
    pools = {family: [row for part in shift_families.rows_of(family, folder) for row in part] for family in families}
    shift_families.build([row for family in families for row in pools[family][:200]], folder / "still")
    alarms: list[str] = []
    while sent < options.unchanged:
        with serve("--library", folder / "still") as server:
            for _ in range(40):
                rows = [rng.choice(pools[rng.choice(families)][200:]) for _ in range(500)]
                server.request("/v1/score", {"rows": rows})
                sent += len(rows)
            for alarm in server.request("/v1/status")[1]["alarms"]:
                if alarm["kind"] in ("new_queries", "unserved"):
                    alarms.append(f"{alarm['kind']}: {alarm['task']}")
    return {"queries": sent, "alarms": alarms}


class Kept:
    """Streams that have ended, by what makes them comparable."""

    def __init__(self, options) -> None:
        self.file = OUT / "streams.jsonl"
        self.program = hashlib.sha256(Path(RLAR).read_bytes()).hexdigest()[:12]
        self.settings = {
            "queries": options.queries,
            "every": options.every,
            "first": options.first,
            "later": options.later,
        }
        if options.llm != "none":
            self.settings |= {"llm": options.llm, "pace": options.pace}
        lines = self.file.read_text().splitlines() if self.file.is_file() else []
        self.found = [json.loads(line) for line in lines if line.endswith("}")]

    def get(self, kind: str, seed: int, make) -> dict[str, Any]:
        key = {"program": self.program, "settings": self.settings, "kind": kind, "seed": seed}
        for known in self.found:
            if all(known.get(name) == value for name, value in key.items()):
                return known
        made = {**key, **make()}
        with self.file.open("a") as file:
            file.write(json.dumps(made) + "\n")
        self.found.append(made)
        return made


def interval(values: list[float]) -> tuple[float, float]:
    """Of the mean, 95 %, by resampling streams."""
    rng = random.Random(0)
    means = sorted(statistics.mean(rng.choices(values, k=len(values))) for _ in range(4000))
    return means[100], means[-101]


def family_streams(options, kept: Kept) -> list[dict[str, Any]]:
    results = []
    shared = shift_families.arms(options, kept.program, OUT)
    print(
        f"{'seed':>4s} {'frozen':>7s} {'evolving':>8s} {'oracle':>7s} {'recovered':>9s} {'versions':>8s} {'cpu s':>6s}  queries of a new family until it is served"
    )
    for seed in range(options.seed, options.seed + options.streams):
        found = kept.get("families", seed, lambda seed=seed: shift_families.stream(options, seed, shared, OUT))
        results.append(found)
        delays = ", ".join(
            f"{family} {count if count is not None else 'never'}" for family, count in found["delays"].items()
        )
        for family, count in found["noticed"].items():
            if count is None or count > 200:
                delays += f"; {family} noticed after {count if count is not None else 'never'}"
        recovered = "-" if found["recovered"] is None else f"{found['recovered']:.1%}"
        print(
            f"{seed:4d} {found['frozen']:7.1%} {found['evolving']:8.1%} {found['oracle']:7.1%} {recovered:>9s} {found['versions']:8d} {found['processor_seconds']:6.0f}  {delays}",
            flush=True,
        )
    if results:
        means = {arm: statistics.mean(result[arm] for result in results) for arm in shift_families.ARMS}
        parts = [result["recovered"] for result in results if result["recovered"] is not None]
        new = [count for result in results for count in result["delays"].values()]
        served = [count for count in new if count is not None]
        low, high = interval(parts)
        noticed = [count for result in results for count in result["noticed"].values() if count is not None]
        print(
            f"mean of {len(results)}: frozen {means['frozen']:.1%}, evolving {means['evolving']:.1%}, oracle {means['oracle']:.1%}; recovered {statistics.mean(parts):.1%} "
            f"({low:.1%} to {high:.1%}), least {min(parts):.1%}; {len(served)} of {len(new)} new families served, the slowest after {max(served, default=0)} of its queries; "
            f"{len(noticed)} noticed, the slowest after {max(noticed, default=0)}"
        )
    return results


def response_streams(options, kept: Kept) -> list[dict[str, Any]]:
    results = []
    if options.responses:
        print(
            f"\n{'responses drift':21s} {'seed':>4s} {'false':>5s} {'noticed':>8s} {'changed':>8s} {'cpu s':>5s}  paid wrongly by tenths; alarms"
        )
    for kind, drift in shift_responses.KINDS.items():
        for seed in range(options.seed, options.seed + options.responses):
            make = lambda kind=kind, seed=seed: shift_responses.stream(kind, options, seed, OUT)  # noqa: E731
            found = kept.get(kind, seed, make)
            results.append(found)
            noticed = "-" if found["noticed"] is None else str(found["noticed"])
            changed = "-" if not found["changed"] else str(found["changed"][0])
            said = " ".join(map(str, found["paid_wrong"]))
            named = ", ".join(f"{name} at {at}" for at, name, _ in found["alarms"][:4])
            print(
                f"{kind:21s} {seed:4d} {len(found['false']):5d} {noticed:>8s} {changed:>8s} {found['processor_seconds']:5.0f}  {said}; {named or 'none'}",
                flush=True,
            )
        own = [found for found in results if found["kind"] == kind]
        if own and not drift.expects:
            print(
                f"  {drift.says}: {sum(len(found['false']) for found in own)} false alarms in {sum(found['responses'] for found in own)} responses"
            )
        elif own:
            print(
                f"  {drift.says}: noticed in {sum(found['noticed'] is not None for found in own)} of {len(own)}, the library changed in {sum(bool(found['changed']) for found in own)}"
            )
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=4000)
    parser.add_argument("--streams", type=int, default=2)
    parser.add_argument("--responses", type=int, default=0)
    parser.add_argument("--first", default=FIRST)
    parser.add_argument("--later", default="")
    parser.add_argument("--every", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unchanged", type=int, default=0)
    parser.add_argument("--llm", default="none", help="none, local or an address")
    parser.add_argument(
        "--pace", type=float, default=8, help="minutes a family that the stream waits for a language model"
    )
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.later = options.later or (LATER if options.llm == "none" else AGENTS)
    OUT.mkdir(parents=True, exist_ok=True)
    kept = Kept(options)
    streams = family_streams(options, kept) if options.streams else []
    drifts = response_streams(options, kept)
    still = unchanged(options, OUT) if options.unchanged else None
    if still:
        print(f"{still['queries']} queries of unchanged data: {len(still['alarms'])} false alarms {still['alarms']}")
    if options.picture and streams:
        options.picture.write_text(picture(streams, options.queries))
    if options.json:
        versions = {"reasoning-gym": importlib.metadata.version("reasoning-gym"), "python": platform.python_version()}
        report = {"schema_version": 1, "bench": "shift", "machine": {"cores": os.cpu_count(), "machine": platform.machine()},
                  "versions": versions, "seed": options.seed, "rows": [*streams, *drifts], "unchanged": still}  # fmt: skip
        options.json.write_text(json.dumps(report))


if __name__ == "__main__":
    main()
