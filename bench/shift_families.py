"""Streams of queries over reasoning-gym families that come, go, return and grow harder: three servers score each; see shift.py."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import random
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from support import RLAR, serve

FORMS = ["The answer is {a}.", "<answer>{a}</answer>", "Final answer: {a}"]
ARMS = ("evolving", "frozen", "oracle")
SLICES = 40  # of a stream, for the picture
BUILT_ON = 40  # rows of a family
POOL = 1000  # rows of a family, the same for all streams; each draws its own from them, and takes them again after that
STAYS = {"countdown"}  # a harder row of it takes a tenth of a second to make
HARDER = "!"  # behind a family's name: at a higher level of its curriculum


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
    from reasoning_gym.factory import has_curriculum

    if family in STAYS or not has_curriculum(family):
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
        lines = [json.dumps({"question": entry["question"], "answer": str(entry["answer"])}) for entry in entries]
        part = file.with_suffix(".part")
        part.write_text("\n".join(lines) + "\n")
        part.rename(file)
    return [json.loads(line) for line in file.read_text().splitlines()]


def rows_of(family: str, folder: Path, rng: random.Random) -> list[dict]:
    """Rows with a right and a wrong response, in an order of the stream's own."""
    entries, rows = pool_of(family, folder), []
    rng.shuffle(entries)
    answers = [str(entry["answer"]) for entry in entries]
    for i, entry in enumerate(entries):
        wrong = next((a for a in answers[i + 1 :] + answers[:i] if a != answers[i]), "nothing")
        said = [rng.choice(FORMS).format(a=text) for text in (answers[i], wrong)]
        rows.append({"prompt": entry["question"], "reference": answers[i], "responses": said})
    return rows


def bare(rows: list[dict]) -> str:
    return "".join(json.dumps({"prompt": row["prompt"], "reference": row["reference"]}) + "\n" for row in rows)


def build(rows: list[dict], library: Path) -> None:
    data = library.with_suffix(".jsonl")
    data.write_text(bare(rows))
    shutil.rmtree(library, ignore_errors=True)
    subprocess.run([RLAR, "build", str(data), "--out", str(library), "--quiet"], check=True, stdout=subprocess.DEVNULL)


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
    _, reply, _ = server.request("/v1/score", {"rows": rows})
    values = [line.get("value") if line["status"] == "ok" else None for line in reply["results"]]
    return [
        right is not None and wrong is not None and right >= 0.5 > wrong
        for right, wrong in zip(values[::2], values[1::2])
    ]


def evolve(server, library: Path) -> bool:
    """A round where the server has something for it; True where the library changed. Returns once the server scores with the new version."""
    deadline = time.monotonic() + 20
    status = server.request("/v1/status")[1]
    while status["gathered"] and time.monotonic() < deadline:  # the server's next tick writes it
        time.sleep(0.01)
        status = server.request("/v1/status")[1]
    sick = any(alarm["kind"] in ("gamed", "failing") for alarm in status["alarms"])
    if not sick and not (library / "evolve" / "gathered.jsonl").exists():
        return False
    if sick:
        time.sleep(0.12)  # the counts that convict are written with the next tick
    before = status["library_version"]
    subprocess.run([RLAR, "evolve", "--library", str(library)], capture_output=True, check=True)
    wanted = (library / "CURRENT").read_text().strip()
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


def stream(options, seed: int, folder: Path) -> dict[str, Any]:
    rng, began, used_before = random.Random(seed), time.monotonic(), processor_seconds()
    first, later = options.first.split(","), options.later.split(",")
    rng.shuffle(later)
    plan = plan_of(first, later, rng)
    families = list(dict.fromkeys(family for phase in plan for family in phase))
    pools = {family: rows_of(family, folder, rng) for family in families}
    build([row for family in plan[0] for row in pools[family][:BUILT_ON]], folder / "frozen")
    shutil.rmtree(folder / "evolving", ignore_errors=True)
    shutil.copytree(folder / "frozen", folder / "evolving")
    build([row for family in families for row in pools[family][:BUILT_ON]], folder / "oracle")
    made = time.monotonic() - began
    count = options.queries // len(plan)
    tallies = {arm: Tally(count * len(plan)) for arm in ARMS}
    used, seen = dict.fromkeys(families, 0), dict.fromkeys(families, 0)
    delay: dict[str, int] = {}
    versions = at = 0
    with (
        serve("--library", folder / "evolving", "--gather", "--follow", "--tick-ms", "50") as evolving,
        serve("--library", folder / "frozen") as frozen,
        serve("--library", folder / "oracle") as oracle,
    ):
        waiting: list[dict] = []  # for the two servers that do not change: scored many at once
        for present in plan:
            for begin in range(0, count, options.every):
                part = [rng.choice(present) for _ in range(min(options.every, count - begin))]
                rows = []
                for family in part:
                    rows.append(pools[family][BUILT_ON + used[family] % (POOL - BUILT_ON)])
                    used[family] += 1
                good = well_served(evolving, rows)
                tallies["evolving"].add(at, good)
                for family, fine in zip(part, good):
                    seen[family] += 1
                    if fine:
                        delay.setdefault(family, seen[family])
                waiting += rows
                at += len(rows)
                if len(waiting) >= 500 or at == tallies["frozen"].total:
                    for arm, server in (("frozen", frozen), ("oracle", oracle)):
                        tallies[arm].add(at - len(waiting), well_served(server, waiting))
                    waiting = []
                versions += evolve(evolving, folder / "evolving")
    shares = {arm: tally.share for arm, tally in tallies.items()}
    gap = shares["oracle"] - shares["frozen"]
    return {
        **shares, "recovered": (shares["evolving"] - shares["frozen"]) / gap if gap > 0 else None, "versions": versions,
        "delays": {family: delay.get(family) for family in families if family not in plan[0]}, "curves": {arm: tally.curve for arm, tally in tallies.items()},
        "seconds": round(time.monotonic() - began, 1), "seconds_to_make": round(made, 1),
        "processor_seconds": round(processor_seconds() - used_before, 1),
    }  # fmt: skip
