"""Streams of queries over reasoning-gym families that come, go, return and grow harder: three servers score each; see shift.py."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mixed_example
from support import RLAR, serve

FORMS = ["The answer is {a}.", "<answer>{a}</answer>", "Final answer: {a}"]
ARMS = ("evolving", "frozen", "oracle")
SLICES = 40  # of a stream, for the picture
BUILT_ON = 40  # rows of a family
POOL = 1000  # rows of a family, the same for all streams; each stream draws them in an order of its own, and again when it is through
ATTEMPTS = 4
STAYS = {"countdown"}  # a harder row of it takes a tenth of a second to make
HARDER = "!"  # behind a family's name: at a higher level of its curriculum
MIXED = "examples/mixed"  # not a family of reasoning-gym: the example's own rows of many kinds, with real responses


def entries_of(family: str, count: int, seed: int) -> list[dict]:
    import reasoning_gym
    from reasoning_gym.factory import create_curriculum

    name, config = family.rstrip(HARDER), {}
    if family.endswith(HARDER):
        curriculum = create_curriculum(name)
        for attribute in curriculum.attributes:
            curriculum.increment_attr_level(attribute)
        made = curriculum.generate_configuration()
        config = {key: value for key, value in vars(made).items() if key not in ("seed", "size")}
    data = reasoning_gym.create_dataset(name, size=2 * count, seed=seed, **config)
    entries: list[dict] = []
    for i in range(2 * count):
        if len(entries) < count:
            with contextlib.suppress(ValueError):  # some cannot be made at a higher level
                entries.append(data[i])
    if len(entries) < count:
        raise ValueError(f"{family}: only {len(entries)} of {count} rows can be made")
    return entries


@functools.lru_cache
def can_grow(family: str) -> bool:
    if family in STAYS or family == MIXED:
        return False
    from reasoning_gym.factory import has_curriculum

    if not has_curriculum(family):
        return False
    try:
        entries_of(family + HARDER, 50, 0)
    except (ValueError, AssertionError):  # some curricula make configurations that their own data sets refuse
        return False
    return True


def pool_of(family: str, folder: Path) -> list[dict]:
    """Entries of a family (question, answer), made once and kept in `folder`."""
    file = folder / "pools" / f"{family.replace(HARDER, '-harder')}-{POOL}.jsonl"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        entries = entries_of(family, POOL, seed=0)
        if any(entry["answer"] is None for entry in entries):
            raise ValueError(f"{family} has no reference answers: a stream cannot say what is right there")
        lines = [json.dumps({"question": entry["question"], "answer": str(entry["answer"])}) for entry in entries]
        part = file.with_suffix(".part")
        part.write_text("\n".join(lines) + "\n")
        part.rename(file)
    return [json.loads(line) for line in file.read_text().splitlines()]


def mixed_rows() -> list[dict]:
    """Rows of examples/mixed that hold a right and a wrong response, with one of each, in an order of no meaning."""
    rows, labels = mixed_example._own()
    found = []
    for row in sorted(rows, key=lambda row: hashlib.sha256(row["id"].encode()).digest()):
        said = {labels.get((row["id"], i)): text for i, text in enumerate(row["responses"])}
        if 0 in said and 1 in said:
            kept = {key: row[key] for key in ("prompt", "reference", "params", "source") if key in row}
            found.append({**kept, "responses": [said[1], said[0]]})
    return found


def rows_of(family: str, folder: Path) -> tuple[list[dict], list[dict]]:
    """Rows with a right and a wrong response, always the same: those that libraries are built on, those of the streams."""
    if family == MIXED:
        rows = mixed_rows()
        return rows[::2], rows[1::2]
    entries, rows, rng = pool_of(family, folder), [], random.Random(family)
    answers = [str(entry["answer"]) for entry in entries]
    for i, entry in enumerate(entries):
        wrong = next((a for a in answers[i + 1 :] + answers[:i] if a != answers[i]), "nothing")
        said = [rng.choice(FORMS).format(a=text) for text in (answers[i], wrong)]
        rows.append({"prompt": entry["question"], "reference": answers[i], "responses": said})
    return rows[:BUILT_ON], rows[BUILT_ON:]


def bare(rows: list[dict]) -> str:
    return "".join(json.dumps({key: value for key, value in row.items() if key != "responses"}) + "\n" for row in rows)


def asking(options, minutes: float) -> list[str]:
    """Arguments of a build or a round that may ask the language model for that long."""
    if options.llm == "none" or minutes < 0.05:
        return ["--llm", "none"]
    return ["--llm", options.llm, "--budget", f"minutes={minutes:.2f}"]


def build(rows: list[dict], library: Path, *more: str) -> None:
    data = library.with_suffix(".jsonl")
    data.write_text(bare(rows))
    shutil.rmtree(library, ignore_errors=True)
    subprocess.run(
        [RLAR, "build", str(data), "--out", str(library), "--quiet", *more], check=True, stdout=subprocess.DEVNULL
    )


def plan_of(first: list[str], later: list[str], rng: random.Random) -> list[list[str]]:
    """The families present in each phase: one or two new ones come, an old one goes or returns, now and then one grows harder."""
    present, waiting, gone = list(first), list(later), []
    plan = [list(present)]
    while waiting:
        for _ in range(min(len(waiting), rng.choice((1, 2)))):
            present.append(waiting.pop(0))
        if gone and rng.random() < 0.5:
            present.append(gone.pop(rng.randrange(len(gone))))
        elif len(present) > 4:
            gone.append(present.pop(rng.randrange(len(present) - 2)))
        easy = [i for i, family in enumerate(present) if not family.endswith(HARDER) and can_grow(family)]
        if easy and rng.random() < 0.4:
            at = rng.choice(easy)
            present[at] += HARDER
        plan.append(list(present))
    return plan


def well_served(server, rows: list[dict]) -> list[bool]:
    """Whether each row's right response scores at least 0.5 and its wrong one less. What failed, but for want of a tool, is asked again, as a trainer does."""
    good, asked = [False] * len(rows), list(range(len(rows)))
    for _ in range(ATTEMPTS):
        reply = server.request("/v1/score", {"rows": [rows[i] for i in asked]})[1]["results"]
        lost = []
        for i, pair in zip(asked, zip(reply[::2], reply[1::2])):
            if any(line["status"] == "failed" and line["class"] != "unserved" for line in pair):
                lost.append(i)
            elif all(line["status"] == "ok" for line in pair):
                good[i] = pair[0]["value"] >= 0.5 > pair[1]["value"]
        asked = lost
        if not asked:
            break
    return good


def all_verdicts(server, rows: list[dict]) -> list[bool]:
    """As well_served, in requests of a moderate size."""
    return [fine for begin in range(0, len(rows), 100) for fine in well_served(server, rows[begin : begin + 100])]


@dataclasses.dataclass(frozen=True)
class Arms:
    """What all streams share: rows, the library that each begins with, and what the two that never change say of each row, which is always the same."""

    built_on: dict[str, list[dict]]
    rows: dict[str, list[dict]]
    frozen: Path
    verdicts: dict[str, dict[str, list[bool]]]  # arm → family → of each of `rows`: well served


def arms(options, program: str, folder: Path) -> Arms:
    first, later = options.first.split(","), options.later.split(",")
    families = [*first, *later, *(family + HARDER for family in [*first, *later] if can_grow(family))]
    parts = {family: rows_of(family, folder) for family in families}
    built_on, rows = ({family: part[i] for family, part in parts.items()} for i in range(2))
    made = (
        folder
        / "arms"
        / hashlib.sha256(json.dumps([program, first, later, POOL, BUILT_ON, options.llm]).encode()).hexdigest()[:12]
    )
    if not (made / "verdicts.json").is_file():
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        verdicts: dict[str, dict[str, list[bool]]] = {}
        for arm, known in (("frozen", first), ("oracle", families)):
            build(
                [row for family in known for row in built_on[family]],
                made / arm,
                *asking(options, options.pace * len(known)),
            )
            with serve("--library", made / arm) as server:
                verdicts[arm] = {family: all_verdicts(server, rows[family]) for family in families}
        part = made / "verdicts.part"
        part.write_text(json.dumps(verdicts))
        part.rename(made / "verdicts.json")
    return Arms(built_on, rows, made / "frozen", json.loads((made / "verdicts.json").read_text()))


def settle(server) -> dict[str, Any]:
    """The server's state once its next tick has written what it gathered."""
    deadline = time.monotonic() + 60
    status = server.request("/v1/status")[1]
    while status["gathered"] and time.monotonic() < deadline:
        time.sleep(0.01)
        status = server.request("/v1/status")[1]
    return status


def evolve(server, library: Path, more: Sequence[str] = ()) -> bool:
    """A round where the server has something for it; True where the library changed. Returns once the server scores with the new version."""
    status = settle(server)
    sick = any(alarm["kind"] in ("gamed", "failing") for alarm in status["alarms"])
    if not sick and not (library / "evolve" / "gathered.jsonl").exists():
        return False
    if sick:
        time.sleep(0.12)  # the counts that convict are written with the next tick
    before = status["library_version"]
    subprocess.run([RLAR, "evolve", "--library", str(library), *more], capture_output=True, check=True)
    wanted, deadline = (library / "CURRENT").read_text().strip(), time.monotonic() + 60
    while server.request("/health")[1]["library_version"] != wanted:
        if time.monotonic() > deadline:
            raise SystemExit(f"the server does not take version {wanted}")
        time.sleep(0.01)
    return wanted != before


def processor_seconds() -> float:
    """Of this process, and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Tally:
    """What was well served, slice by slice."""

    def __init__(self, total: int) -> None:
        self.total, self.good, self.seen = total, [0] * SLICES, [0] * SLICES

    def add(self, at: int, good: list[bool]) -> None:
        for i, fine in enumerate(good):
            piece = min(SLICES - 1, (at + i) * SLICES // self.total)
            self.good[piece] += fine
            self.seen[piece] += 1

    @property
    def share(self) -> float:
        return sum(self.good) / max(1, sum(self.seen))

    @property
    def curve(self) -> list[float]:
        return [good / max(1, seen) for good, seen in zip(self.good, self.seen)]


class Purse:
    """Minutes that a stream waits for the language model: so many for each family that has come so far."""

    def __init__(self, options) -> None:
        self.options, self.spent = options, 0.0

    def evolve(self, server, library: Path, come: int) -> bool:
        began = time.monotonic()
        changed = evolve(server, library, asking(self.options, self.options.pace * come - self.spent))
        self.spent += (time.monotonic() - began) / 60
        return changed


def said(prompt: str | list[dict]) -> str:
    """A prompt's text, however it is written: what the server puts aside has turns."""
    return prompt if isinstance(prompt, str) else "\n".join(turn["content"] for turn in prompt)


def prompts_waiting(library: Path) -> set[str]:
    """What the server has put aside to be built for."""
    file = library / "evolve" / "gathered.jsonl"
    whole = file.read_text().rpartition("\n")[0] if file.is_file() else ""  # it may be writing the last line
    return {said(json.loads(line)["prompt"]) for line in whole.splitlines()}


def stream(options, seed: int, shared: Arms, folder: Path) -> dict[str, Any]:
    rng, began, used_before = random.Random(seed), time.monotonic(), processor_seconds()
    first, later = options.first.split(","), options.later.split(",")
    rng.shuffle(later)
    plan = plan_of(first, later, rng)
    families = list(dict.fromkeys(family for phase in plan for family in phase))
    orders = {family: rng.sample(range(len(shared.rows[family])), len(shared.rows[family])) for family in families}
    library = folder / f"evolving-{seed}-{os.getpid()}"
    shutil.rmtree(library, ignore_errors=True)
    shutil.copytree(shared.frozen, library)
    count = options.queries // len(plan)
    tallies = {arm: Tally(count * len(plan)) for arm in ARMS}
    used, noticed, served = dict.fromkeys(families, 0), {}, {}
    versions = at = 0
    purse = Purse(options)
    with serve("--library", library, "--gather", "--follow", "--tick-ms", "50") as server:
        for present in plan:
            for begin in range(0, count, options.every):
                part = []  # (family, which of its rows, how many of the family came by then)
                for _ in range(min(options.every, count - begin)):
                    family = rng.choice(present)
                    which = orders[family][used[family] % len(orders[family])]
                    used[family] += 1
                    part.append((family, which, used[family]))
                rows = [shared.rows[family][i] for family, i, _ in part]
                good = well_served(server, rows)
                tallies["evolving"].add(at, good)
                for arm in ("frozen", "oracle"):
                    tallies[arm].add(at, [shared.verdicts[arm][family][i] for family, i, _ in part])
                at += len(rows)
                settle(server)
                waiting = prompts_waiting(library)
                for (family, _, nth), row, fine in zip(part, rows, good):
                    if fine:
                        served.setdefault(family, nth)
                    if fine or said(row["prompt"]) in waiting:
                        noticed.setdefault(family, nth)
                versions += purse.evolve(server, library, sum(count > 0 for count in used.values()) - len(first))
    shutil.rmtree(library)
    shares = {arm: tally.share for arm, tally in tallies.items()}
    gap = shares["oracle"] - shares["frozen"]
    new = [family for family in families if family not in plan[0]]
    return {
        **shares, "recovered": (shares["evolving"] - shares["frozen"]) / gap if gap > 0 else None, "versions": versions,
        "delays": {family: served.get(family) for family in new}, "noticed": {family: noticed.get(family) for family in new},
        "seen": {family: used[family] for family in new}, "curves": {arm: tally.curve for arm, tally in tallies.items()},
        "waited_minutes": round(purse.spent, 2),
        "seconds": round(time.monotonic() - began, 1), "processor_seconds": round(processor_seconds() - used_before, 1),
    }  # fmt: skip
