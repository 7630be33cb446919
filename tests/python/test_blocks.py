"""The general checkers that the agents try before a model writes any code (src/agents/write_verifier: blocks.py, then comparisons.py)."""

from pathlib import Path
from types import SimpleNamespace

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "src" / "agents" / "write_verifier"


def program():
    names = {}
    exec("\n\n".join((FOLDER / name).read_text() for name in ("blocks.py", "comparisons.py")), names)
    return SimpleNamespace(**names)


blocks = program()

NUMBERS = "Make 50 from the numbers 4, 6, 5 and 7. Use every number at most once."
GRID = "Find the shortest way from * to # over O; X is a wall. Go up, down, left or right.\n* O X\nX O O\nX X #\n"
BOARD = "Put three more queens on the board so that none attacks another:\n_ Q _ _\n_ _ _ _\n_ _ _ _\n_ _ _ _\n"
SOLVED = "_ Q _ _\n_ _ _ Q\nQ _ _ _\n_ _ Q _"
JUGS = "Fill, empty and pour. The jugs hold A:3, B:5 litres. Your target is: 4 litres."
POURED = '["fill B", "pour B->A", "empty A", "pour B->A", "fill B", "pour B->A"]'
HANOI = "Move 2 disks from peg 1 to peg 3 of 3 pegs."
MOVED = "Move disk 1 from Peg 1 to Peg 2\nMove disk 2 from Peg 1 to Peg 3\nMove disk 1 from Peg 2 to Peg 3"
MAP = "Color the graph. Vertices: [0, 1, 2]\nEdges: [(0, 1), (1, 2)]\nPossible colors: [1, 2]\n"
SUM = "Solve:\n\n  AB\n+ AB\n----\n  CA\n"
ANY = "Group the words in any order: tea eat tan"
EDGES = "Walk from a to d along the edges [(a, b), (b, d), (a, c), (c, d), (d, a)]."

CASES = [
    # block, params, prompt, reference, right answers, wrong answers
    (
        "expression_value",
        {"use": "some"},
        NUMBERS,
        "(4 + 6) * 5",
        ["5 * (6 + 4)", "(6+4)·5", "(4 + 6) * 5 = 50", "[6+4]×5"],
        [
            "50",
            "10 * 5",
            "5 * 5 * (6 - 4)",
            "(4 + 6) * 5 = 51",
            "(4 + 6) * 5 or 50",
            "",
            "()",
            "((((",
            "4 6 5",
            "(4+6)*05",
            "9**9**9",
            "1/0",
        ],
    ),
    (
        "expression_value",
        {"use": "all"},
        "Use 1, 2, 3 for 6.",
        "1 + 2 + 3",
        ["3*2*1", "2*3/1"],
        ["2*3", "6", "1+2+3+0"],
    ),
    ("palindrome", {}, "Use all letters: a b b", "bab", ["bab", '"bab"'], ["abb", "bb", "babab", ""]),
    (
        "same_up_to_order",
        {},
        ANY,
        '[["eat", "tea"], ["tan"]]',
        ["[['tan'], ['tea', 'eat']]"],
        ['[["eat"], ["tea", "tan"]]', "eat tea tan", "[["],
    ),
    ("same_up_to_order", {}, "Sort the words: b, a", "a, b", [], ["a, b", "b, a"]),
    (
        "same_up_to_order",
        {},
        "Solve the equation x**2 = 4.",
        "-2, 2",
        ["2, -2", "-2, 2", "-2.0, 2"],
        ["2", "2, 2", "-2, 3", ""],
    ),
    ("same_up_to_order", {}, "Solve x = 3.", "3.0", ["3", "3.0", "$3$"], ["3, 3", "4", "x"]),
    ("same_up_to_order", {}, ANY, "[1, 2]", ["$[2, 1]$", "\\([2, 1]\\)"], ["$[2, 3]$"]),
    ("same_up_to_order", {}, "Say the words of x = y: b, a", "a, b", [], ["b, a"]),
    (
        "same_text",
        {},
        "Say it.",
        '"This, too, is one of Mr.',
        ["This, too, is one of Mr", '"This, too, is one of Mr.'],
        ["This, too, is one", '"', ""],
    ),
    ("same_text", {}, "Say it.", "1 2\n3 4", ["1 2\n3 4", "$1 2\n3 4$"], ["1 2\n3 4.", "1 2 3 4"]),
    (
        "rounded_number",
        {},
        "Give it to 3 significant figures.",
        "0.0123456",
        ["0.0123", "1.23e-2", "1.23 × 10^-2", "0.0123456", "$0.01234$"],
        ["0.0124", "0.012", "-0.0123", "0.123", "12.3", "1.23", "1.23e", "", "1e999"],
    ),
    (
        "rounded_number",
        {},
        "Give it to three significant digits.",
        "99.96",
        ["100", "1.00e2", "99.96"],
        ["99.9", "99.5"],
    ),
    ("rounded_number", {}, "Give it to two decimal places.", "1.235", ["1.24", "1.23"], ["1.2", "1.25"]),
    ("rounded_number", {}, "Give it to the nearest tenth.", "1234.56", ["1,234.6"], ["1234"]),
    ("rounded_number", {}, "Give it.", "1.5", [], ["1.5"]),
    (
        "same_formula",
        {},
        "Integrate 4*x + cos(x).",
        "2*x**2 + sin(x) + C",
        ["C + sin(x) + 2*x**2", "2x^2 + sin(x) + C", "sin(x) + x*x*2 + C"],
        [
            "2*x**2 + sin(x)",
            "2*x**2 + cos(x) + C",
            "3*x**2 + sin(x) + C",
            "2*y**2 + sin(y) + C",
            "(2*x**2 + sin(x) + C)",
            "x",
            "2*x**",
            "",
        ],
    ),
    (
        "same_formula",
        {},
        "Factor 12.",
        "2 × 2 × 3",
        ["3 × 2 × 2", "2*3*2", "2·2·3"],
        ["12", "4 × 3", "2 × 3", "2 × 2 × 3 × 1"],
    ),
    ("same_formula", {}, "Factor 13.", "13", ["13", "$13$"], ["1 × 13", "31", "x"]),
    (
        "same_statements",
        {},
        "Who is what?",
        "Ann is a spy, Bob is the cook, and Cleo is a spy.",
        ["Cleo is a spy, Ann is a spy and Bob is the cook", "ann is spy; bob is cook; cleo is spy."],
        [
            "Ann is a cook, Bob is the spy, and Cleo is a spy",
            "Ann is a spy, Bob is the cook",
            "Ann is a spy, Bob is not the cook, and Cleo is a spy",
            "",
        ],
    ),
    ("same_statements", {}, "Order the words", "a, b and c", [], ["a, b and c"]),
    (
        "pieces_at_peace",
        {},
        BOARD,
        SOLVED,
        [SOLVED, "```\n" + SOLVED + "\n```"],
        [BOARD, SOLVED.replace("Q _ _ _", "_ _ _ Q"), "_ _ Q _\nQ _ _ _\n_ _ _ Q\n_ Q _ _", ""],
    ),
    (
        "map_coloring",
        {},
        MAP,
        "",
        ['{"0": 1, "1": 2, "2": 1}', '{"0": 2, "1": 1, "2": 2}'],
        [
            '{"0": 1, "1": 1, "2": 2}',
            '{"0": 1, "1": 2}',
            '{"0": 1, "1": 3, "2": 1}',
            '{"0": 1, "0": 2, "1": 2, "2": 1}',
            "[]",
        ],
    ),
    (
        "map_coloring",
        {},
        "Give a coloring of this graph:\n\nVertices: [0, 1, 2]\nEdges: []\nPossible colors: [1, 2]\n",
        "",
        ['{"0": 1, "1": 1, "2": 2}'],
        ['{"0": 0, "1": 1, "2": 2}'],
    ),
    ("letter_sum", {}, SUM, "A=2,B=1,C=4", ["A=2,B=1,C=4"], ["A=3,B=1,C=6", "A=2,B=1,C=2", "A=2,B=1", "A=2=B=1,C=4"]),
    (
        "grid_path",
        {},
        GRID,
        "right down right down",
        ["right down right down"],
        [
            "down right right down",
            "right down down right",
            "right right",
            "right left right down right down",
            "r d r d",
            "jump",
        ],
    ),
    (
        "stack_moves",
        {"shortest": True},
        HANOI,
        MOVED,
        [MOVED],
        [
            MOVED.replace("disk 2 from Peg 1 to Peg 3", "disk 2 from Peg 1 to Peg 2"),
            "Move disk 2 from Peg 1 to Peg 3",
            MOVED + "\nMove disk 1 from Peg 3 to Peg 2",
            "",
        ],
    ),
    (
        "pour_moves",
        {},
        JUGS,
        POURED,
        [POURED, '["fill A", "pour A->B", "fill A", "pour A->B", "empty B", "pour A->B", "fill A", "pour A->B"]'],
        ['["fill B"]', '["fill C"]', "[]", POURED[:-1], "fill B"],
    ),
    (
        "edge_path",
        {"directed": True},
        EDGES,
        "a b d",
        ["a b d", "a c d", "a -> c -> d"],
        ["a d", "a b c d", "d", "b d", "a b a b d"],
    ),
]


@pytest.mark.parametrize(
    "block, params, prompt, reference, right, wrong", CASES, ids=[f"{case[0]}-{i}" for i, case in enumerate(CASES)]
)
def test_conditions_not_sameness(block, params, prompt, reference, right, wrong):
    check = getattr(blocks, block)
    for answer in right:
        assert check(prompt, answer, reference, params) is True, answer
    for answer in wrong:
        assert check(prompt, answer, reference, params) is False, answer


@pytest.mark.parametrize("block", [case[0] for case in CASES])
def test_hostile_answers_are_refused_in_time(block):
    prompt, reference, params = next((c[2], c[3], c[1]) for c in CASES if c[0] == block)
    for answer in [
        "(" * 5000,
        "1" * 5000,
        "9**" * 200 + "9",
        "[" * 50_000,
        '{"a":' * 20_000,
        "\x00\ud83d",
        "a=1," * 5000,
        "up " * 20_000,
        "-" * 5000 + "1",
    ]:
        assert getattr(blocks, block)(prompt, answer, reference, params) is False


def test_any_reference_of_a_list_will_do():
    assert blocks.for_any(blocks.palindrome, "", "noon", ["bab", "noon"], {})
    assert not blocks.for_any(blocks.palindrome, "", "noon", "bab", {})
