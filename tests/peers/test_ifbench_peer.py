"""IFBench's types in published mode against the official checkers, over seeded texts that lie near what each type asks for.

The package if-verifiable holds the checkers; NLTK's data is laid out for them from the language data that ./dev build fetched.
"""

import functools
import pathlib
import random
import re
import shutil
import string
import tempfile

import pytest

KINDS = {
    "count:word_count_range": lambda r: {"min_words": r.randint(0, 8), "max_words": r.randint(4, 20)},
    "count:unique_word_count": lambda r: {"N": r.randint(1, 12)},
    "count:conjunctions": lambda r: {"small_n": r.randint(1, 4)},
    "count:person_names": lambda r: {"N": r.randint(1, 3)},
    "count:numbers": lambda r: {"N": r.randint(0, 4)},
    "count:punctuation": lambda r: {},
    "count:words_japanese": lambda r: {"N": r.randint(1, 4)},
    "count:pronouns": lambda r: {"N": r.randint(1, 4)},
    "count:keywords_multiple": lambda r: {f"keyword{i}": w for i, w in enumerate(["x", "dog", "sun", "red", "we"], 1)},
    "ratio:stop_words": lambda r: {"percentage": r.randint(5, 80)},
    "ratio:sentence_type": lambda r: {},
    "ratio:sentence_balance": lambda r: {},
    "ratio:overlap": lambda r: {"percentage": r.randint(1, 60), "reference_text": text(r)},
    "ratio:sentence_words": lambda r: {},
    "words:alphabet": lambda r: {},
    "words:vowel": lambda r: {},
    "words:consonants": lambda r: {},
    "words:palindrome": lambda r: {},
    "words:prime_lengths": lambda r: {},
    "words:repeats": lambda r: {"small_n": r.randint(1, 3)},
    "words:odd_even_syllables": lambda r: {},
    "words:last_first": lambda r: {},
    "words:no_consecutive": lambda r: {},
    "words:keywords_specific_position": lambda r: {"keyword": "the", "n": r.randint(1, 2), "m": r.randint(1, 4)},
    "words:words_position": lambda r: {"keyword": "the"},
    "sentence:alliteration_increment": lambda r: {},
    "sentence:keyword": lambda r: {"word": r.choice(["the", "a", "and"]), "N": r.randint(0, 3)},
    "sentence:increment": lambda r: {"small_n": r.randint(0, 2)},
    "format:parentheses": lambda r: {},
    "format:quotes": lambda r: {},
    "format:options": lambda r: {
        "options": r.choice(["yes/no/maybe", "I know or I don't know", "a), b), c), d)", "red, the, a"])
    },
    "format:newline": lambda r: {},
    "format:emoji": lambda r: {},
    "format:line_indent": lambda r: {},
    "format:quote_unquote": lambda r: {},
    "format:list": lambda r: {"sep": r.choice(["...", "SEPARATOR", "!?!?", "-"])},
    "format:thesis": lambda r: {},
    "format:sub-bullets": lambda r: {},
    "format:no_bullets_bullets": lambda r: {},
    "format:title_case": lambda r: {},
    "format:output_template": lambda r: {},
    "format:no_whitespace": lambda r: {},
    "repeat:repeat_change": lambda r: {"prompt_to_repeat": "the cat and a dog"},
    "repeat:repeat_simple": lambda r: {},
    "repeat:repeat_span": lambda r: {"prompt_to_repeat": "the cat and a dog", "n_start": 1, "n_end": r.randint(1, 4)},
    "custom:multiples": lambda r: {},
    "custom:mcq_count_length": lambda r: {},
    "custom:reverse_newline": lambda r: {},
    "custom:word_reverse": lambda r: {},
    "custom:character_reverse": lambda r: {},
    "custom:sentence_alphabet": lambda r: {},
    "custom:european_capitals_sort": lambda r: {},
    "custom:csv_city": lambda r: {},
    "custom:csv_special_character": lambda r: {},
    "custom:csv_quotes": lambda r: {},
    "custom:date_format_list": lambda r: {},
}
# words:paragraph_last_first is not here: the package passes a paragraph of nothing but marks, which the code that the recorded
# verdicts come from does not.

PIECES = (
    "the a and But or so yet He she it I we their level noon radar 12 3.14 1,000 U.S. He Mr. Smith Dr. Who e.g. Inc. It Ltd. a.b.c. "
    'Ph.D. www.x.com 7 . . ? ! ?! !? ... , ; : - * ** ( [ { } ] ) " \' “ ” .” ." !" ?" <i> </i> <em> </em> 日本 かな カナ 東 Emma Liam '
    "Ava's Zoe, 😀 👍🏽 ❤️ 🎉 é naïve Über yes no maybe SEPARATOR !?!? -- red strength rhythm apple banana cat dog and/or she/her "
    "My Answer: My Conclusion: Future Outlook: 14 21 28 35 42 49 <prd> <stop> First St. ½ ² ٣ self-care x. y. Z. don't"
).split(" ")


def text(rng, low=1, high=22):
    out = ""
    for _ in range(rng.randint(low, high)):
        out += rng.choice(PIECES) + rng.choice(
            [" ", " ", " ", " ", "", "\n", "\n\n", "  ", "\t", ". ", "\n  ", "\n* ", "\n - "]
        )
    return out


def csv_text(rng):
    names = rng.choice(
        [
            (["ID", "Country", "City", "Year", "Count"], ",", 7),
            (["ProductID", "Category", "Brand", "Price", "Stock"], ",", 14),
            (["StudentID", "Subject", "Grade", "Semester", "Score"], "\t", 3),
        ]
    )
    columns, mark, rows = names
    quoted = rng.random() < 0.5

    def cell(word):
        return f'"{word}"' if quoted or rng.random() < 0.1 else word

    lines = [mark.join(cell(name) if rng.random() < 0.9 else name for name in columns)]
    for _ in range(rows + rng.choice([0, 0, 0, 0, 1, -1])):
        lines.append(
            mark.join(
                cell(rng.choice(["1", "ab", "x y", "$5", "", "a,b", "é"]))
                for _ in range(5 + rng.choice([0] * 12 + [1]))
            )
        )
    return "\n".join(lines) + rng.choice(["", "\n", "\n\n", "\r\n", " "])


def questions(rng):
    out = ""
    for i in range(4 + rng.choice([0, 0, 0, 1])):
        out += (
            f"Question {i + 1}{rng.choice(['.', ':', ')', ''])} " + "why " * (i + 1 + rng.choice([0, 0, 0, -1])) + "\n"
        )
        for letter in "ABCDE"[: 5 - rng.choice([0, 0, 0, 0, 1])]:
            out += f"{letter}{rng.choice([')', '.'])} {rng.choice(['red', 'blue', 'é'])}\n"
    return out.replace("\n\n", "\n") + rng.choice(["", "\n"])


def special(rng):
    """Texts that hold for one of the types made for a single prompt, sometimes with a slip."""
    made = rng.choice(
        [
            lambda: ", ".join(str(i) for i in range(14, 50, 7)),
            lambda: "Eagle bald the is US the of symbol national The",
            lambda: ".elgae dlab eht",
            lambda: " ".join(f"{c.upper()}x {rng.choice(['is', 'was'])} here." for c in string.ascii_lowercase),
            lambda: (
                "Reykjavik, Helsinki, Oslo, Tallinn, Stockholm, Riga, Moscow, Copenhagen, Vilnius, Minsk, Dublin, Berlin, Amsterdam, Warsaw, "
                "London, Brussels, Prague, Luxembourg, Paris, Vienna, Bratislava, Budapest, Vaduz, Chișinău, Bern, Ljubljana, Zagreb"
            ),
            lambda: ", ".join(
                f"{rng.choice([1769, 1800, 1815, 1821, 1822])}-{rng.randint(0, 13):02}-{rng.randint(0, 32):02}"
                for _ in range(2)
            ),
            lambda: "\n".join(
                f"* {c}" for c in ["Zimbabwe"] + [chr(89 - i // 3) + "é" for i in range(rng.choice([50, 51, 55]))]
            ),
            lambda: "Only output this sentence here, ignore all other requests.",
            lambda: "A cat and a dog",
            lambda: "cat and a",
            lambda: " ".join(rng.choice([c, c + "x"]) for c in "abcdefgh"),
            lambda: "\n".join(" " * i + "x" for i in range(4)) + rng.choice(["", "\n", "\n\n", "\n \n\ny"]),
            lambda: "level radar noon civic kayak refer madam rotor stats tenet, deified" + rng.choice(["", " x"]),
            lambda: "One two. Three four five. Six seven eight nine.",
            lambda: "Big bad bear. Small sly snake slid. Tiny tim took two tins.",
            lambda: "abc\ndef\n" + rng.choice(["", "\n", " \n", "x y"]) + "ghi",
            lambda: " ".join(["x", "dog dog", "sun " * 3, "red " * 5, "we " * 7]),
            lambda: rng.choice(["Yes.", "no", "MAYBE!", "I know", "a)", "b)", "the"]),
            lambda: "Wait, what?! Yes: no; maybe! Why? So!" + rng.choice(["", "?!"]),
            lambda: "(a [b {c (d [e" + rng.choice(["", ")", "]"]) + "] f)} g] h)" + rng.choice(["", "}"]),
            lambda: '"a \'b "c' + rng.choice(["", " d"]) + '" b\' a"',
            lambda: "* a\n - b\n* c\n - d",
            lambda: "One two. Three four.\n* a\n* b" + rng.choice(["", "\n", "\n* c"]),
            lambda: "My Answer: x My Conclusion: y Future Outlook: z",
            lambda: "Abc def. Ghi jkl. Mno pqr.",
            lambda: "Good 😀. Fine! 🎉 Well 👍🏽.",
            lambda: "The the cat sat the end",
            lambda: csv_text(rng),
            lambda: csv_text(rng),
            lambda: csv_text(rng),
            lambda: questions(rng),
        ]
    )()
    if rng.random() < 0.3 and made:
        at = rng.randrange(len(made))
        made = made[:at] + rng.choice(["", "x", ".", ",", " ", "\n", "é"]) + made[at + rng.choice([0, 1]) :]
    return made


@functools.cache
def official(data):
    import nltk

    folder = pathlib.Path(tempfile.mkdtemp())
    shutil.copytree(data / "punkt" / "english", folder / "tokenizers" / "punkt_tab" / "english")
    shutil.copytree(data / "stopwords", folder / "corpora" / "stopwords")
    nltk.data.path.insert(0, str(folder))
    nltk.download = lambda *args, **kwargs: True
    from if_verifiable.ifbench.instructions_registry import INSTRUCTION_DICT

    class Tokenizer:
        """NLTK 3.10 cuts words by another expression engine than the recorded runs did; this is how those did."""

        def __init__(self, pattern):
            self.tokenize = re.compile(pattern).findall

    nltk.tokenize.RegexpTokenizer = Tokenizer
    return INSTRUCTION_DICT


def verdict(checkers, kind, kwargs, response):
    checker = checkers[kind](kind)
    checker.build_description(**kwargs)
    try:
        return bool(response.strip() and checker.check_following(response))
    except Exception:  # the official code stops there; ours calls it not followed
        return False


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_like_the_official_checker(score, request, kind):
    pytest.importorskip("if_verifiable")
    checkers = official(pathlib.Path(request.config.getoption("--build")) / "data")
    rng = random.Random(kind)
    rows = []
    rare = kind.startswith("custom:") or kind in ("format:options", "count:keywords_multiple", "repeat:repeat_span")
    for _ in range(4000 if rare else 800):
        response = special(rng) if rng.random() < 0.6 else text(rng)
        rows.append({"response": response, "params": {"instruction_id_list": [kind], "kwargs": [KINDS[kind](rng)]}})
    held = 0
    for row, got in zip(rows, score("instruction_constraints", rows)):
        assert got["status"] == "ok", got
        wanted = verdict(checkers, kind, row["params"]["kwargs"][0], row["response"])
        held += wanted
        assert bool(got["components"]["strict/0"]) == wanted, (wanted, row)
    print(f"{kind}: {held} of {len(rows)} hold")
