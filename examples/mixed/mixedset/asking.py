"""How a prompt asks for its answer, and the careful reader that finds the answer again.

`ASK` maps the name of a form to the sentence put behind a question. `stated(response, ask)` returns the text that the
response states as its answer, or None when it states none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

ASK: dict[str, str] = {
    "boxed": "Work in at most two short lines, then put the final answer in \\boxed{}.",
    "hashes": "Show brief working (two short lines at most) and end with a line of the form #### x, where x is the answer.",
    "tags": "You may think in one short line first. Give the final answer inside <answer></answer> tags.",
    "final": 'Keep the working under 30 words. Then write a last line that starts with "Final answer:".',
    "the_answer_is": 'Be brief and finish with a sentence of the form "The answer is X."',
    "bare": "Reply with the answer only, no explanation.",
    "tags_only": "Reply with nothing but the answer inside <answer></answer> tags.",
    "final_only": 'Reply with one line: "Final answer:" followed by the answer.',
    "boxed_only": "Reply only with the answer in \\boxed{}.",
    "none": "",
}
"""`none` adds nothing: the question itself says how to answer."""

_FORM_OF = {"tags_only": "tags", "final_only": "final", "boxed_only": "boxed", "none": "bare"}


@dataclass(frozen=True)
class Reading:
    """What a response states. `how` is the form it was found in; `asked` says whether that is the form asked for."""

    text: str
    how: str
    asked: bool


def _boxed(response: str) -> str | None:
    start = response.rfind("\\boxed{")
    if start < 0:
        return None
    depth, begin = 0, start + len("\\boxed")
    for at in range(begin, len(response)):
        depth += {"{": 1, "}": -1}.get(response[at], 0)
        if depth == 0:
            return response[begin + 1 : at].strip()
    return None


def _tags(response: str) -> str | None:
    closed = re.findall(r"<answer>(.*?)</answer>", response, re.S | re.I)
    if closed:
        return closed[-1].strip()
    opened = re.search(r"<answer>(.*)\Z", response, re.S | re.I)
    return opened.group(1).strip() if opened else None


def _hashes(response: str) -> str | None:
    found = [text.strip() for text in re.findall(r"^[ \t*`]*#{4}(?!#)[ \t]*(.*)$", response, re.M)]
    return found[-1] if found else None


def _after(pattern: str) -> Callable[[str], str | None]:
    compiled = re.compile(pattern, re.I)

    def read(response: str) -> str | None:
        last = None
        for last in compiled.finditer(response):
            pass
        if last is None:
            return None
        rest = response[last.end() :].lstrip(" \t*`_:")
        line = rest.lstrip("\n").split("\n", 1)[0].strip() if rest.strip() else ""
        return line.strip(" *`_") or None

    return read


_READERS: dict[str, Callable[[str], str | None]] = {
    "boxed": _boxed,
    "tags": _tags,
    "hashes": _hashes,
    "final": _after(r"final\s+answer(?:\s+is)?\s*[*`_]*\s*:?"),
    "the_answer_is": _after(r"\banswer\s+is\s*[*`_]*\s*:?"),
}


def _last_line(response: str) -> str | None:
    lines = [line.strip() for line in response.splitlines() if line.strip(" \t`")]
    return lines[-1] if lines else None


def stated(response: str, ask: str, truncated: bool, accept: Callable[[str], bool] = bool) -> Reading | None:
    """Find the stated answer: the asked form first, then the other forms, then the last line.

    `accept` tells whether a text can be an answer of the wanted kind; a text it refuses (a heading, an empty box) is
    passed over. A truncated response is never read by its last line: it was cut before it stated anything.
    """
    form = _FORM_OF.get(ask, ask)
    order = [form] if form in _READERS else []
    order += [other for other in _READERS if other != form]
    whole = response.strip()
    if form == "bare" and whole and "\n" not in whole and not any(_READERS[other](whole) for other in _READERS):
        return Reading(whole, "bare", True) if accept(whole) else None
    for name in order:
        text = _READERS[name](response)
        if text and accept(text):
            return Reading(text, name, name == form)
    line = None if truncated else _last_line(response)
    return Reading(line, "last_line", form == "bare") if line and accept(line) else None
