"""General checkers for tasks where several answers are right: they test the conditions of the prompt, not sameness with the reference.

Every block is a function (prompt, answer, reference, params) -> bool. A draft is this file and one line that names a block and its
parameters; the gate then says on the user's own rows whether that block is the right one. Facts are read out of the prompt and
the reference by the block itself. `answer` is the final answer, found in the response by our extraction. No block trusts its input:
nothing is evaluated as code, and work is bounded.
"""

import json
import re
from collections import Counter
from fractions import Fraction

MAX_TEXT = 20_000
MAX_STEPS = 5_000


def bare(text):
    """An answer without what it is set in (a code fence, the marks of mathematics) and the blanks around it."""
    text = str(text)[:MAX_TEXT].strip()
    fence = re.search(r"```[a-zA-Z]*\n(.*?)```", text, re.DOTALL)
    if fence:
        text = fence.group(1)
    text = text.strip("\n\r ").strip("`")
    maths = re.fullmatch(r"\$\$?([^$]+)\$\$?|\\\((.+)\\\)|\\\[(.+)\\\]", text, re.DOTALL)
    return next(part for part in maths.groups() if part).strip() if maths else text


def for_any(block, prompt, answer, reference, params):
    """True where the block accepts the answer for any of the row's references."""
    known = reference if isinstance(reference, list) else [reference]
    return any(block(prompt, answer, r if isinstance(r, str) else json.dumps(r), params) for r in known[:64])


MARKS = re.compile(
    r"(?:final answer|answer|result|solution)\W{0,4}(?:(?:is|are)?\s*[:=]|(?:is|are)\s)\s*\**", re.IGNORECASE
)


def last_box(text):
    """What stands in the last \\boxed{…}, braces counted."""
    at = text.rfind("\\boxed{")
    if at < 0:
        return None
    depth = 0
    for i in range(at + 6, len(text)):
        depth += (text[i] == "{") - (text[i] == "}")
        if depth == 0:
            return text[at + 7 : i]
    return None


def final_answer(text, reference):
    """The answer that a whole response states: its tag, box, closing fence or announcement, else as many last lines as the reference has."""
    text = text[:MAX_TEXT].strip("\n\r ")
    tag = re.findall(r"<answer>(.*?)</answer>", text, re.DOTALL)
    if tag:
        return bare(tag[-1])
    box = last_box(text)
    if box is not None:
        return bare(box)
    if text.endswith("```"):
        return bare(text)
    count = len(bare(reference).splitlines())
    marks = list(MARKS.finditer(text))
    if marks:
        rest = text[marks[-1].end() :].strip("\n\r *`")
        if count == 1 and "\n" not in rest:
            return rest[:-1] if rest.endswith(".") and not bare(reference).endswith(".") else rest
        if count > 1:
            return rest
    lines = text.splitlines()
    if len(lines) > count and not lines[-count - 1].strip():
        return "\n".join(lines[-count:])
    return text


def for_any_whole(block, prompt, answer, reference, params):
    """The same for a whole response, in which the answer is still to be found."""
    known = reference if isinstance(reference, list) else [reference]
    texts = [r if isinstance(r, str) else json.dumps(r) for r in known[:64]]
    return any(block(prompt, final_answer(answer, r), r, params) for r in texts)


# ---- arithmetic ---------------------------------------------------------------------------------------------------------


class Unreadable(Exception):
    """The text is not of the form that the block reads."""


class Expression:
    """Value and numbers of an arithmetic expression: + - * / ^ ** ( ), exactly."""

    SIGNS = {"×": "*", "·": "*", "⋅": "*", "÷": "/", "−": "-", "–": "-", "[": "(", "]": ")", "{": "(", "}": ")"}

    def __init__(self, text):
        text = text.replace("\\times", "*").replace("\\cdot", "*").replace("\\div", "/").replace("$", "")
        text = "".join(self.SIGNS.get(c, c) for c in text)
        if len(text) > 500:
            raise Unreadable
        self.tokens = re.findall(r"\d+(?:\.\d+)?|\*\*|[-+*/^()]", text)
        if (
            "".join(self.tokens) != re.sub(r"\s+", "", text)
            or not self.tokens
            or re.search(r"\d\s+\d|(?<![\d.])0\d", text)
        ):
            raise Unreadable
        self.at, self.numbers, self.operators = 0, [], 0
        self.value = self.sum(0)
        if self.at != len(self.tokens):
            raise Unreadable

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self):
        token = self.peek()
        self.at += 1
        return token

    def sum(self, depth):
        if depth > 40:
            raise Unreadable
        value = self.product(depth)
        while self.peek() in ("+", "-"):
            self.operators += 1
            value = value + self.product(depth) if self.take() == "+" else value - self.product(depth)
        return value

    def product(self, depth):
        value = self.signed(depth)
        while self.peek() in ("*", "/"):
            self.operators += 1
            multiply = self.take() == "*"
            other = self.signed(depth)
            if not multiply and other == 0:
                raise Unreadable
            value = value * other if multiply else value / other
            if max(abs(value.numerator), value.denominator).bit_length() > 2000:
                raise Unreadable
        return value

    def signed(self, depth):
        if self.peek() in ("-", "+"):
            return -self.signed(depth + 1) if self.take() == "-" else self.signed(depth + 1)
        base = self.atom(depth)
        if self.peek() in ("^", "**"):
            self.take()
            self.operators += 1
            power = self.signed(depth + 1)
            if power.denominator != 1 or abs(power) > 20 or (base == 0 and power < 0):
                raise Unreadable
            return base ** int(power)
        return base

    def atom(self, depth):
        token = self.take()
        if token == "(":
            value = self.sum(depth + 1)
            if self.take() != ")":
                raise Unreadable
            return value
        if token is None or not token[0].isdigit():
            raise Unreadable
        self.numbers.append(Fraction(token))
        return self.numbers[-1]


def given_numbers(prompt):
    """The longest run of numbers joined by commas or "and" in the prompt: what may be used."""
    runs = re.findall(r"\d+(?:\.\d+)?(?:\s*(?:,\s*and\s+|,|\band\b)\s*\d+(?:\.\d+)?)+", prompt)
    if not runs:
        return None
    longest = max(runs, key=lambda run: len(re.findall(r"\d+(?:\.\d+)?", run)))
    return Counter(Fraction(n) for n in re.findall(r"\d+(?:\.\d+)?", longest))


def expression_value(prompt, answer, reference, params):
    """An expression with the reference's value, made of the numbers that the prompt gives: all of them, or some."""
    try:
        target = Expression(bare(reference))
        text = bare(answer)
        if text.count("=") == 1:
            left, right = text.split("=")
            if Expression(right).value != target.value:
                return False
            text = left
        found = Expression(text)
    except Unreadable:
        return False
    given = given_numbers(prompt)
    if found.value != target.value or (found.operators == 0) != (target.operators == 0):
        return False
    if given is None:
        given = Counter(target.numbers)
    used = Counter(found.numbers)
    return used == given if params.get("use") == "all" else not used - given


# ---- order and multiplicity ---------------------------------------------------------------------------------------------


def palindrome(prompt, answer, reference, params):
    """A palindrome of exactly the reference's letters."""
    mine, theirs = (re.sub(r"[\s\"',.]+", "", bare(text)).lower() for text in (answer, reference))
    return len(theirs) > 1 and theirs == theirs[::-1] and mine == mine[::-1] and Counter(mine) == Counter(theirs)


def canonical(value):
    """Lists at every level in one order, so that two are equal where they differ in order only."""
    if isinstance(value, list):
        return sorted((canonical(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, str):
        return value.strip()
    return value


def read_list(text, strict=False):
    """The items of a JSON or Python list; where not `strict`, of lines or of a text with commas too."""
    text = bare(text)
    try:
        value = json.loads(text.replace("'", '"') if '"' not in text else text)
    except (ValueError, RecursionError):
        return (
            None
            if strict
            else [part.strip().strip("\"'") for part in re.split(r"[,\n;]", text.strip("[](){}")) if part.strip()]
        )
    if isinstance(value, list):
        return value
    return None if strict else [text]


ANY_ORDER = re.compile(
    r"any order|order (?:does not|doesn't) matter|regardless of (?:the )?order|irrespective of (?:the )?order",
    re.IGNORECASE,
)
# The solutions of an equation have no order.
SOLUTIONS = re.compile(
    r"=.*\b(?:solutions?|equations?|roots?|satisf(?:y|ies))\b|\b(?:solve|solutions?|equations?|roots?|satisf(?:y|ies))\b.*=",
    re.IGNORECASE | re.DOTALL,
)


def same_up_to_order(prompt, answer, reference, params):
    """The reference's items, and the items of its inner lists, in any order, where the prompt says that any will do or asks for an equation's solutions."""
    theirs, mine = read_list(reference), read_list(answer)
    if not theirs or not mine:
        return False
    if SOLUTIONS.search(prompt):
        values = [
            [Fraction(i) for i in map(str, items) if re.fullmatch(r"[-+]?\d{1,40}(?:\.\d{1,40})?", i)]
            for items in (theirs, mine)
        ]
        if len(values[0]) == len(theirs):
            return len(values[1]) == len(mine) and sorted(values[0]) == sorted(values[1])
    return bool(ANY_ORDER.search(prompt)) and len(theirs) > 1 and canonical(mine) == canonical(theirs)


# ---- assignments --------------------------------------------------------------------------------------------------------


def read_map(text):
    """{"A": 1} or A=1, B=2 as a dict of strings; None where it is neither or names a key twice."""
    text = bare(text)
    try:
        pairs = json.loads(text, object_pairs_hook=lambda items: items)
        if not isinstance(pairs, list) or not all(isinstance(p, tuple) for p in pairs):
            return None
        pairs = [(str(k), str(v)) for k, v in pairs]
    except (ValueError, RecursionError):
        pairs = re.findall(r"\b(\w{1,40})\s*[:=]\s*(\w{1,40})\b", text)
        if re.sub(r"\b\w{1,40}\s*[:=]\s*\w{1,40}\b", "", text).strip(" ,;\n{}[]()"):
            return None
    return dict(pairs) if pairs and len({k for k, _ in pairs}) == len(pairs) else None


def graph_edges(prompt):
    return re.findall(r"[(\[]\s*([\w]+)\s*,\s*([\w]+)\s*[)\]]", prompt)


def map_coloring(prompt, answer, reference, params):
    """Every node of the prompt's edges has one of the allowed values, and no edge joins two equal ones."""
    edges, mine = graph_edges(prompt), read_map(answer)
    allowed = re.findall(
        r"colou?rs?[^:\[\n]*[:\[][ \t]*\[?([^\]\n]+)", prompt, re.IGNORECASE
    )  # the last line that names any
    vertices = re.search(r"(?:vertices|nodes)[^:\[]*[:\[]\s*\[?([^\]\n]*)", prompt, re.IGNORECASE)
    if mine is None or not (edges or vertices) or not allowed:
        return False
    colors = set(re.findall(r"\w+", allowed[-1]))
    nodes = set(re.findall(r"\w+", vertices.group(1))) if vertices else {n for e in edges for n in e}
    return set(mine) == nodes and set(mine.values()) <= colors and all(mine[a] != mine[b] for a, b in edges)


def board(text):
    """Rows of single cells of the last block of equally long lines."""
    best, current = [], []
    for line in text.splitlines() + [""]:
        cells = line.split()
        if cells and all(len(c) == 1 for c in cells) and (not current or len(cells) == len(current[0])):
            current.append(cells)
        else:
            best, current = (current if len(current) > 1 else best), []
    return best


def pieces_at_peace(prompt, answer, reference, params):
    """The prompt's board filled up: its pieces stay, as many as in the reference stand, and none attacks another."""
    start, mine, theirs = board(prompt), board(bare(answer)), board(bare(reference))
    if (
        not start
        or [len(r) for r in mine] != [len(r) for r in start]
        or [len(r) for r in theirs] != [len(r) for r in start]
    ):
        return False
    empty = Counter(c for row in start for c in row).most_common(1)[0][0]
    piece = next((c for row in theirs for c in row if c != empty), None)
    spots = [(r, c) for r, row in enumerate(mine) for c, cell in enumerate(row) if cell != empty]
    if any(mine[r][c] != piece for r, c in spots) or len(spots) != sum(c != empty for row in theirs for c in row):
        return False
    if any(cell != empty and mine[r][c] != cell for r, row in enumerate(start) for c, cell in enumerate(row)):
        return False
    lines = [lambda r, c: r, lambda r, c: c]
    if params.get("attack", "queen") == "queen":
        lines += [lambda r, c: r + c, lambda r, c: r - c]
    return all(len({line(r, c) for r, c in spots}) == len(spots) for line in lines)


def letter_sum(prompt, answer, reference, params):
    """A cryptarithm: different letters are different digits, no number begins with 0, and the sum in the prompt holds."""
    mine, theirs = read_map(answer), read_map(reference)
    words = re.findall(r"^[\s+]*([A-Z]{2,})\s*$", prompt, re.MULTILINE)
    if mine is None or theirs is None or set(mine) != set(theirs) or len(words) < 3:
        return False
    if not all(re.fullmatch(r"\d", v) for v in mine.values()) or len(set(mine.values())) != len(mine):
        return False
    if not set("".join(words)) <= set(mine) or any(mine[w[0]] == "0" for w in words):
        return False
    numbers = [int("".join(mine[c] for c in w)) for w in words]
    return sum(numbers[:-1]) == numbers[-1]


# ---- moves to a goal ----------------------------------------------------------------------------------------------------

STEPS = {
    "up": (-1, 0),
    "down": (1, 0),
    "left": (0, -1),
    "right": (0, 1),
    "u": (-1, 0),
    "d": (1, 0),
    "l": (0, -1),
    "r": (0, 1),
}
STEPS.update({"north": (-1, 0), "south": (1, 0), "west": (0, -1), "east": (0, 1)})


def grid_path(prompt, answer, reference, params):
    """Steps from the start to the goal of the prompt's grid over open cells, no more of them than the reference takes."""
    grid = board(prompt)
    mine = re.findall(r"[a-z]+", bare(answer).lower())
    theirs = re.findall(r"[a-z]+", bare(reference).lower())
    if not grid or not mine or len(mine) > MAX_STEPS:
        return False
    if not set(theirs) <= set(STEPS):  # the reference says that there is no path, or it is no path at all
        return mine == theirs and bool(set(theirs) & {"infeasible", "impossible", "unreachable", "none", "no"})
    start, goal, wall = params.get("start", "*"), params.get("goal", "#"), params.get("wall", "X")
    at = [(r, c) for r, row in enumerate(grid) for c, cell in enumerate(row) if cell == start]
    named = set(STEPS) & (set(re.findall(r"[a-z]+", prompt.lower())) | set(theirs))
    if len(at) != 1 or not set(mine) <= named or len(mine) > len(theirs):
        return False
    r, c = at[0]
    for step in mine:
        r, c = r + STEPS[step][0], c + STEPS[step][1]
        if not (0 <= r < len(grid) and 0 <= c < len(grid[r])) or grid[r][c] == wall:
            return False
    return grid[r][c] == goal


def stack_moves(prompt, answer, reference, params):
    """Moves of numbered pieces between stacks, a larger never on a smaller, that end as the reference's do."""

    def moves(text):
        found = [
            tuple(map(int, re.findall(r"(?<!\d)\d{1,6}(?!\d)", line)))
            for line in bare(text).splitlines()
            if line.strip()
        ]
        return found if found and all(len(m) == 3 for m in found) and len(found) <= MAX_STEPS else None

    def end(sequence, where):
        where = dict(where)
        for piece, source, target in sequence:
            if where.get(piece) != source or source == target:
                return None
            if any(other < piece and peg in (source, target) for other, peg in where.items()):
                return None
            where[piece] = target
        return where

    def forms(text):
        return {re.sub(r"\d+", "#", line.strip()) for line in bare(text).splitlines() if line.strip()}

    theirs, mine = moves(reference), moves(answer)
    if theirs is None or mine is None or not forms(answer) <= forms(reference):
        return False
    first = {}
    for piece, source, _ in theirs:
        first.setdefault(piece, source)
    pegs = re.search(r"(\d+)\s+(?:pegs|rods|stacks|towers)", prompt, re.IGNORECASE)
    count = int(pegs.group(1)) if pegs else max(max(m[1:]) for m in theirs)
    if any(not 1 <= target <= count for _, _, target in mine):
        return False
    goal = end(theirs, first)
    return goal is not None and end(mine, first) == goal and (not params.get("shortest") or len(mine) <= len(theirs))


def pour_moves(prompt, answer, reference, params):
    """Fill, empty and pour between the prompt's vessels until one of them holds the target."""
    sizes = {name: int(size) for name, size in re.findall(r"\b([A-Z])\s*[:=]\s*(\d+)", prompt)}
    target = re.search(r"(?:target|goal)(?:\s+(?:is|of|amount))*\s*[:=]?\s*(\d+)", prompt, re.IGNORECASE)
    mine = read_list(answer, strict=True)
    if not sizes or target is None or not mine or len(mine) > MAX_STEPS or not all(isinstance(m, str) for m in mine):
        return False
    held = dict.fromkeys(sizes, 0)
    for move in mine:
        single = re.fullmatch(r"(fill|empty)\s+([A-Z])", move.strip())
        pour = re.fullmatch(r"pour\s+([A-Z])\s*->\s*([A-Z])", move.strip())
        if single and single[2] in held:
            held[single[2]] = sizes[single[2]] if single[1] == "fill" else 0
        elif pour and pour[1] in held and pour[2] in held and pour[1] != pour[2]:
            amount = min(held[pour[1]], sizes[pour[2]] - held[pour[2]])
            held[pour[1]] -= amount
            held[pour[2]] += amount
        else:
            return False
    return int(target.group(1)) in held.values()


def edge_path(prompt, answer, reference, params):
    """A walk along the prompt's edges with the reference's ends, no longer than the reference."""
    pairs = (
        set(graph_edges(prompt))
        | set(re.findall(r"\|\s*(\w+)\s+(\w+)", prompt))
        | set(re.findall(r"(\w+)\s*-+>?\s*(\w+)", prompt))
    )
    if not params.get("directed"):
        pairs |= {(b, a) for a, b in pairs}
    mine, theirs = re.findall(r"\w+", bare(answer)), re.findall(r"\w+", bare(reference))
    if len(theirs) < 2 or len(mine) < 2 or len(mine) > len(theirs) or (mine[0], mine[-1]) != (theirs[0], theirs[-1]):
        return False
    return all(step in pairs for step in zip(mine, mine[1:]))
