"""Code blocks of the documentation's pages, run as they stand there: pages that cannot rot."""

from __future__ import annotations

import contextlib
import re
import shlex
from pathlib import Path

from support import ROOT, Server, run, serve


def blocks(page: str, language: str) -> list[str]:
    """The ```LANGUAGE blocks of docs/PAGE, in order."""
    text = (ROOT / "docs" / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.M | re.S)


def replaced(code: str, changes: dict[str, str]) -> str:
    """The block with what a test must change (addresses, models that are not here); each must occur."""
    for old, new in changes.items():
        assert old in code, f"the page no longer has {old!r}: look at this test"
        code = code.replace(old, new)
    return code


@contextlib.contextmanager
def build_and_serve(page: str, folder: Path):
    """Runs the page's first ```sh block in a folder with train.jsonl: `rlar build …`, then `rlar serve …` on a free port."""
    build, listen = (shlex.split(line) for line in blocks(page, "sh")[0].splitlines() if line.startswith("rlar "))
    assert build[:2] == ["rlar", "build"] and listen[:2] == ["rlar", "serve"], (build, listen)
    at = listen.index("--listen")
    del listen[at : at + 2]
    here = {"train.jsonl", "library/", "rewards.sqlite", "train.parquet"}

    def placed(arguments):
        return [str(folder / argument) if argument in here else argument for argument in arguments[2:]]

    run("build", *placed(build), "--quiet")
    with serve(*placed(listen)) as server:
        assert isinstance(server, Server)
        yield server
