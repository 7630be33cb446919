"""The picture of ./dev bench shift: what was well served along the stream, a line an arm, the streams' mean and their range."""

from __future__ import annotations

import statistics
from typing import Any

COLOURS = {"oracle": "#3a5f9a", "evolving": "#2b7a4b", "frozen": "#a9b0ba"}


def picture(streams: list[dict[str, Any]], queries: int) -> str:
    left, top, width, height = 56, 46, 560, 260
    count = len(streams[0]["curves"]["frozen"])
    x = lambda piece: left + width * (piece + 0.5) / count  # noqa: E731
    y = lambda share: top + height * (1 - share)  # noqa: E731
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 96} {top + height + 52}" font-family="sans-serif" font-size="13">',
        f'<rect width="{left + width + 96}" height="{top + height + 52}" fill="#fff"/>',
        f'<text x="{left}" y="22" font-weight="bold">Queries scored rightly, mean of {len(streams)} streams and their range</text>',
    ]
    for tick in range(0, 101, 20):
        at = y(tick / 100)
        out.append(f'<line x1="{left}" y1="{at}" x2="{left + width}" y2="{at}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 8}" y="{at + 4}" text-anchor="end" fill="#555">{tick} %</text>')
    for part in range(5):
        at = left + width * part / 4
        anchor = "start" if part == 0 else "end" if part == 4 else "middle"
        out.append(
            f'<text x="{at}" y="{top + height + 20}" text-anchor="{anchor}" fill="#555">{queries * part // 4:,}</text>'
        )
    out.append(
        f'<text x="{left + width / 2}" y="{top + height + 42}" text-anchor="middle" fill="#555">queries of the stream</text>'
    )
    ends: list[float] = []
    for arm, colour in COLOURS.items():
        curves = [stream["curves"][arm] for stream in streams]
        means = [statistics.mean(values) for values in zip(*curves)]
        high = [f"{x(i):.1f},{y(max(values)):.1f}" for i, values in enumerate(zip(*curves))]
        low = [f"{x(i):.1f},{y(min(values)):.1f}" for i, values in enumerate(zip(*curves))]
        out.append(f'<polygon points="{" ".join(high + low[::-1])}" fill="{colour}" fill-opacity="0.15"/>')
        line = " ".join(f"{x(i):.1f},{y(share):.1f}" for i, share in enumerate(means))
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        at = y(means[-1]) + 4
        while any(abs(at - other) < 15 for other in ends):
            at += 15
        ends.append(at)
        out.append(f'<text x="{left + width + 6}" y="{at:.1f}" fill="{colour}">{arm}</text>')
    return "\n".join([*out, "</svg>\n"])
