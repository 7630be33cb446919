#!/usr/bin/env python3
"""Checks who includes whom (ARCHITECTURE.md, "Who may include whom"), that only some folders start processes, and that no type is defined twice.

Prints every violation as FILE:LINE and exits with 1 if there is one.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCORING = (
    "classify",
    "route",
    "library",
    "tools",
    "math",
    "text",
    "constraints",
    "jsonschema",
    "sql",
    "reward",
    "engine",
    "rows",
)
# folder → folders of src it may include beside itself and base (include/rlar is open to all but base's own rule below)
ALLOWED = {
    "base": set(),
    "net": set(),
    "eval": set(),
    "text": set(),
    "math": {"text"},
    "constraints": {"text"},
    "jsonschema": set(),
    "sql": set(),
    "tools": {"text", "math", "constraints", "jsonschema", "sql", "process", "sandbox", "net"},
    "classify": set(),
    "route": {"classify", "reward"},
    "library": {"classify", "route", "tools"},
    "reward": {"route"},
    "engine": {"classify", "route", "library", "tools", "reward"},
    "rows": {"process", "engine", "tools"},
    "process": set(),
    "sandbox": {"process"},
    "llm": {"process", "net"},
    "hub": {"process", "net"},
    "agents": {
        "classify",
        "route",
        "reward",
        "library",
        "tools",
        "rows",
        "text",
        "llm",
        "hub",
        "sandbox",
        "engine",
        "eval",
    },
    "watch": {"rows"},
    "records": {"rows", "tools"},
    "serve": {"engine", "library", "rows", "sandbox", "tools", "watch", "records"},
    "cli": None,  # the program joins everything
}
SPAWNERS = ("process", "sandbox")
SPAWN = re.compile(r"\b(fork|vfork|clone3?|posix_spawnp?|execv[pe]*|popen|system)\s*\(")


def violations():
    for path in sorted((ROOT / "src").rglob("*.[ch]*")):
        if path.suffix not in (".cc", ".h"):
            continue
        parts = path.relative_to(ROOT / "src").parts
        folder = parts[0]
        if folder not in ALLOWED:
            yield path, 0, f"folder src/{folder} has no rule in {Path(__file__).name}"
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = re.match(r'#include "([^"]+)"', line)
            if include:
                yield from check_include(path, number, folder, parts, include[1])
            if folder not in SPAWNERS and not line.lstrip().startswith("//") and SPAWN.search(line):
                yield path, number, "starts a process outside src/process and src/sandbox"


def twins():
    """Types of one name in one namespace of two headers: the linker takes one's functions for both."""
    seen: dict[tuple[str, str], Path] = {}
    for path in sorted([*(ROOT / "src").rglob("*.h"), *(ROOT / "include").rglob("*.h")]):
        space = ""
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if opened := re.match(r"namespace ([\w:]+) \{", line):
                space = opened[1]
            if not (made := re.match(r"(?:struct|class|enum class) (\w+)\b(?!::)[^;]*\{", line)):
                continue
            first = seen.setdefault((space, made[1]), path)
            if first != path:
                yield path, number, f"{space}::{made[1]} is also defined in {first.relative_to(ROOT)}"


def check_include(path, number, folder, parts, target):
    if target.startswith("rlar/"):
        return
    to = target.split("/")[0]
    allowed = ALLOWED[folder]
    if to not in (folder, "base") and allowed is not None and to not in allowed:
        yield path, number, f"src/{folder} may not include {target}"
    if parts[:2] == ("tools", "native") and target.startswith("tools/"):
        yield path, number, "a native verifier may not include another tool"


def main():
    found = [*violations(), *twins()]
    for path, number, what in found:
        print(f"{path.relative_to(ROOT)}:{number}: {what}")
    return 1 if found else 0


sys.exit(main())
