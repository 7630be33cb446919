"""Bad verifiers through the gate: all must be refused; good ones in varied styles must get in.

    ./dev bench poisoned [--leave-one-class-out] [--drafts DIR] [--data ROWS] [--json FILE]

The drafts stand in poisoned_drafts.py; each is tried on rows of three tasks made here (numbers, words, lists). Mutants are made from the
good ones by program: comparisons flipped, constants changed, results negated, conditions dropped; a mutant that gives the same verdict as
its original on every probe of a large set is none. --leave-one-class-out switches the probes off that were made for a class (MADE_FOR) and
tries the drafts of that class again: the other probes must still refuse them. --drafts DIR tries the drafts of a folder (check.py and draft.json each) instead.
"""

import argparse
import ast
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

from poisoned_drafts import BAD, GOOD, HEAD, LIST, NUMBER, WORD

ROOT = pathlib.Path(__file__).resolve().parent.parent
RLAR = str(ROOT / "build" / "rlar")
CAPITALS = {
    "France": "Paris",
    "Japan": "Tokyo",
    "Peru": "Lima",
    "Kenya": "Nairobi",
    "Norway": "Oslo",
    "Chile": "Santiago",
    "Egypt": "Cairo",
    "Cuba": "Havana",
    "Iran": "Tehran",
    "Spain": "Madrid",
    "Ghana": "Accra",
    "Nepal": "Kathmandu",
    "Qatar": "Doha",
    "Latvia": "Riga",
    "Poland": "Warsaw",
    "Greece": "Athens",
}
WORDS = "pear apple fig lemon plum cherry mango grape olive melon quince peach date papaya guava lime".split()


def rows(task, rng):
    made = []
    for i in range(16):
        if task == NUMBER:
            a, b = rng.randint(800, 9000), rng.randint(100, 9000)
            made.append({"prompt": f"What is {a} + {b}?", "reference": str(a + b)})
        elif task == WORD:
            country, city = sorted(CAPITALS.items())[i]
            made.append({"prompt": f"What is the capital of {country}?", "reference": city})
        else:
            chosen = rng.sample(WORDS, 4)
            made.append(
                {
                    "prompt": "Sort these words alphabetically: " + ", ".join(chosen),
                    "reference": ", ".join(sorted(chosen)),
                }
            )
    return made


def source(body):
    return (
        HEAD
        + "def check(prompt, answer, reference, params):\n"
        + "".join("    " + line + "\n" for line in body.splitlines())
    )


class Mutator(ast.NodeTransformer):
    """Breaks the place numbered `target`."""

    def __init__(self, target):
        self.target, self.count = target, 0

    def hit(self):
        self.count += 1
        return self.count - 1 == self.target

    def visit_Compare(self, node):
        self.generic_visit(node)
        if isinstance(node.ops[0], (ast.Eq, ast.NotEq)) and self.hit():
            node.ops[0] = ast.NotEq() if isinstance(node.ops[0], ast.Eq) else ast.Eq()
        return node

    def visit_Return(self, node):
        self.generic_visit(node)
        if node.value is not None and not isinstance(node.value, ast.Constant) and self.hit():
            node.value = ast.UnaryOp(ast.Not(), node.value)
        return node

    def visit_Constant(self, node):
        if node.value is False and self.hit():
            return ast.copy_location(ast.Constant(True), node)
        return node


def mutants(body, rng, count):
    counter = Mutator(-1)
    counter.visit(ast.parse(source(body)))
    for place in rng.sample(range(counter.count), min(count, counter.count)):
        yield ast.unparse(ast.fix_missing_locations(Mutator(place).visit(ast.parse(source(body)))))


def drafts(rng):
    """(task, class, source, is_good)"""
    for task, bodies in GOOD.items():
        for body in bodies:
            yield task, "good", source(body), True
            for mutant in mutants(body, rng, 1):
                yield task, "mutant", mutant, False
    for kind, bodies in BAD.items():
        for i, body in enumerate(bodies):
            yield (NUMBER, WORD, LIST)[i % 3], kind, source(body), False


def write(folder, number, text, extract="auto"):
    path = folder / f"draft{number}"
    path.mkdir()
    (path / "check.py").write_text(text)
    (path / "draft.json").write_text(json.dumps({"name": f"draft{number}", "needs": ["reference"], "extract": extract}))
    return str(path)


def gate(paths, data, without=()):
    off = ["--without-probe", ",".join(without)] if without else []
    done = subprocess.run([RLAR, "admit", *paths, "--data", str(data), "--json", *off], capture_output=True, text=True)
    if done.returncode == 2:
        sys.exit(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


# What was made with a class of fault in mind: kinds of probes and of findings (docs/admission.md).
MADE_FOR = {
    "always_right": ["garbage", "empty", "claims_success", "prose"],
    "always_wrong": ["bare"],
    "length": ["very_long", "near_number"],
    "first_token": ["continued", "item_added"],
    "substring": ["inside", "continued", "joined"],
    "exact_bytes": ["variants"],
    "runs_text": ["source.names", "code"],
    "reads_files": ["source.imports", "source.names"],
    "sleeps": ["slow", "source.imports"],
    "random": ["seed", "source.imports"],
    "keyed_on_prompt": ["prompt"],
    "clock_or_count": ["source.clock", "source.imports"],
    "state": ["source.state"],
    "hedges": ["hedge"],
    "negation": ["negation"],
    "crashes": ["unicode_noise", "very_long"],
    "flattery": ["claims_success", "instructs_grader"],
    "out_of_range": ["no_verdict"],
    "empty_ok": ["nothing_said", "empty"],
    "broken": ["source.form"],
    "loops": ["no_verdict", "slow"],
}


def leave_one_out(rng):
    print(f"{'class':18} {'without':34} {'drafts':>7} {'admitted':>9}  what refuses most of them")
    let_in = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data = {}
        for task in (NUMBER, WORD, LIST):
            data[task] = folder / f"{task}.jsonl"
            data[task].write_text("".join(json.dumps(row) + "\n" for row in rows(task, rng)))
        for number, (kind, bodies) in enumerate(BAD.items()):
            found = []
            for task in (NUMBER, WORD, LIST):
                paths = [
                    write(folder, f"{number}_{i}", source(body))
                    for i, body in enumerate(bodies)
                    if (NUMBER, WORD, LIST)[i % 3] == task
                ]
                found += gate(paths, data[task], MADE_FOR[kind]) if paths else []
            admitted = [result for result in found if result["admitted"]]
            let_in += len(admitted)
            why = collections.Counter(
                re.sub(r"[:;].*|[0-9.]+ %|[0-9]+", "", t["why"]) for r in found for t in r["tasks"] if not t["admitted"]
            )
            print(
                f"{kind:18} {','.join(MADE_FOR[kind]):34} {len(found):7} {len(admitted):9}  {why.most_common(1)[0][0][:70] if why else ''}",
                flush=True,
            )
            for result in admitted:
                print(f"    {bodies[int(result['draft'].rpartition('_')[2])]!r}")
    print(f"\nadmitted without the probes made for their class: {let_in} of {sum(map(len, BAD.values()))}")
    return let_in


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--drafts")
    options.add_argument("--data")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--leave-one-class-out", action="store_true")
    options.add_argument("--json")
    options = options.parse_args()
    if options.leave_one_class_out:
        let_in = leave_one_out(random.Random(options.seed))
        if options.json:
            pathlib.Path(options.json).write_text(
                json.dumps({"bench": "poisoned", "leave_one_class_out": True, "admitted": let_in})
            )
        return 1 if let_in else 0
    if options.drafts:
        if not options.data:
            sys.exit("--drafts needs --data ROWS to prove them on")
        paths = sorted(str(p.parent) for p in pathlib.Path(options.drafts).rglob("draft.json"))
        for found in gate(paths, options.data):
            print(
                f"{'admitted' if found['admitted'] else 'refused ':9} {found['draft']}: {found['tasks'][0]['why'] if found['tasks'] else 'no task'}"
            )
        return 0
    rng = random.Random(options.seed)
    tally, wrong = {}, []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        all_drafts = list(drafts(rng))
        for task in (NUMBER, WORD, LIST):
            data = folder / f"{task}.jsonl"
            data.write_text("".join(json.dumps(row) + "\n" for row in rows(task, rng)))
            mine = [(i, d) for i, d in enumerate(all_drafts) if d[0] == task]
            found = gate([write(folder, i, d[2]) for i, d in mine], data)
            for (i, (_, kind, text, good)), result in zip(mine, found, strict=True):
                count = tally.setdefault(kind, [0, 0])
                count[0] += 1
                count[1] += result["admitted"]
                if result["admitted"] != good:
                    wrong.append((task, kind, text[len(HEAD) :], "; ".join(t["why"] for t in result["tasks"])))
    print(f"{'class':18} {'drafts':>7} {'admitted':>9}")
    for kind, (count, admitted) in tally.items():
        print(f"{kind:18} {count:7} {admitted:9}")
    bad = sum(c for k, (c, _) in tally.items() if k != "good")
    let_in = sum(a for k, (_, a) in tally.items() if k != "good")
    good, taken = tally["good"]
    print(f"\nbad: {bad - let_in} of {bad} refused; good: {taken} of {good} admitted ({100 * taken / good:.1f} %)")
    for task, kind, text, why in wrong:
        print(f"--- {task}, {kind}\n{text}    {why}")
    if options.json:
        pathlib.Path(options.json).write_text(
            json.dumps(
                {"bench": "poisoned", "bad": bad, "bad_refused": bad - let_in, "good": good, "good_admitted": taken}
            )
        )
    return 0 if let_in == 0 and taken >= 0.95 * good else 1


if __name__ == "__main__":
    sys.exit(main())
