#!/usr/bin/env python3
"""Wrong programs from right ones: small changes to a Python solution, kept where the task's tests notice them.

    mutate_python.py TASKS.jsonl [--count N] [--seed S] [--rlar PROGRAM]

A line of TASKS is {"id", "code", "setup"?, "tests": [assert statement, …]}. For each task whose own code passes, one line is printed: {"id",
"right", "wrong": [code, …]} with up to N mutants that fail, all in the same layout as the right one, so that looks tell nothing. A change
is one of: a comparison, an arithmetic or logical operator exchanged; a number one higher or lower; a condition negated; a call's
first two arguments exchanged; an index or a bound moved. Programs run in the sandbox of `rlar run`, all of a task at once.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

COMPARES = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.FloorDiv,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}


def changes(node: ast.AST) -> list:
    """What may be done to a node: functions that change it in place."""
    found = []
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARES:
        found.append(lambda n: n.ops.__setitem__(0, COMPARES[type(n.ops[0])]()))
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in OPERATORS:
        found.append(lambda n: setattr(n, "op", OPERATORS[type(n.op)]()))
    if isinstance(node, ast.BoolOp):
        found.append(lambda n: setattr(n, "op", ast.Or() if isinstance(n.op, ast.And) else ast.And()))
    if isinstance(node, ast.Constant) and type(node.value) is int:
        found += [lambda n: setattr(n, "value", n.value + 1), lambda n: setattr(n, "value", n.value - 1)]
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        found.append(lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test)))
    if isinstance(node, ast.Call) and len(node.args) >= 2:
        found.append(lambda n: n.args.__setitem__(slice(0, 2), [n.args[1], n.args[0]]))
    return found


def mutants(code: str, most: int, rng: random.Random) -> list[str]:
    tree = ast.parse(code)
    places = [(i, j) for i, node in enumerate(ast.walk(tree)) for j in range(len(changes(node)))]
    rng.shuffle(places)
    made = []
    for i, j in places[: 3 * most]:
        changed = copy.deepcopy(tree)
        node = list(ast.walk(changed))[i]
        changes(node)[j](node)
        text = ast.unparse(ast.fix_missing_locations(changed))
        if text not in made:
            made.append(text)
    return made[:most]


# Runs candidates one after another, each with two seconds of its own, and prints which pass. What a candidate prints goes nowhere.
RUNNER = """
import contextlib, io, json, signal
def late(*_): raise TimeoutError
signal.signal(signal.SIGALRM, late)
passed = []
for code in json.loads({codes!r}):
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code + "\\n" + {tests!r}, {{"__name__": "task"}})
        passed.append(True)
    except BaseException:
        passed.append(False)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
print(json.dumps(passed))
"""


def passing(codes: list[str], task: dict, rlar: str) -> list[bool]:
    """Which of the codes pass the task's tests; none where the run as a whole gives no answer."""
    tests = "\n".join(task["tests"])
    setup = task.get("setup") or ""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(RUNNER.format(codes=json.dumps([setup + "\n" + code for code in codes]), tests=tests))
        file.flush()
        done = subprocess.run(
            [rlar, "run", "--time-limit-s", "20", file.name], capture_output=True, text=True, timeout=120
        )
    try:
        return json.loads(json.loads(done.stdout)["stdout"])
    except (json.JSONDecodeError, KeyError):
        return [False] * len(codes)


def right_and_wrong(task: dict, count: int, seed: int, rlar: str) -> dict | None:
    rng = random.Random(f"{seed} {task['id']}")
    try:
        right = ast.unparse(ast.parse(task["code"]))
    except SyntaxError:
        return None
    candidates = mutants(right, 3 * count + 2, rng)
    passed = passing([right, *candidates], task, rlar)
    if not passed[0]:
        return None
    return {"id": task["id"], "right": right, "wrong": [c for c, ok in zip(candidates, passed[1:]) if not ok][:count]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tasks", type=Path)
    parser.add_argument("--count", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rlar", default=str(Path(__file__).resolve().parents[1] / "build" / "rlar"))
    options = parser.parse_args()
    for number, line in enumerate(options.tasks.read_text().splitlines(), 1):
        try:
            task = json.loads(line)
            made = right_and_wrong(task, options.count, options.seed, options.rlar)
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            sys.exit(f"{options.tasks}, line {number}: a task is {{'id', 'code', 'tests'}}: {error!r}")
        if made is not None:
            print(json.dumps(made), flush=True)


if __name__ == "__main__":
    main()
