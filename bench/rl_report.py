"""What `./dev bench rl` says of its runs: intervals, paired gaps, what must hold, and a picture."""

from __future__ import annotations

import math
import statistics
from typing import Any

# Student's t: two-sided 95 %, and one-sided 95 %, by degrees of freedom.
TWO_SIDED = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26, 11: 2.20, 15: 2.13}
ONE_SIDED = {1: 6.31, 2: 2.92, 3: 2.35, 4: 2.13, 5: 2.02, 6: 1.94, 7: 1.89, 8: 1.86, 9: 1.83, 11: 1.80, 15: 1.75}
BARS = (("static rule", "the static rule"), ("exact match", "exact match"))


def quantile(table: dict[int, float], freedom: int) -> float:
    return table[max(key for key in table if key <= freedom)]


def half_width(values: list[float]) -> float:
    if len(values) < 2:
        return float("nan")
    return quantile(TWO_SIDED, len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))


def upper(values: list[float]) -> float:
    """95 % upper bound of the mean."""
    if len(values) < 2:
        return float("nan")
    return statistics.mean(values) + quantile(ONE_SIDED, len(values) - 1) * statistics.stdev(values) / math.sqrt(
        len(values)
    )


def least(values: list[float]) -> float:
    """95 % lower bound of the mean."""
    return 2 * statistics.mean(values) - upper(values)


def by_arm(runs: list[dict[str, Any]]) -> dict[str, dict[int, dict[str, Any]]]:
    arms: dict[str, dict[int, dict[str, Any]]] = {}
    for run in runs:
        arms.setdefault(run["arm"], {})[run["seed"]] = run
    return arms


def table(runs: list[dict[str, Any]], kinds: tuple[str, ...]) -> str:
    lines = [f"  {'arm':20s} {'all':>13s}  " + "".join(f"{kind:>10s}" for kind in kinds) + "  unscored  s/run"]
    rows = []
    for arm, found in by_arm(runs).items():
        values = [100 * run["success"][""] for run in found.values()]
        share = [100 * statistics.mean(run["success"][kind] for run in found.values()) for kind in kinds]
        unscored = 100 * statistics.mean(run["unscored"] for run in found.values())
        seconds = statistics.mean(run["seconds"] for run in found.values())
        text = f"  {arm:20s} {statistics.mean(values):5.1f} ± {half_width(values):4.1f}  " + "".join(
            f"{s:10.1f}" for s in share
        )
        rows.append((-statistics.mean(values), text + f"{unscored:9.1f}%{seconds:7.0f}"))
    return "\n".join(lines + [text for _, text in sorted(rows)])


def gaps(runs: list[dict[str, Any]], better: str, worse: str) -> list[float]:
    """Points of `better` less those of `worse`, seed by seed."""
    arms = by_arm(runs)
    seeds = sorted(set(arms.get(better, {})) & set(arms.get(worse, {})))
    return [100 * (arms[better][seed]["success"][""] - arms[worse][seed]["success"][""]) for seed in seeds]


def claims(runs: list[dict[str, Any]]) -> list[tuple[str, bool, str]]:
    """(what must hold, whether it does, the figures)."""
    arms = by_arm(runs)
    found: list[tuple[str, bool, str]] = []
    short = gaps(runs, "true checkers", "RLAR")
    if short:
        said = f"mean {statistics.mean(short):+.2f}, 95 % upper bound {upper(short):+.2f} points"
        found.append(("gap from RLAR to the true checkers at most 3 points", upper(short) <= 3, said))
    singles = {
        arm: statistics.mean(run["success"][""] for run in of.values())
        for arm, of in arms.items()
        if arm.startswith("only ")
    }
    if singles and short:
        best = max(singles, key=singles.get)
        way = gaps(runs, "true checkers", best)
        closed = statistics.mean(gaps(runs, "RLAR", best)) / statistics.mean(way) if statistics.mean(way) > 0 else 1.0
        said = f"{100 * closed:.1f} % of {statistics.mean(way):.1f} points"
        found.append((f"90 % of the way from the best single tool ({best}) to the true checkers", closed >= 0.9, said))
    for arm, name in (*BARS, *((arm, arm) for arm in singles)):
        ahead = gaps(runs, "RLAR", arm)
        if ahead:
            least = statistics.mean(ahead) - (upper(ahead) - statistics.mean(ahead))
            found.append(
                (
                    f"ahead of {name}",
                    least > 0,
                    f"mean {statistics.mean(ahead):+.2f}, 95 % lower bound {least:+.2f} points",
                )
            )
    hand = gaps(runs, "RLAR", "hand-written")
    if hand:
        said = f"mean {statistics.mean(hand):+.2f}, 95 % lower bound {least(hand):+.2f} points"
        found.append(("at least equal to the hand-written map", statistics.mean(hand) >= 0, said))
    return found


def picture(runs: list[dict[str, Any]], title: str) -> str:
    """An SVG: a bar an arm with its 95 % interval, and a dot a seed."""
    arms = sorted(
        by_arm(runs).items(), key=lambda item: -statistics.mean(run["success"][""] for run in item[1].values())
    )
    left, width, high, top = 170, 520, 30, 46
    bottom = top + high * len(arms)
    x = lambda points: left + width * points / 100  # noqa: E731
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 70} {bottom + 40}" font-family="sans-serif" font-size="13">',
        f'<rect width="{left + width + 70}" height="{bottom + 40}" fill="#fff"/>',
        f'<text x="{left}" y="22" font-weight="bold">{title}</text>',
    ]
    for tick in range(0, 101, 20):
        out.append(f'<line x1="{x(tick)}" y1="{top - 6}" x2="{x(tick)}" y2="{bottom}" stroke="#ddd"/>')
        out.append(f'<text x="{x(tick)}" y="{bottom + 18}" text-anchor="middle" fill="#555">{tick} %</text>')
    for i, (arm, found) in enumerate(arms):
        values = [100 * run["success"][""] for run in found.values()]
        mean, half, y = statistics.mean(values), half_width(values), top + high * i + high / 2
        colour = {"RLAR": "#2b7a4b", "true checkers": "#3a5f9a"}.get(arm, "#a9b0ba")
        out.append(f'<text x="{left - 10}" y="{y + 5}" text-anchor="end">{arm}</text>')
        out.append(f'<rect x="{left}" y="{y - 9}" width="{x(mean) - left:.1f}" height="18" fill="{colour}"/>')
        if half == half:
            low, top_end = x(max(0, mean - half)), x(min(100, mean + half))
            out.append(f'<line x1="{low:.1f}" y1="{y}" x2="{top_end:.1f}" y2="{y}" stroke="#000" stroke-width="1.5"/>')
        out += [f'<circle cx="{x(value):.1f}" cy="{y}" r="2" fill="#000" fill-opacity="0.45"/>' for value in values]
        out.append(f'<text x="{left + width + 60}" y="{y + 5}" text-anchor="end">{mean:.1f}</text>')
    return "\n".join([*out, "</svg>\n"])
