"""One score line (docs/schemas/score_line.json) as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Score:
    """What a tool or a route says about one response.

    `value` is in [0, 1] when `status` is "ok" and None otherwise: a failure holds no number.
    """

    status: Literal["ok", "invalid", "failed"]
    value: float | None
    error_class: str = ""
    reason: str = ""
    tool: str = ""
    route: str = ""
    scale: int = 0  # rewards of one task compare where it is the same (docs/evolution.md); 0: not known
    components: dict[str, float] = field(default_factory=dict)
    turns: list[float | None] = field(default_factory=list)  # one a turn, where the tool gives them
    library_version: str = ""
    id: Any = None
    line: int | None = None
    response_index: int = 0
    ms: float = 0.0

    @property
    def ok(self) -> bool:
        return self.status == "ok"

    @classmethod
    def from_line(cls, line: dict[str, Any]) -> Score:
        return cls(
            status=line["status"],
            value=None if line["value"] is None else float(line["value"]),
            error_class=line.get("class", ""),
            reason=line.get("reason", ""),
            tool=line.get("tool", ""),
            route=line.get("route", ""),
            scale=line.get("scale", 0),
            components=line.get("components", {}),
            turns=line.get("turns", []),
            library_version=line.get("library_version", ""),
            id=line.get("id"),
            line=line.get("line"),
            response_index=line["response_index"],
            ms=line.get("ms", 0.0),
        )
