#!/usr/bin/env python3
"""Compare the rewards of several arms with the labels, family by family.

    python table.py labels.jsonl [--scores rlar=scores.jsonl]… [--baselines baselines.jsonl] [--json]

--scores takes RLAR's score lines (`rlar score`), with a name for the arm or alone; a file that is not there is said and
left out. An arm's numbers for a family:
  served  responses with a value, of the labelled ones (failed and invalid scores are unserved, never a number)
  bal     balanced accuracy over the served responses, a value of at least 0.5 taken as "right"
  pair    of all pairs (right, wrong) inside a group, both served, the share in which right scores higher; a tie is ½
  bal*    balanced accuracy in which every unserved response counts as decided by a coin (½)
  pair*   pair accuracy in which a pair with an unserved response counts ½
The line "macro" is the mean over the labelled families. With * an arm gains nothing by abstaining. Exit code 0.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mixedset.files import Record, read_jsonl

THRESHOLD = 0.5
Key = tuple[str, int]


@dataclass(frozen=True)
class Cell:
    """One arm on one family; a measure is None where nothing defines it (no response of a class, no pair)."""

    served: int
    total: int
    balanced: float | None
    pair: float | None
    balanced_star: float | None
    pair_star: float | None


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _half_sum(parts: list[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) / 2 if len(known) == 2 else None


def cell(labels: dict[Key, int], values: dict[Key, float]) -> Cell:
    """Measures of one arm: `labels` of the family's responses, `values` of those that the arm served."""
    by_class: dict[int, list[Key]] = {0: [], 1: []}
    groups: dict[str, dict[int, list[Key]]] = defaultdict(lambda: {0: [], 1: []})
    for key, label in labels.items():
        by_class[label].append(key)
        groups[key[0]][label].append(key)

    def right(key: Key) -> float:
        return float((values[key] >= THRESHOLD) == (labels[key] == 1))

    served = [_mean([right(k) for k in keys if k in values]) for keys in by_class.values()]
    chance = [_mean([right(k) if k in values else 0.5 for k in keys]) for keys in by_class.values()]
    pairs, pairs_star = [], []
    for group in groups.values():
        for good in group[1]:
            for bad in group[0]:
                if good in values and bad in values:
                    won = 0.5 if values[good] == values[bad] else float(values[good] > values[bad])
                    pairs.append(won)
                    pairs_star.append(won)
                else:
                    pairs_star.append(0.5)
    count = sum(k in values for k in labels)
    return Cell(count, len(labels), _half_sum(served), _mean(pairs), _half_sum(chance), _mean(pairs_star))


@dataclass
class Arm:
    """Values of one arm, and for RLAR the tool of every response and why responses are unserved."""

    name: str
    values: dict[Key, float]
    tools: dict[Key, str]
    unserved: dict[Key, str]
    note: str = ""


def _value(record: Record) -> float | None:
    value = record.get("value")
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if usable else None


def score_arm(name: str, path: Path) -> Arm:
    """An arm from score lines: only a line with status ok and a finite value is served."""
    arm = Arm(name, {}, {}, {})
    for record in read_jsonl(path):
        key = (str(record.get("id")), int(record.get("response_index", 0)))
        value = _value(record) if record.get("status") == "ok" else None
        arm.tools[key] = str(record.get("tool") or "none")
        if value is None:
            arm.unserved[key] = f"{record.get('status', 'no status')}({record.get('class') or 'no class'})"
        else:
            arm.values[key] = value
    return arm


def baseline_arms(path: Path) -> list[Arm]:
    """One arm a baseline; `value` null is unserved. A family where its answer rests on the labels' own code is noted."""
    arms: dict[str, Arm] = {}
    for record in read_jsonl(path):
        arm = arms.setdefault(record["baseline"], Arm(record["baseline"], {}, {}, {}))
        key = (record["id"], record["response_index"])
        value = _value(record)
        arm.tools[key] = record.get("tool", record["baseline"]) + ("†" if record.get("label_source") else "")
        if value is None:
            arm.unserved[key] = record.get("reason", "no value")
        else:
            arm.values[key] = value
    return list(arms.values())


def _macro(cells: list[Cell]) -> dict[str, float | None]:
    names = ("balanced", "pair", "balanced_star", "pair_star")
    return {name: _mean([v for c in cells if (v := getattr(c, name)) is not None]) for name in names}


def compare(labels: list[Record], arms: list[Arm]) -> dict[str, Any]:
    """All measures as one object: families → arms → cell, and the macro mean of every arm over labelled families."""
    families: dict[str, dict[Key, int]] = defaultdict(dict)
    everything: dict[str, list[Key]] = defaultdict(list)
    for record in labels:
        key = (record["id"], record["response_index"])
        everything[record["label_family"]].append(key)
        if record["label"] is not None:
            families[record["label_family"]][key] = int(record["label"])
    result: dict[str, Any] = {"threshold": THRESHOLD, "families": {}, "macro": {}}
    cells: dict[str, list[Cell]] = defaultdict(list)
    for family in sorted(everything):
        keys, known = everything[family], families.get(family, {})
        part: dict[str, Any] = {
            "responses": len(keys),
            "labelled": len(known),
            "right": sum(known.values()),
            "arms": {},
        }
        for arm in arms:
            line: dict[str, Any] = {"tools": dict(Counter(arm.tools[k] for k in keys if k in arm.tools).most_common())}
            line["unserved"] = dict(
                Counter(arm.unserved.get(k, "no line") for k in keys if k not in arm.values).most_common()
            )
            line["scored"] = sum(k in arm.values for k in keys)
            if known:
                found = cell(known, arm.values)
                cells[arm.name].append(found)
                line |= asdict(found)
            part["arms"][arm.name] = line
        result["families"][family] = part
    for arm in arms:
        total = sum(c.total for c in cells[arm.name])
        share = sum(c.served for c in cells[arm.name]) / total if total else 0.0
        result["macro"][arm.name] = _macro(cells[arm.name]) | {"served_share": share, "families": len(cells[arm.name])}
    return result


def _figure(value: float | None) -> str:
    return "    -" if value is None else f"{value:5.3f}"


def _measures(line: dict[str, Any]) -> str:
    return " ".join(_figure(line.get(k)) for k in ("balanced", "pair", "balanced_star", "pair_star"))


def show(result: dict[str, Any]) -> str:
    """The comparison as aligned text, one block a family."""
    width = max([12, *(len(name) for name in result["macro"])])
    head = f"  {'arm':{width}}  {'served':>9}  {'bal':>5} {'pair':>5} {'bal*':>5} {'pair*':>5}  tool"
    lines: list[str] = []
    for family, part in result["families"].items():
        right = f"{part['right']} right of {part['labelled']} labelled" if part["labelled"] else "no labels"
        lines += [f"{family}: {part['responses']} responses, {right}", head]
        for name, line in part["arms"].items():
            tools = ", ".join(f"{tool} ({count})" for tool, count in list(line["tools"].items())[:3])
            served = f"{line['scored']}/{part['responses']}"
            lines.append(f"  {name:{width}}  {served:>9}  {_measures(line)}  {tools}")
            if line["unserved"]:
                lines.append(
                    f"  {'':{width}}  unserved: " + ", ".join(f"{why} {n}" for why, n in line["unserved"].items())
                )
        lines.append("")
    families = max((m["families"] for m in result["macro"].values()), default=0)
    lines += [f"macro over {families} labelled families", head.removesuffix("  tool")]
    for name, line in result["macro"].items():
        lines.append(f"  {name:{width}}  {line['served_share']:>9.1%}  {_measures(line)}")
    lines.append(f"\nvalue >= {result['threshold']} counts as right; * : unserved counts as chance (0.5)")
    lines.append("† : the answer rests on the code that made the labels")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--scores", action="append", default=[], metavar="[NAME=]FILE")
    parser.add_argument("--baselines", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    try:
        arms: list[Arm] = []
        for given in options.scores:
            name, _, path = given.rpartition("=")
            if Path(path).exists():
                arms.append(score_arm(name or "rlar", Path(path)))
            else:
                print(f"table.py: no score lines at {path}; the arm is left out", file=sys.stderr)
        if options.baselines:
            arms += baseline_arms(options.baselines)
        result = compare(list(read_jsonl(options.labels)), arms)
    except (OSError, ValueError, KeyError) as error:
        print(f"table.py: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(json.dumps(result, ensure_ascii=False, indent=1) if options.json else show(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
