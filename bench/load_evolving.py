"""./dev bench load --evolving PAIRS: how long requests take while `rlar evolve` works on the library that the server follows.

Three turns a pair, in changing order, under the same load (16 cheap rows a request, one connection): beside `rlar evolve`, which builds for 480 gathered
rows of eight kinds again and again; beside a process that is as nice and does nothing but count; and alone. A core that somebody keeps busy does not have to
be woken, so that p50 may be higher alone than beside the counting. Printed: each pair's ratios, and the medians.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from fractions import Fraction
from pathlib import Path

from load import WORDS, make_rows, mixed, pinned_library, wrk
from support import RLAR, serve

NICE, REST = 10, "9"  # as `rlar evolve --watch` has them
COUNT = "while True:\n    pass\n"


def gathered(rng: random.Random, count: int = 60) -> str:
    """Rows of eight kinds, as a server would have gathered them."""
    rows = []
    for i in range(count):
        words, numbers = rng.sample(WORDS, 5), [rng.randint(10, 999) for _ in range(5)]
        a, b, *_ = numbers
        rows += [
            (f"Take {b} away from {a} and give what is left.", a - b),
            (f"Put these numbers in rising order: {numbers}", ", ".join(map(str, sorted(numbers)))),
            (f"Which of these words comes first in a dictionary: {', '.join(words)}?", min(words)),
            (f"Write the word '{words[0]}' from back to front.", words[0][::-1]),
            (
                f"Does '{words[0]}' come before '{words[1]}' in a dictionary? Say true or false.",
                str(words[0] < words[1]).lower(),
            ),
            (f"Reduce the fraction {2 * a}/{2 * b} as far as it goes.", str(Fraction(a, b))),
            (f"Say the following without its second word: {' '.join(words)}", " ".join([words[0], *words[2:]])),
            (f"How many letters has '{words[2]}{words[3]}'?", len(words[2] + words[3])),
        ]
    rng.shuffle(rows)
    return "".join(json.dumps({"prompt": prompt, "reference": str(reference)}) + "\n" for prompt, reference in rows)


class Evolution:
    """Rounds of `rlar evolve` without pause until it is stopped; every round finds the library as it was and builds all rows anew."""

    def __init__(self, library: Path, rows: str) -> None:
        self.library, self.rows, self.rounds, self.stop = library, rows, 0, threading.Event()
        self.first = (library / "CURRENT").read_text().strip()
        self.child: subprocess.Popen | None = None
        self.failed = ""
        self.thread = threading.Thread(target=self.work)

    def one(self, *command: str) -> bool:
        """Whether it ended well; what is stopped did not."""
        self.child = subprocess.Popen(
            ["nice", "-n", str(NICE), RLAR, *command, "--library", str(self.library)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "RLAR_SANDBOX_REST": REST},
        )
        _, said = self.child.communicate()
        if self.child.returncode and not self.stop.is_set():
            self.failed = said.decode()
        return self.child.returncode == 0

    def work(self) -> None:
        while not self.stop.is_set() and not self.failed:
            if (self.library / "CURRENT").read_text().strip() != self.first and not self.one("rollback", self.first):
                return
            shutil.rmtree(self.library / "evolve", ignore_errors=True)
            (self.library / "build" / "evidence.jsonl").unlink(missing_ok=True)
            (self.library / "evolve").mkdir()
            (self.library / "evolve" / "gathered.jsonl").write_text(self.rows)
            self.rounds += self.one("evolve", "--threads", "1")

    def __enter__(self) -> Evolution:
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop.set()
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()
        self.thread.join(timeout=60)
        if self.failed:
            raise SystemExit(f"rlar evolve failed: {self.failed}")


@contextlib.contextmanager
def counting():
    child = subprocess.Popen(["nice", "-n", str(NICE), sys.executable, "-c", COUNT])
    try:
        yield
    finally:
        child.kill()
        child.wait()


def evolving(count: int, seconds: float, seed: int) -> list[dict]:
    body = {"rows": mixed(make_rows(random.Random(seed), 48))[:16]}
    rows, pairs, rounds = gathered(random.Random(seed)), [], 0
    print(
        f"{'pair':>4s} {'p50 ms':>17s} {'p99 ms':>17s} {'p50':>6s} {'p99':>6s}   (beside evolve, beside counting, ratio)"
    )
    with tempfile.TemporaryDirectory() as folder:
        library = pinned_library(Path(folder))
        with serve("--library", library, "--follow", "--tick-ms", "500") as server:

            def beside_evolution() -> dict:
                nonlocal rounds
                with Evolution(library, rows) as evolution:
                    time.sleep(0.5)
                    measured = wrk(server.url, body, seconds, 1)
                rounds += evolution.rounds
                return measured

            def beside_counting() -> dict:
                with counting():
                    time.sleep(0.5)
                    return wrk(server.url, body, seconds, 1)

            def alone() -> dict:
                time.sleep(0.5)
                return wrk(server.url, body, seconds, 1)

            beside_counting()  # warm
            for pair in range(count):
                if pair % 2:
                    other, ours = beside_counting(), beside_evolution()
                else:
                    ours, other = beside_evolution(), beside_counting()
                nobody = alone()
                ratios = {name: ours[f"{name}_ms"] / other[f"{name}_ms"] for name in ("p50", "p99")}
                pairs.append({"evolving": ours, "counting": other, "alone": nobody, **ratios})
                print(
                    f"{pair + 1:4d} {ours['p50_ms']:8.3f} {other['p50_ms']:8.3f} {ours['p99_ms']:8.3f} {other['p99_ms']:8.3f} {ratios['p50']:6.3f} {ratios['p99']:6.3f}",
                    flush=True,
                )
    medians = {name: statistics.median(pair[name] for pair in pairs) for name in ("p50", "p99")}
    for arm in ("evolving", "counting", "alone"):
        middle = {name: statistics.median(pair[arm][f"{name}_ms"] for pair in pairs) for name in ("p50", "p99")}
        print(f"{arm:9s} median p50 {middle['p50']:.3f} ms, p99 {middle['p99']:.3f} ms")
    print(
        f"medians of {count} pairs: p50 {medians['p50']:.3f}, p99 {medians['p99']:.3f}; {rounds} rounds of evolution ended meanwhile; "
        f"{os.cpu_count()} cores, client and server on the same machine"
    )
    return pairs
