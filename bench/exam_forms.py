"""Forms in which real responses state their answers, for bench/exam.py: read at run time from published responses whose right answer is
known, so that they come from another hand than the code that extracts answers. Only the format is taken: what stands on the answer's
own line, where it holds nothing but words that such lines share and marks; never a sentence about the question.

A form is a text with {a} for the answer; `lines` are those that can hold an answer of several lines.
"""

from __future__ import annotations

import collections
import gzip
import json
import re
from pathlib import Path

# Words of a line that states an answer whatever the question was.
SHARED = set(
    "a the so thus therefore hence final finally answer answers is are was be result solution output correct value option choice of to this "
    "that it in and we get have which i hope here s question problem conclusion equals gives following code would".split()
)
LEAST, MOST = 1, 60  # times that a form is seen; forms kept


def rows(path):
    if not path.exists():
        return
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def stated(data):
    """(response, its answer as the grader read it) of every published response that is right, or whose stated answer is known."""
    for row in rows(data / "gsm8k_solutions" / "example_model_solutions.jsonl.gz"):
        for value in row.values():
            if isinstance(value, dict) and value.get("is_correct"):
                yield value["solution"], row["ground_truth"].rpartition("A: ")[2]
    for row in rows(data / "qwen_math_rm_bo8" / "math_cot_100_rm.jsonl.gz"):
        yield from zip(row["responses"], map(str, row["pred"]))
    for row in rows(data / "theoremqa-outputs" / "outputs.jsonl.gz"):
        yield row["solution"], str(row["pred"])


def only_shared(text):
    return all(
        word in SHARED for word in re.findall(r"[^\W\d_]+", re.sub(r"\\[a-z]+", " ", text.lower()))
    ) and not re.search(r"\d", text)


def balanced(text):
    return text.count("$") % 2 == 0 and all(text.count(a) == text.count(b) for a, b in ("{}", "[]", "()"))


def line_forms(data):
    found = collections.Counter()
    for response, answer in stated(data):
        answer = answer.strip().rstrip(".")
        if not answer or "\n" in answer or len(answer) > 60:
            continue
        lines = response.strip().splitlines()[-3:]
        for i in range(len(lines) - 1, -1, -1):
            at = lines[i].rfind(answer)
            if at < 0:
                continue
            before, after = lines[i][:at], lines[i][at + len(answer) :]
            rest = "\n".join(lines[i + 1 :])
            if rest.strip() == "\\]" and i > 0 and lines[i - 1].strip() == "\\[":
                before = "\\[\n" + before.lstrip()
            apart = not (before[-1:].isalnum() or after[:1].isalnum()) and not re.match(r"[.,]\d", after)
            # What stands behind it, a unit say, may belong to it; an assignment is a line of a program.
            marks = (
                not re.search(r"[^\s.$)*\\\]}]", after + rest) and "=" not in before and balanced(before + after + rest)
            )
            if apart and marks and before.strip() and only_shared(before):
                found[before.lstrip() + "{a}" + after.rstrip() + ("\n" + rest.strip() if rest.strip() else "")] += 1
            break
    return [
        form for form, count in found.most_common(MOST) if count >= LEAST and "{a}" in form and form.strip() != "{a}"
    ]


def leads(data):
    """What real responses say before they state an answer: their last lines but those that do."""
    found = []
    for response, _ in stated(data):
        lines = [line for line in response.strip().splitlines()[:-2] if line.strip()][-3:]
        text = "\n".join(lines).strip()
        if (
            20 < len(text) < 500
            and text.replace("\n", " ").isprintable()
            and balanced(text)
            and not re.search(r"answer|boxed|result|```|<|=\s*$", text, re.IGNORECASE)
        ):
            found.append(text)
    return sorted(set(found))[:400]


def block_forms(data):
    """Around the one fenced block of a response: the line before it and what follows."""
    found = collections.Counter()
    sources = [
        (data / "rm_bench" / "rm_bench_nomath.jsonl.gz", ("chosen", "rejected")),
        (data / "judgebench" / "judgebench.jsonl.gz", ("response_A", "response_B")),
    ]
    for path, keys in sources:
        for row in rows(path):
            for key in keys:
                for text in row[key] if isinstance(row[key], list) else [row[key]]:
                    parts = re.split(r"^```.*$", text, flags=re.MULTILINE)
                    if len(parts) != 3:
                        continue
                    before = (parts[0].strip().splitlines() or [""])[-1].strip()
                    after = parts[2].strip()
                    if before and len(before) < 60 and only_shared(before) and len(after) < 200 and only_shared(after):
                        found[before + "\n\n```\n{a}\n```" + ("\n\n" + after if after else "")] += 1
    return [form for form, _ in found.most_common(MOST)]


def read(data):
    """(forms for answers of one line, forms for answers of several lines, reasoning that may come first); empty where the data is not there."""
    data = Path(data)
    lines = line_forms(data)
    # What stands alone on its line, or between marks that may span lines, holds several lines too.
    several = [form.replace("{a}", "\n{a}\n") for form in lines if re.search(r"\\boxed\{\{a\}\}", form)]
    several += [re.sub(r":\s*\{a\}", ":\n{a}", form) for form in lines if re.search(r":\s*\{a\}$", form)]
    return lines, block_forms(data) + several, leads(data)
