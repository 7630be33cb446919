"""The scoring engine in this process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rlar import _core
from rlar.score import Score


class Engine:
    """Scores rows with one version of a tool library; thread-safe, the GIL is released while scoring.

    Without a library only calls that name a tool are served. `length_policy` says what becomes of responses whose
    finish_reason is "length": keep, zero or mask.
    """

    def __init__(self, library: str = "", version: str = "", length_policy: str = "keep") -> None:
        self._core = _core.Engine(str(library), version, length_policy)

    @property
    def version(self) -> str:
        """The library's version, empty without one."""
        return self._core.version

    def status(self) -> dict[str, Any]:
        """The library's version and routes, as docs/schemas/status.json has them."""
        return {"library_version": self.version, "routes": json.loads(self._core.routes)}

    def score(
        self, rows: Sequence[dict[str, Any]], tool: str = "", params: dict[str, Any] | None = None
    ) -> list[Score]:
        """One score a response, in order. A row that cannot be read gives one score with status "invalid".

        Raises ValueError for an unknown tool, wrong parameters, or values JSON cannot hold (NaN, lone surrogates).
        """
        text = json.dumps(list(rows), ensure_ascii=True, allow_nan=False)
        lines = json.loads(self._core.score(text, tool, json.dumps(params, allow_nan=False) if params else ""))
        return [Score.from_line(line) for line in lines]
