"""The mixed suite of ./dev bench mix: best-of-n rows of real data in the shape of RewardBench 2, made anew at every run and never stored.

Six subsets with four answers of which one is right, and Ties rows (ref:N, tied:N). Where the data have more answers to a prompt, up to eight
drawings of four stand for it: the prompt counts once, by their mean. Halves are drawn by the prompt's hash: one to build a library
from (by the best answer and all that are worse than it), one to test it on. Rows on whose prompts a model was trained are left out of both.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import train_reward_models as sets

SUBSETS = ("Math", "Code", "Precise IF", "Translation", "Dialogue", "Open chat")
VERIFIED = ("Math", "Code", "Precise IF")  # served by running or computing
MOST = {"Math": 140, "Code": 120, "Precise IF": 200, "Translation": 120, "Dialogue": 120, "Open chat": 450, "Ties": 120}
DRAWINGS = 8  # of four answers, a prompt
DIALOGUE = ("Chat", "Role Playing")


def digest(prompt: str) -> str:
    return hashlib.sha1(prompt.encode()).hexdigest()


def row(subset: str, source: str, prompt, right: list[str], wrong: list[str], **more) -> dict:
    """One answer of those that are right against wrong ones; for Ties all of them."""
    first = [*range(len(right) + len(wrong))]
    labels = {i: float(i < len(right)) for i in first}
    return pool(subset, source, prompt, [*right, *wrong], [first], labels, rights=len(right), **more)


def pool(
    subset: str, source: str, prompt, texts: list[str], draws: list[list[int]], labels: dict[int, float], **more
) -> dict:
    """`draws`: indices into `texts`, right ones first; `labels`: of the texts that the building half is told of. The texts are shuffled
    by the prompt's hash."""
    sha = digest(prompt if isinstance(prompt, str) else sets.said(prompt))
    order = list(range(len(texts)))
    random.Random(sha).shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    return {
        "subset": subset,
        "source": source,
        "prompt": prompt,
        "texts": [texts[i] for i in order],
        "rights": 1,
        "draws": [[place[i] for i in draw] for draw in draws],
        "labels": sorted([place[i], label] for i, label in labels.items()),
        "sha": sha,
        **more,
    }


def drawings(beaten: list[list[int]], seed: str) -> list[list[int]]:
    """Up to DRAWINGS of an answer and three that are worse than it, each once, the first with the answer that is better than most; none where
    no answer is better than three. `beaten[i]`: those that i is better than."""
    rng = random.Random(seed)
    best = max(range(len(beaten)), key=lambda i: len(beaten[i]))
    if len(beaten[best]) < 3:
        return []
    first = (best, *sorted(rng.sample(beaten[best], 3)))
    others = [(i, *three) for i, worse in enumerate(beaten) for three in itertools.combinations(sorted(worse), 3)]
    others.remove(first)
    return [list(draw) for draw in (first, *rng.sample(others, min(len(others), DRAWINGS - 1)))]


def known(beaten: list[list[int]], draws: list[list[int]]) -> dict[int, float]:
    """Labels of the best answer and of all that it is better than."""
    best = draws[0][0]
    return {best: 1.0, **dict.fromkeys(beaten[best], 0.0)}


def graded(subset: str, source: str, prompt: str, grades: dict[str, float], least: float, **more) -> list[dict]:
    """A row of answers with grades, worse where the grade is lower by `least` at least; none where nothing is better than three."""
    texts = sorted(grades)
    beaten = [[i for i, b in enumerate(texts) if grades[b] <= grades[a] - least] for a in texts]
    draws = drawings(beaten, prompt)
    return [pool(subset, source, prompt, texts, draws, known(beaten, draws), **more)] if draws else []


def maths(data: Path) -> list[dict]:
    rows = []
    for one in sets.read(data, "gsm8k_solutions/example_model_solutions.jsonl.gz"):
        answers = [value for value in one.values() if isinstance(value, dict)]
        right = [answer["solution"] for answer in answers if answer["is_correct"]]
        wrong = [answer["solution"] for answer in answers if not answer["is_correct"]]
        if len(right) == 1 and len(wrong) == 3:
            reference = one["ground_truth"].rsplit("A:", 1)[-1].strip()
            rows.append(row("Math", "gsm8k", one["question"], right, wrong, reference=reference))
    return rows


def code(data: Path, rlar: str, count: int) -> list[dict]:
    tasks = {}
    for one in sets.read(data, "mbpp/mbpp.jsonl.gz")[: 2 * count]:
        tests = [line.replace("\r", "") for line in one["test_list"]]
        tasks[str(one["task_id"])] = {
            **one,
            "id": str(one["task_id"]),
            "tests": tests,
            "setup": one["test_setup_code"].replace("\r", ""),
        }
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for task in tasks.values():
            file.write(json.dumps({key: task[key] for key in ("id", "code", "tests", "setup")}) + "\n")
        file.flush()
        script = Path(__file__).resolve().parents[1] / "scripts" / "mutate_python.py"
        done = subprocess.run(
            [sys.executable, script, file.name, "--rlar", rlar], capture_output=True, text=True, check=True
        )
    rows = []
    for line in done.stdout.splitlines():
        made = json.loads(line)
        if len(made["wrong"]) == 3:
            task = tasks[made["id"]]
            prompt = task["text"] + "\nYour code must pass: " + task["tests"][0]
            params = {"tests": task["tests"], **({"setup": task["setup"]} if task["setup"] else {})}
            fenced = ["```python\n" + text + "\n```" for text in (made["right"], *made["wrong"])]
            rows.append(row("Code", "mbpp", prompt, fenced[:1], fenced[1:], params=params))
    return rows


def instructions(data: Path) -> list[dict]:
    prompts = {one["key"]: one for one in sets.read(data, "ifeval/input_data.jsonl.gz")}
    answers = defaultdict(list)
    for one in sets.read(data, "ifeval/ifeval_google_verdicts.jsonl.gz"):
        answers[one["key"]].append((all(one["strict"]), all(one["loose"]), one["response"]))
    rows = []
    for key, given in answers.items():
        if key not in prompts:
            continue
        rng = random.Random(key)
        right = [text for strict, _, text in given if strict and text.strip()]
        wrong = [text for strict, loose, text in given if not strict and not loose and text.strip()]
        one = prompts[key]
        letters = [kwargs["letter"] for kwargs in one["kwargs"] if kwargs.get("letter")]
        # Counts of '#' or '!' as letters: the data's own mistake.
        if right and len(wrong) >= 3 and all(letter.isalpha() for letter in letters):
            params = {"instruction_id_list": one["instruction_id_list"], "kwargs": one["kwargs"]}
            rows.append(
                row("Precise IF", "ifeval", one["prompt"], [rng.choice(right)], rng.sample(wrong, 3), params=params)
            )
    return rows


def translations(data: Path) -> list[dict]:
    """A system's translation against three that are at least three MQM points worse; a person's as reference."""
    rows = []
    for one in sets.read(data, "wmt_mqm/ted2021_mqm.jsonl.gz"):
        grades = {text["text"]: text["mqm"] for text in one["responses"].values() if text["mqm"] is not None}
        reference = next(
            (one["responses"][name]["text"] for name in ("ref", "refA", "refB") if name in one["responses"]), None
        )
        if reference and reference not in grades:
            prompt = f"Translate into {sets.LANGUAGES[one['lp']]}: {one['source']}"
            rows += graded("Translation", "wmt-ted", prompt, grades, 3, reference=reference)
    return rows


def rmb_rows(data: Path) -> list[dict]:
    kinds = {}
    for name in ("rmb/pairwise.jsonl.gz", "rmb/bon.jsonl.gz"):
        for one in sets.read(data, name):
            kinds[sets.said(one["conversation_input"])] = (
                one["category_path"].split("/")[2],
                one["conversation_input"],
            )
    rows = []
    for group in sets.rmb(data):
        beaten = sets.beaten(group)
        draws = drawings(beaten, group.prompt)
        if not draws:
            continue
        kind, turns = kinds[group.prompt]
        dialogue = kind in DIALOGUE or len(turns) > 1
        if kind not in ("Code", "Reasoning", "Translation"):
            messages = [{"role": turn["role"], "content": turn["content"]} for turn in turns]
            names = ("Dialogue", "rmb-dialogue") if dialogue else ("Open chat", "rmb-chat")
            rows.append(pool(*names, messages, group.texts, draws, known(beaten, draws)))
    return rows


def topical_chat(data: Path) -> list[dict]:
    """Replies in a conversation, graded by people: one against three that are clearly worse."""
    grades = defaultdict(dict)
    for one in sets.read(data, "unieval/topical_chat.jsonl.gz"):
        prompt = "Go on with this conversation.\n" + one["source"].strip()
        grades[prompt][one["system_output"].strip()] = one["scores"]["overall"]
    return [row for prompt, given in grades.items() for row in graded("Dialogue", "topical-chat", prompt, given, 0.5)]


def styled(data: Path) -> list[dict]:
    """Safety and chat of RM-Bench: a right response, in each of three styles, against the wrong ones in all three; the prompt draws the first."""
    names = {"refusals-dangerous": "refusals", "refusals-offensive": "refusals", "alpacaeval": "alpacaeval"}
    rows = []
    for one in sets.read(data, "rm_bench/rm_bench_nomath.jsonl.gz"):
        source = names.get(one["subset"], "xstest" if one["subset"].startswith("xstest") else "")
        if source:
            first = int(digest(one["prompt"])[8:12], 16) % 3
            draws = [[(first + style) % 3, 3, 4, 5] for style in range(3)]
            texts = one["chosen"] + one["rejected"]
            rows.append(pool("Open chat", source, one["prompt"], texts, draws, {i: float(i < 3) for i in range(6)}))
    return rows


def ties(data: Path) -> list[dict]:
    """Questions whose answers several systems gave rightly: one right answer against the wrong ones, and all of them."""
    given = defaultdict(dict)
    gold = {}
    for one in sets.read(data, "evouna/NQ.jsonl.gz"):
        given[one["question"]][(one["pred"] or "").strip()] = one["label"]
        gold[one["question"]] = [part.strip() for part in one["gold"].split("/") if part.strip()]
    rows = []
    for question, answers in given.items():
        right = [text for text, ok in answers.items() if ok and text]
        wrong = [text for text, ok in answers.items() if not ok and text]
        if len(right) >= 2 and wrong:
            name = digest(question)[:10]
            rows.append(row("Ties", "nq", question, right[:1], wrong, reference=gold[question], id=f"ref:{name}"))
            rows.append(row("Ties", "nq", question, right, wrong, reference=gold[question], id=f"tied:{name}"))
    return rows


def suite(data: Path, rlar: str, trained_on: set[str]) -> list[dict]:
    """All rows; ids are unique, `place` is a row's place in its subset, from 0 to 1."""
    rows = [*maths(data), *code(data, rlar, MOST["Code"]), *instructions(data), *translations(data), *rmb_rows(data), *topical_chat(data),
            *styled(data), *ties(data)]  # fmt: skip
    kept: dict[str, list[dict]] = defaultdict(list)
    for one in sorted(rows, key=lambda one: (one["sha"], one.get("id", ""))):
        if one["sha"] not in trained_on and len(kept[one["subset"]]) < MOST[one["subset"]]:
            kept[one["subset"]].append(one)
    for subset, some in kept.items():
        for i, one in enumerate(some):
            one.setdefault("id", f"{subset.lower().replace(' ', '-')}-{i}")
            one["place"] = i / MOST[subset]
    return [one for some in kept.values() for one in some]


def for_training(one: dict, seed: int = 1) -> bool:
    """Whether a row is of the building half. `seed`, 1 to 20, draws the halves."""
    return int(one["sha"][-seed], 16) % 2 == 0


def shown(one: dict) -> dict:
    """The row with all its responses, as a program is asked."""
    kept = {key: one[key] for key in ("id", "prompt", "source", "reference", "params") if key in one}
    return {**kept, "responses": one["texts"]}


def labelled(one: dict) -> dict:
    """The row with the responses of which something is known."""
    places, labels = zip(*one["labels"])
    return {**shown(one), "responses": [one["texts"][i] for i in places], "labels": list(labels)}


def read_hashes(folder: Path) -> set[str]:
    return {line for path in folder.glob("*/trained_on.txt") for line in path.read_text().split()}


def write_jsonl(path: Path, rows: list[dict]) -> Path:
    with gzip.open(path, "wt") if path.suffix == ".gz" else open(path, "w") as file:
        file.writelines(json.dumps(one) + "\n" for one in rows)
    return path
