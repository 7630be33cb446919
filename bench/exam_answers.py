"""Answers for bench/exam.py: right ones besides the reference, found by solvers, and wrong ones made by altering right ones.

A solver returns bare canonical answers; the caller asks the family's own judge about each, so that a solver that errs adds nothing.
Solvers are bounded by steps, draw only from the generator that they are given, and return few answers.
"""

from __future__ import annotations

import ast
import json
import re
import signal
from collections import deque
from fractions import Fraction

MAX_STATES = 30_000


def search(start, neighbours, done, rng, limit=MAX_STATES):
    """Steps from `start` to a state that is `done`, fewest first, ties broken by `rng`; None where the limit ends the search."""
    seen, queue = {start: None}, deque([start])
    while queue and len(seen) < limit:
        state = queue.popleft()
        if done(state):
            steps = []
            while seen[state] is not None:
                step, state = seen[state]
                steps.append(step)
            return steps[::-1]
        following = list(neighbours(state))
        rng.shuffle(following)
        for step, after in following:
            if after not in seen:
                seen[after] = (step, state)
                queue.append(after)
    return None


def n_queens(entry, data, rng):
    return entry["metadata"]["valid_answers"]


def expressions(numbers, target, rng, wanted=3, budget=60_000):
    """Expressions with the value `target` that use every number once."""
    found, steps = [], [0]

    def go(items):
        steps[0] += 1
        if steps[0] > budget or len(found) >= wanted:
            return
        if len(items) == 1:
            if items[0][0] == target:
                found.append(items[0][1][1:-1] if items[0][1].startswith("(") else items[0][1])
            return
        pairs = [(i, j) for i in range(len(items)) for j in range(len(items)) if i != j]
        rng.shuffle(pairs)
        for i, j in pairs[:8]:
            rest = [x for k, x in enumerate(items) if k not in (i, j)]
            (a, left), (b, right) = items[i], items[j]
            options = [(a + b, "+"), (a - b, "-"), (a * b, "*")] + ([(a / b, "/")] if b else [])
            rng.shuffle(options)
            for value, sign in options:
                if value.denominator == 1 and abs(value) < 20_000:
                    go([*rest, (value, f"({left} {sign} {right})")])

    go([(Fraction(n), str(n)) for n in numbers])
    return found


class Commute(ast.NodeTransformer):
    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, (ast.Add, ast.Mult)):
            node.left, node.right = node.right, node.left
        return node


def commuted(text):
    return ast.unparse(Commute().visit(ast.parse(text.replace("^", "**"), mode="eval")))


def countdown(entry, data, rng):
    meta = entry["metadata"]
    return [*expressions(meta["numbers"], meta["target"], rng), commuted(entry["answer"])]


def puzzle24(entry, data, rng):
    return [*expressions(entry["metadata"]["numbers"], 24, rng), commuted(entry["answer"])]


def graph_color(entry, data, rng):
    puzzle, found = entry["metadata"]["puzzle"], []
    for _ in range(20):
        order, colors = list(puzzle["vertices"]), {}
        rng.shuffle(order)
        for node in order:
            taken = {colors.get(b if a == node else a) for a, b in puzzle["edges"] if node in (a, b)}
            free = [c for c in puzzle["color_options"] if c not in taken]
            if not free:
                break
            colors[node] = rng.choice(free)
        else:
            found.append(json.dumps({str(n): colors[n] for n in puzzle["vertices"]}))
    return found[:4]


def jugs(entry, data, rng):
    sizes = entry["metadata"]["puzzle"]["jug_capacities"]
    names = [chr(65 + i) for i in range(len(sizes))]

    def neighbours(state):
        for i, name in enumerate(names):
            yield f"fill {name}", (*state[:i], sizes[i], *state[i + 1 :])
            yield f"empty {name}", (*state[:i], 0, *state[i + 1 :])
            for j, other in enumerate(names):
                if i != j:
                    amount, after = min(state[i], sizes[j] - state[j]), list(state)
                    after[i], after[j] = after[i] - amount, after[j] + amount
                    yield f"pour {name}->{other}", tuple(after)

    found = []
    for _ in range(3):
        steps = search((0,) * len(sizes), neighbours, lambda s: entry["metadata"]["puzzle"]["target"] in s, rng)
        if steps:
            found.append(json.dumps(steps))
            found.append(json.dumps(["fill A", "empty A", *steps]))
    return found


def tower_of_hanoi(entry, data, rng):
    meta = entry["metadata"]
    count, pegs = meta["num_disks"], meta["num_pegs"]

    def neighbours(state):
        top = {}
        for disk in range(count - 1, -1, -1):
            top[state[disk]] = disk
        for peg, disk in top.items():
            for target in range(1, pegs + 1):
                if target != peg and top.get(target, count) > disk:
                    yield (
                        f"Move disk {disk + 1} from Peg {peg} to Peg {target}",
                        (*state[:disk], target, *state[disk + 1 :]),
                    )

    goal = (meta["target_peg"],) * count
    found = [search((meta["start_peg"],) * count, neighbours, goal.__eq__, rng) for _ in range(3)]
    return ["\n".join(steps) for steps in found if steps]


def rush_hour(entry, data, rng):
    cells = entry["metadata"]["board_config"]
    cars = {}
    for i, name in enumerate(cells):
        if name not in "ox":
            cars.setdefault(name, []).append(i)
    names = sorted(cars)
    shape = {n: (cars[n][1] - cars[n][0], len(cars[n])) for n in names}
    walls = {i for i, c in enumerate(cells) if c == "x"}

    def neighbours(state):
        used = walls | {at + k * shape[n][0] for n, at in zip(names, state) for k in range(shape[n][1])}
        for i, name in enumerate(names):
            stride, size = shape[name]
            for sign in (1, -1):
                edge = state[i] + (size - 1) * stride if sign > 0 else state[i]
                after = edge + sign * stride
                if not 0 <= after < 36 or after in used or (stride == 1 and after // 6 != edge // 6):
                    continue
                yield f"{name}{'+' if sign > 0 else '-'}1", (*state[:i], state[i] + sign * stride, *state[i + 1 :])

    start = tuple(cars[n][0] for n in names)
    found = [search(start, neighbours, lambda s: s[names.index("A")] == 16, rng, 20_000) for _ in range(2)]
    return [" ".join(steps) for steps in found if steps]


def rubiks_cube(entry, data, rng):
    known = entry["metadata"]["example_correct_answer"].strip()
    pairs = [("R", "R'"), ("U", "U'"), ("F'", "F"), ("L", "L'")]
    found = [known]
    for _ in range(3):
        moves, (there, back) = known.split(), rng.choice(pairs)
        at = rng.randrange(len(moves) + 1)
        found.append(" ".join([*moves[:at], there, back, *moves[at:]]))
    return found


STEPS = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}


def shortest_path(entry, data, rng):
    grid = entry["metadata"]["matrix"]
    at = {cell: (r, c) for r, row in enumerate(grid) for c, cell in enumerate(row) if cell in "*#"}

    def neighbours(state):
        for name, (dr, dc) in STEPS.items():
            r, c = state[0] + dr, state[1] + dc
            if 0 <= r < len(grid) and 0 <= c < len(grid[0]) and grid[r][c] != "X":
                yield name, (r, c)

    found = [search(at["*"], neighbours, at["#"].__eq__, rng) for _ in range(4)]
    return [" ".join(steps) for steps in found if steps]


def word_ladder(entry, data, rng):
    meta = entry["metadata"]
    words = {w.upper() for w in data.word_sets[meta["word_length"]]}

    def neighbours(word):
        for i in range(len(word)):
            for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
                other = word[:i] + letter + word[i + 1 :]
                if other != word and other in words:
                    yield other, other

    found = [search(meta["start_word"], neighbours, meta["end_word"].__eq__, rng) for _ in range(3)]
    return [",".join([meta["start_word"], *steps]) for steps in found if steps]


def quantum_lock(entry, data, rng):
    meta = entry["metadata"]
    act = {"add": lambda v, n: v + n, "subtract": lambda v, n: v - n, "multiply": lambda v, n: v * n}

    def neighbours(state):
        value, color = state
        for button in meta["buttons"]:
            if button["active_state"] in ("any", color) and abs(value) < 500:
                yield (
                    button["name"],
                    (act[button["type"]](value, button["value"]), "green" if color == "red" else "red"),
                )

    start = (meta["initial_value"], meta["initial_state"])
    found = [search(start, neighbours, lambda s: s[0] == meta["target_value"], rng, 5_000) for _ in range(4)]
    return [" → ".join(steps) for steps in found if steps]


def palindrome_generation(entry, data, rng):
    text, found = entry["answer"], []
    for _ in range(4):
        half = list(text[: len(text) // 2])
        rng.shuffle(half)
        found.append("".join(half) + text[len(half) : len(text) - len(half)] + "".join(reversed(half)))
    return found


def shuffled_lists(entry, data, rng):
    value = json.loads(entry["answer"])
    rng.shuffle(value)
    inner = [rng.sample(v, len(v)) if isinstance(v, list) else v for v in value]
    return [json.dumps(value), json.dumps(inner)]


def there_and_back(entry, data, rng):
    """Sokoban: a step aside and back at some place, where the judge agrees."""
    text, found = entry["answer"], []
    for _ in range(12):
        at = rng.randrange(len(text) + 1)
        found.append(text[:at] + rng.choice(["LR", "RL", "UD", "DU"]) + text[at:])
    return found


def clauses(entry, data, rng):
    parts = re.split(r", and | and |, ", entry["answer"].rstrip("."))
    rng.shuffle(parts)
    return [", and ".join(parts) if len(parts) == 2 else ", ".join(parts[:-1]) + ", and " + parts[-1]]


def reordered(separator):
    def solve(entry, data, rng):
        parts = entry["answer"].split(separator)
        return [separator.join(rng.sample(parts, len(parts))) for _ in range(3)] if len(parts) > 1 else []

    return solve


def cryptarithm(entry, data, rng):
    return reordered(",")(entry, data, rng)


def as_asked(entry, data, rng):
    """A number with as many significant figures as the question asks for, which is fewer than the reference has."""
    asked = re.search(r"(\d+) significant", entry["question"])
    return [f"{float(entry['answer']):.{int(asked.group(1)) - 1}e}"] if asked else []


JUDGE_SECONDS, MOST_UNDECIDED = 1, 2  # of one answer; of a row

SOLVERS = {
    "n_queens": n_queens, "countdown": countdown, "puzzle24": puzzle24, "graph_color": graph_color, "knights_knaves": clauses,
    "game_of_life": None, "jugs": jugs, "tower_of_hanoi": tower_of_hanoi, "rush_hour": rush_hour, "rubiks_cube": rubiks_cube,
    "shortest_path": shortest_path, "word_ladder": word_ladder, "quantum_lock": quantum_lock, "palindrome_generation": palindrome_generation,
    "group_anagrams": shuffled_lists, "palindrome_partitioning": shuffled_lists, "sokoban": there_and_back, "cryptarithm": cryptarithm,
}  # fmt: skip
# Families outside tier B in which another order, or fewer digits, are right too, where the judge agrees.
REORDERED = {
    "power_function": as_asked, "polynomial_multiplication": reordered(" + "), "simple_integration": reordered(" + "), "intermediate_integration": reordered(" + "),
    "prime_factorization": reordered(" × "), "polynomial_equations": reordered(", "),
}  # fmt: skip


def right_answers(family, entry, data, rng):
    """The bare reference first, then other right answers by the judge's word; empty where the family has no reference."""
    reference = entry["answer"]
    solver = SOLVERS.get(family) or REORDERED.get(family)
    found = [] if reference is None else [str(reference)]
    if solver:
        for answer in solver(entry, data, rng):
            if answer not in found and is_right(data, answer, entry):
                found.append(answer)
    return found


class Undecided(BaseException):
    """The judge did not end in time; no `except Exception` of its own may swallow that."""


def is_right(data, answer, entry):
    """None where the judge, a peer's code, does not end: simplifying an integral may take it minutes."""

    def give_up(*_):
        raise Undecided

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, JUDGE_SECONDS)
    try:
        return data.score_answer(answer, entry) >= 0.98
    except Undecided:
        return None
    except Exception:  # what it cannot read is not right
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def altered(text, rng):
    """One small change: a digit, a letter, two tokens swapped, one left out or said twice."""
    tokens = re.findall(r"\s+|[^\s,;()\[\]]+|[,;()\[\]]", text)
    places = [i for i, t in enumerate(tokens) if t.strip() and t not in ",;()[]"]
    kind = rng.choice(["char", "char", "swap", "drop", "double"])
    if kind == "swap" and len(places) > 1:
        i, j = rng.sample(places, 2)
        tokens[i], tokens[j] = tokens[j], tokens[i]
        return "".join(tokens)
    if kind in ("drop", "double") and len(places) > 2:
        i = rng.choice(places)
        if kind == "drop":
            del tokens[max(0, i - 1) : i + 1]
        else:
            tokens[i] = tokens[i] + (tokens[i - 1] if i and tokens[i - 1].isspace() else " ") + tokens[i]
        return "".join(tokens).strip()
    chars = [i for i, c in enumerate(text) if c.isalnum()]
    if not chars:
        return text + "1"
    i = rng.choice(chars)
    pool = "0123456789" if text[i].isdigit() else "abcdefghijklmnopqrstuvwxyz"
    new = rng.choice(pool.replace(text[i].lower(), ""))
    return text[:i] + (new.upper() if text[i].isupper() else new) + text[i + 1 :]


def judged_answers(right, others, entry, data, rng, count, tolerated):
    """(right, wrong) answers besides those given, by the judge's word: other rows' answers and altered right ones.

    Where the judge takes the parts of an answer in another order (a sum, a set, a list of lines) that is right too. What else a judge
    takes (a wrong digit that is near enough, words of a sentence that it does not read) no prompt promises: it is left out, unless
    `tolerated`."""
    good, bad = [], []
    known = [answer.strip() for answer in right]
    undecided = 0
    for attempt in range(14 * count):
        source = rng.choice(right)
        kind = "reordered" if attempt < 2 * count else "other" if others and attempt % 2 else "altered"
        answer = (
            rng.choice(others)
            if kind == "other"
            else in_another_order(source, rng)
            if kind == "reordered"
            else altered(source, rng)
        )
        answer = answer.strip()
        if not answer or answer in (*good, *bad, *known):
            continue
        said = is_right(data, answer, entry)
        undecided += said is None
        if undecided == MOST_UNDECIDED:
            break
        if said is None:
            continue
        if said:
            if tolerated or kind == "reordered":
                good.append(answer)
        elif kind != "reordered" and len(bad) < count:
            bad.append(answer)
    rng.shuffle(good)
    return good[:2], bad


def in_another_order(text, rng):
    parts = max((text.split(separator) for separator in (" + ", " × ", ", ", "; ", "\n")), key=len)
    separator = next(s for s in (" + ", " × ", ", ", "; ", "\n") if len(text.split(s)) == len(parts))
    joined = any(part.startswith("and ") for part in parts)  # the solvers know how such a sentence goes on
    return "" if joined else separator.join(rng.sample(parts, len(parts)))
