"""code_tests against the original harnesses, on reference solutions and their mutants.

    python bench/quality/code.py [--data DIR] [--mutants N] [--seed S]

Every reference solution of human-eval and mbpp must pass. Mutants (other operators, off-by-one, emptied bodies, early returns, endless
loops) must get the verdict of the original harness: `python3 -I` on prompt + solution + test + check(entry point) for human-eval, on
setup + solution + tests for mbpp, 3 seconds each. Mutants whose own verdict varies over three repeats are dropped and counted.
"""

import argparse
import ast
import concurrent.futures
import gzip
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("RLAR_BINARY", str(ROOT / "build" / "rlar"))
SECONDS = 3
COMPARE = [ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq]
BINARY_OPERATORS = [ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod]


def tasks(data):
    """(name, row for code_tests, solution, function that puts an oracle's program together)"""
    found = []
    for line in (data / "human-eval" / "HumanEval.jsonl").read_text().splitlines():
        task = json.loads(line)
        row = {"prompt": task["prompt"], "params": {"test": task["test"], "entry_point": task["entry_point"]}}
        found.append((task["task_id"], row, task["canonical_solution"], task["prompt"],
                      lambda code, t=task: t["prompt"] + code + "\n" + t["test"] + f"\ncheck({t['entry_point']})\n"))
    with gzip.open(data / "mbpp" / "mbpp.jsonl.gz", "rt") as file:
        for task in map(json.loads, file):
            row = {"prompt": task["text"], "params": {"tests": task["test_list"], "setup": task["test_setup_code"]}}
            found.append((f"mbpp/{task['task_id']}", row, task["code"].replace("\r\n", "\n"), "",
                          lambda code, t=task: code + "\n" + t["test_setup_code"].replace("\r\n", "\n") + "\n" + "\n".join(t["test_list"])))
    return found


class Mutator(ast.NodeTransformer):
    """Changes the one place whose number is `target`; counts the places otherwise."""

    def __init__(self, rng, target=None):
        self.rng, self.target, self.count = rng, target, 0

    def hit(self):
        self.count += 1
        return self.count - 1 == self.target

    def visit_Compare(self, node):
        self.generic_visit(node)
        if type(node.ops[0]) in COMPARE and self.hit():
            node.ops[0] = self.rng.choice([op for op in COMPARE if op is not type(node.ops[0])])()
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if type(node.op) in BINARY_OPERATORS and self.hit():
            node.op = self.rng.choice([op for op in BINARY_OPERATORS if op is not type(node.op)])()
        return node

    def visit_Constant(self, node):
        if type(node.value) is int and self.hit():
            return ast.copy_location(ast.Constant(node.value + self.rng.choice([-1, 1])), node)
        return node

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        for change in ("pass", "return", "loop"):
            if self.hit():
                new = {"pass": ast.Pass(), "return": ast.Return(ast.Constant(None)),
                       "loop": ast.While(ast.Constant(True), [ast.Pass()], [])}[change]
                if change == "loop" and self.rng.random() < 0.8:
                    continue  # each costs both harnesses their whole limit
                if change == "return" and len(node.body) > 1:
                    node.body.insert(self.rng.randrange(1, len(node.body)), new)
                else:
                    node.body = [new] if change == "pass" else [new, *node.body]
        return node


def mutants(task, rng, count):
    name, row, solution, head, program = task
    try:
        tree = ast.parse(head + solution)
    except SyntaxError:
        return
    counter = Mutator(rng)
    counter.visit(tree)
    for place in rng.sample(range(counter.count), min(count, counter.count)):
        changed = Mutator(rng, place).visit(ast.parse(head + solution))
        code = ast.unparse(ast.fix_missing_locations(changed))
        yield name, row, code, program(code) if not head else code + "\n" + program("").split("\n", head.count("\n"))[-1]


def oracle(program):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "program.py"
        file.write_text(program)
        try:
            done = subprocess.run(["/usr/bin/python3", "-I", str(file)], cwd=folder, timeout=SECONDS, capture_output=True, stdin=subprocess.DEVNULL)
            return done.returncode == 0
        except subprocess.TimeoutExpired:
            return "late"


def steady_oracle(program):
    """The verdict, or None where repeats differ. A program that ran out of time once did so for good."""
    first = oracle(program)
    if first == "late":
        return False
    return first if oracle(program) == first == oracle(program) else None


def score(rows):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "rows.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        done = subprocess.run([BINARY, "score", "--tool", "code_tests", "--params", json.dumps({"time_limit_s": SECONDS}), str(file)],
                              capture_output=True, text=True)
        return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", default=os.environ.get("RLAR_DATA", str(ROOT.parent / "shared" / "data")))
    options.add_argument("--mutants", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    data = pathlib.Path(options.data)
    if not (data / "human-eval").is_dir():
        print(f"skipped: no human-eval and mbpp below {data} (--data DIR names the folder)")
        return 0
    all_tasks = tasks(data)
    lines = score([{"id": name, **row, "response": solution} for name, row, solution, _, _ in all_tasks])
    failed = [line for line in lines if line["value"] != 1]
    print(f"reference solutions: {len(lines) - len(failed)} of {len(lines)} pass")
    for line in failed:
        print("  ", line["id"], line.get("class"), line.get("reason"))

    rng = random.Random(options.seed)
    each = options.mutants // len(all_tasks) + 1
    made = [m for task in all_tasks for m in mutants(task, rng, each)]
    rng.shuffle(made)
    made = made[: options.mutants]
    lines = score([{"id": name, **row, "response": code} for name, row, code, _ in made])
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        wanted = list(pool.map(steady_oracle, [program for *_, program in made]))
    dropped = sum(w is None for w in wanted)
    wrong = [(m, w, line) for m, w, line in zip(made, wanted, lines) if w is not None and line["value"] != float(w)]
    print(f"mutants: {len(made)} ({sum(w is True for w in wanted)} of them right by the original harness), dropped {dropped}, "
          f"other verdict: {len(wrong)}")
    for (name, _, code, _), want, line in wrong[:20]:
        print(f"--- {name}: original {want}, ours {line['value']} {line['status']} {line.get('class')} {line.get('reason')}\n{code[:600]}")
    return 1 if failed or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
