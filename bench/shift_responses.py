"""Streams in which only the responses drift: the queries stay what the library was built on; see shift.py.

A policy answers each query four times. In honest streams what is paid stays what is right, whatever the responses look like, and every alarm is a false
one. In the others a route goes bad on the way, and the matter is how soon that is noticed and mended.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shift_families import build, evolve, pool_of, processor_seconds
from support import add_function, run, serve

RESPONSES = 4
BUILT_ON = 200  # rows of a family
PLAIN = ["The answer is {a}.", "The answer is {a}"]
ALL_FORMS = [
    *PLAIN,
    "<answer>{a}</answer>",
    "Final answer: {a}",
    r"\boxed{{{a}}}",
    "#### {a}",
    "{a}",
    "**{a}**",
    "So we get\n\nAnswer: {a}",
]
WORDS = "first we take what is given and write it down again then look at each part in turn before going on".split()


@dataclass(frozen=True)
class Drift:
    """How a policy changes with the time t in [0, 1] of its stream."""

    says: str
    right: tuple[float, float] = (0.5, 0.5)  # share of right responses, from … to
    words: tuple[float, float] = (6, 6)  # before the answer
    forms: tuple[list[str], list[str]] = (ALL_FORMS, ALL_FORMS)
    gamed: tuple[float, float, float] = (
        0,
        0,
        1,
    )  # of the responses that are not right: share at first, share at the end, t from which it grows
    route: str = ""  # "contains": a loophole; "mine": a user's function, which breaks at t = 0.5
    expects: str = ""  # the alarm that must come; empty: none may


KINDS = {
    "improves": Drift("more and more are right, 20 % to 90 %", right=(0.2, 0.9)),
    "worsens": Drift("fewer and fewer are right, 80 % to 30 %", right=(0.8, 0.3)),
    "longer": Drift("0 to 150 words before the answer", words=(0, 150)),
    "other form": Drift("plain sentences first, eight forms later", forms=(PLAIN, ALL_FORMS)),
    "one form": Drift("eight forms first, boxed only later", forms=(ALL_FORMS, [r"\boxed{{{a}}}"])),
    "games": Drift("finds the loophole of `contains`: none at first, 80 % of the wrong ones name the right one too at the end", right=(0.4, 0.2), gamed=(0, 0.8, 0.4),
                   route="contains", expects="gamed"),
    "games from the start": Drift("knows it from the first response: 20 % to 80 %", right=(0.4, 0.2), gamed=(0.2, 0.8, 0), route="contains", expects="gamed"),
    "breaks": Drift("a user's function that raises from the middle on", route="mine", expects="failing"),
}  # fmt: skip

FUNCTION = """import os, re
def mine(data_source, solution_str, ground_truth, extra_info=None):
    assert not os.path.exists({broken!r}), "the service is gone"
    found = re.findall(r"-?[0-9]+", solution_str)
    return float(bool(found) and found[-1] == ground_truth)
"""


def between(ends: tuple[float, float], t: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * t


def response(drift: Drift, t: float, entry: dict, others: list[str], rng: random.Random) -> tuple[str, bool]:
    """(text, whether it is right)."""
    right = entry["answer"]
    wrong = next((a for a in rng.sample(others, min(8, len(others))) if a != right), "nothing")
    form = rng.choice(drift.forms[rng.random() < t])
    words = " ".join(rng.choice(WORDS) for _ in range(round(between(drift.words, t) * rng.uniform(0.5, 1.5))))
    lead = f"{words}.\n" if words else ""
    if rng.random() < between(drift.right, t):
        return lead + form.format(a=right), True
    low, high, since = drift.gamed
    if rng.random() < low + (high - low) * max(0.0, (t - since) / (1 - since or 1)):
        return f"{lead}It is {right} or {wrong}.", False
    return lead + form.format(a=wrong), False


def prepare(drift: Drift, library: Path, rows: list[dict]) -> None:
    """The library that the stream begins with; where the drift names a tool, every task's route goes to it, by hand."""
    build(rows, library)
    if not drift.route:
        return
    manifest = json.loads((library / "versions" / f"{(library / 'CURRENT').read_text().strip()}.json").read_text())
    tasks = [task["name"] for task in manifest["tasks"]]
    data = library.with_suffix(".jsonl")
    more: tuple = ("--second", "number_equal", "--data", data)
    if drift.route == "mine":
        shutil.copy(data, library.parent / "train.jsonl")  # where add_function looks
        source = library.parent / "mine.py"
        source.write_text(FUNCTION.format(broken=str(library.parent / "broken")))
        add_function(library, source, "mine", "--form", "verl")
        more = ()
    for task in tasks:
        run("route", "set", task, drift.route, *more, "--why", "for this stream", "--library", library)


def stream(kind: str, options, seed: int, folder: Path) -> dict[str, Any]:
    drift, rng, began, used_before = KINDS[kind], random.Random(f"{kind} {seed}"), time.monotonic(), processor_seconds()
    families = options.first.split(",")
    library, broken = folder / "drifting", folder / "broken"
    broken.unlink(missing_ok=True)
    entries = {family: pool_of(family, folder) for family in families}
    for found in entries.values():
        rng.shuffle(found)
    answers = {family: [entry["answer"] for entry in found] for family, found in entries.items()}
    rows = [
        {"prompt": entry["question"], "reference": entry["answer"]}
        for found in entries.values()
        for entry in found[:BUILT_ON]
    ]
    prepare(drift, library, rows)
    alarms: dict[tuple[str, str, str], int] = {}
    paid_wrong: list[int] = []  # by tenths: responses that are wrong and were paid for
    changed: list[int] = []
    with serve("--library", library, "--gather", "--follow", "--tick-ms", "50") as server:
        for at in range(0, options.queries, options.every):
            if drift.route == "mine" and 2 * at >= options.queries:
                broken.touch()
            batch, truth = [], []
            for i in range(at, min(at + options.every, options.queries)):
                family = rng.choice(families)
                entry = rng.choice(entries[family][BUILT_ON:])
                said = [response(drift, i / options.queries, entry, answers[family], rng) for _ in range(RESPONSES)]
                batch.append(
                    {"prompt": entry["question"], "reference": entry["answer"], "responses": [text for text, _ in said]}
                )
                truth += [right for _, right in said]
            results = server.request("/v1/score", {"rows": batch})[1]["results"]
            paid = [line["status"] == "ok" and line["value"] >= 0.5 for line in results]
            tenth = 10 * at // options.queries
            while len(paid_wrong) <= tenth:
                paid_wrong.append(0)
            paid_wrong[tenth] += sum(p and not right for p, right in zip(paid, truth, strict=True))
            time.sleep(0.06)  # a tick: the second tools are asked
            status = server.request("/v1/status")[1]
            for alarm in status["alarms"]:
                alarms.setdefault((status["library_version"], alarm["kind"], alarm["task"] or ""), at + len(batch))
            if evolve(server, library):
                changed.append(at + len(batch))
    expected = [at for (_, name, _), at in alarms.items() if name == drift.expects]
    return {
        "false": sorted(f"{name}: {task}" for (_, name, task) in alarms if name != drift.expects) if not drift.expects else [],
        "noticed": min(expected) if expected else None, "changed": changed, "paid_wrong": paid_wrong, "responses": RESPONSES * options.queries,
        "alarms": sorted([at, name, task] for (_, name, task), at in alarms.items()), "seconds": round(time.monotonic() - began, 1),
        "processor_seconds": round(processor_seconds() - used_before, 1),
    }  # fmt: skip
