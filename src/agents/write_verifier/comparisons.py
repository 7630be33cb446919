"""General comparisons with the known answer, for tasks where one answer is right but may be written in several ways.

One source with blocks.py, which comes first; the same rules hold: blocks are functions (prompt, answer, reference, params) -> bool, nothing is
evaluated as code, and work is bounded.
"""

# ruff: noqa: F821 (bare, Fraction, … stand in blocks.py)
import cmath


def plain(text):
    """A text without what says nothing: blanks at line ends and around punctuation, the kind of quotes, capitals of plain words."""
    lines = [line.rstrip() for line in bare(text).splitlines()]
    text = "\n".join(lines).strip()
    if re.fullmatch(r"[A-Za-z ]{3,}", text) and not re.search(r"\S[A-Z]", text.replace(" ", "  ")):
        return text.lower()
    if re.match(r"[\[{(]", text):
        text = re.sub(r"\s+", "", text.replace("'", '"')) if "\n" not in text else text
    return re.sub(r" *, *", ",", text)


EDGES = "\"'*_. "  # what a sentence, emphasis or quotes leave at the ends of an answer that is found in them


def without_edges(text):
    return re.sub(r"(?<=[A-Za-z])[?!]$", "", text.strip(EDGES))


def same_text(prompt, answer, reference, params):
    """The reference itself; a number may be written otherwise, plain words in capitals, a list without blanks."""
    mine, theirs = plain(answer), plain(reference)
    if mine == theirs:
        return theirs != ""
    if "\n" not in theirs and without_edges(theirs) and without_edges(mine) == without_edges(theirs):
        return True
    number = r"[-+]?(?:\d{1,3}(?:,\d{3}){1,99}|\d{1,400})(?:\.\d{1,400})?"
    if re.fullmatch(number, mine) and re.fullmatch(number, theirs):
        return Fraction(mine.replace(",", "")) == Fraction(theirs.replace(",", ""))
    words = re.fullmatch(r"[A-Za-z ]{3,}", theirs) and theirs[1:] == theirs[1:].lower()
    return bool(words) and mine in (theirs.upper(), theirs.lower())


COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
PLACES = {"integer": 0, "whole number": 0, "tenth": 1, "hundredth": 2, "thousandth": 3}
FIGURES = re.compile(rf"\b(\d{{1,2}}|{'|'.join(COUNTS)})[ -]significant (?:figure|digit)")
DECIMALS = re.compile(rf"\b(\d{{1,2}}|{'|'.join(COUNTS)})[ -]decimal|nearest ({'|'.join(PLACES)})")
DECIMAL = re.compile(
    r"([-+]?\d{1,40}(?:\.\d{0,40})?|[-+]?\.\d{1,40})(?:(?:e|\s*(?:\*|x|×|\\times)\s*10\s*(?:\^|\*\*)\s*)[({]?([-+]?\d{1,3})[)}]?)?",
    re.IGNORECASE,
)


def decimal(text):
    """A decimal number, also 1.5e-3 and 1.5 × 10^-3, as a fraction; None where the text is none."""
    found = DECIMAL.fullmatch(bare(text).strip("$ ").replace(",", "").replace("−", "-"))
    return Fraction(found[1]) * Fraction(10) ** int(found[2] or 0) if found else None


def rounded(value, figures, places):
    """The value with so many significant figures, or decimal places: two values where it lies in the middle between them."""
    if figures is not None:
        size = abs(value)
        power = (
            len(str(int(size))) - 1
            if size >= 1
            else -len(str(-(-size.denominator // size.numerator) - 1))
            if size
            else 0
        )
        places = figures - 1 - power
    unit = Fraction(10) ** -places
    return {((2 * value / unit + 1) // 2) * unit, -((1 - 2 * value / unit) // 2) * unit}


def rounded_number(prompt, answer, reference, params):
    """The reference's number, as exact as the prompt asks for ("3 significant figures", "two decimal places", "the nearest tenth")."""
    figures, places = FIGURES.search(prompt.lower()), DECIMALS.search(prompt.lower())
    mine, theirs = decimal(answer), decimal(reference)
    if (figures is None) == (places is None) or mine is None or theirs is None:
        return False
    word = figures[1] if figures else places[1] or places[2]
    count = PLACES[word] if word in PLACES else COUNTS.get(word) or int(word)
    asked = (count, None) if figures else (None, count)
    return mine == theirs or bool(rounded(mine, *asked) & rounded(theirs, *asked))


FILLING = {"is", "are", "=", "a", "an", "the"}


def statements(text, stated=False):
    """What each of at least two statements says ("A is a knave, and B is a knight"), in order of the alphabet; None where the text is no such list.

    `stated`: every part must hold a verb or an equals sign, and each its own subject.
    """
    parts = [re.findall(r"=|[^\s=]+", part) for part in re.split(r"[,;\n]|\band\b", bare(text).strip("$ .").lower())]
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return None
    if stated:
        subjects = [re.split(r" (?:is|are|=) ", " ".join(part) + " ") for part in parts]
        if any(len(s) != 2 or not s[1].strip() for s in subjects) or len({s[0] for s in subjects}) < len(parts):
            return None
    return sorted(" ".join(word for word in part if word not in FILLING) for part in parts)


def same_statements(prompt, answer, reference, params):
    """The reference's statements about its subjects, in any order and with or without articles."""
    theirs = statements(reference, True)
    return theirs is not None and statements(answer, True) == theirs


# ---- formulas -----------------------------------------------------------------------------------------------------------

FUNCTIONS = {
    "sin": cmath.sin, "cos": cmath.cos, "tan": cmath.tan, "asin": cmath.asin, "acos": cmath.acos, "atan": cmath.atan, "sinh": cmath.sinh,
    "cosh": cmath.cosh, "tanh": cmath.tanh, "exp": cmath.exp, "log": cmath.log, "ln": cmath.log, "sqrt": cmath.sqrt, "abs": abs,
}  # fmt: skip
CONSTANTS = {"pi": cmath.pi, "π": cmath.pi, "E": cmath.e}
SHIFTS = (Fraction(3, 7), Fraction(13, 11), Fraction(-7, 5), Fraction(29, 13))  # where formulas are compared


class Formula:
    """An algebraic formula: + - * / ^ ** ( ), names, the usual functions, "2x" for 2*x. Made into a tree; nothing is computed yet."""

    def __init__(self, text):
        text = (
            text.strip("$ ")
            .replace("\\left", "")
            .replace("\\right", "")
            .replace("\\cdot", "*")
            .replace("\\times", "*")
            .replace("\\", "")
        )
        text = "".join(Expression.SIGNS.get(c, c) for c in text)
        self.tokens = re.findall(r"\d+(?:\.\d+)?|\*\*|[-+*/^()]|[^\W\d_]+(?:_\w+)?", text)
        if (
            len(text) > 600
            or not self.tokens
            or "".join(self.tokens) != re.sub(r"\s+", "", text)
            or re.search(r"\d\s+\d", text)
        ):
            raise Unreadable
        self.at, self.numbers, self.names, self.operators, self.brackets = 0, [], set(), 0, 0
        self.tree = self.sum(0)
        if self.at != len(self.tokens):
            raise Unreadable

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else ""

    def sum(self, depth):
        if depth > 40:
            raise Unreadable
        tree = self.product(depth)
        while self.peek() in ("+", "-"):
            self.operators += 1
            tree = (self.take(), tree, self.product(depth))
        return tree

    def product(self, depth):
        tree = self.signed(depth)
        while self.peek() in ("*", "/") or self.peek()[:1].isalnum() or self.peek() == "(":
            self.operators += 1
            sign = self.take() if self.peek() in ("*", "/") else "*"
            tree = (sign, tree, self.signed(depth))
        return tree

    def signed(self, depth):
        if self.peek() in ("-", "+"):
            return (
                ("-", ("number", Fraction(0)), self.signed(depth + 1)) if self.take() == "-" else self.signed(depth + 1)
            )
        tree = self.atom(depth)
        if self.peek() in ("^", "**"):
            self.take()
            self.operators += 1
            self.brackets -= self.peek() == "("  # x^{2}
            return ("^", tree, self.signed(depth + 1))
        return tree

    def atom(self, depth):
        token = self.take()
        if depth > 40:
            raise Unreadable
        if token == "(":
            self.brackets += 1
            tree = self.sum(depth + 1)
        elif token.lower() in FUNCTIONS and self.peek() == "(":
            self.take()
            tree = ("call", token.lower(), self.sum(depth + 1))
        elif token[:1].isdigit():
            self.numbers.append(Fraction(token))
            return ("number", self.numbers[-1])
        elif token[:1].isalpha():
            self.names |= {token} - set(CONSTANTS)
            return ("name", token)
        else:
            raise Unreadable
        if self.take() != ")":
            raise Unreadable
        return tree


def value_of(tree, names):
    """Exact where that is possible, else complex."""
    kind = tree[0]
    if kind == "number":
        return tree[1]
    if kind == "name":
        return CONSTANTS[tree[1]] if tree[1] in CONSTANTS else names[tree[1]]
    if kind == "call":
        return FUNCTIONS[tree[1]](complex(value_of(tree[2], names)))
    a, b = value_of(tree[1], names), value_of(tree[2], names)
    if kind == "^":
        if not isinstance(b, Fraction) or b.denominator != 1 or not isinstance(a, Fraction):
            return complex(a) ** complex(b)
        if abs(b) > 30 or (a == 0 and b < 0):
            raise Unreadable
        value = a ** int(b)
    else:
        value = a + b if kind == "+" else a - b if kind == "-" else a * b if kind == "*" else a / b
    if isinstance(value, Fraction) and max(abs(value.numerator), value.denominator).bit_length() > 2000:
        raise Unreadable
    return value


def alike(a, b):
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a == b
    return abs(complex(a) - complex(b)) <= 1e-10 * max(abs(complex(a)), abs(complex(b)), 1e-6)


def same_formula(prompt, answer, reference, params):
    """A formula with the reference's value for every value of its names. One of numbers only must be made of the same numbers, and none may
    hold more brackets than the reference: what the prompt says to work out is no answer."""
    try:
        mine, theirs = Formula(bare(answer)), Formula(bare(reference))
        if mine.names != theirs.names or mine.brackets > theirs.brackets:
            return False
        if not theirs.names and (
            (mine.operators == 0) != (theirs.operators == 0) or Counter(mine.numbers) != Counter(theirs.numbers)
        ):
            return False
        for shift in SHIFTS:
            names = {name: shift + Fraction(i, 3) for i, name in enumerate(sorted(theirs.names))}
            if not alike(value_of(mine.tree, names), value_of(theirs.tree, names)):
                return False
    except (Unreadable, ArithmeticError, ValueError, RecursionError):
        return False
    return True
