"""What the end-to-end tests share: the program, running servers, schemas, small rows."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RLAR = os.environ.get("RLAR_BINARY", str(ROOT / "build" / "rlar"))


def run(*args: str, input: str | bytes | None = None, check: int | None = 0, timeout: float = 120, env=None):
    """Runs rlar; `check` is the exit code that is expected (None: any)."""
    data = input.encode() if isinstance(input, str) else input
    done = subprocess.run([RLAR, *map(str, args)], input=data, capture_output=True, timeout=timeout, env=env)
    if check is not None:
        assert done.returncode == check, (done.returncode, done.stderr.decode()[-2000:])
    return done


def run_measured(*args: str, timeout: float = 300) -> tuple[int, float]:
    """(exit code, peak resident MB) of a run of rlar; its own high-water mark, read while it runs."""
    process = subprocess.Popen([RLAR, *map(str, args)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak, deadline = 0, time.monotonic() + timeout
    while process.poll() is None:
        assert time.monotonic() < deadline
        with contextlib.suppress(OSError, IndexError):
            status = Path(f"/proc/{process.pid}/status").read_text()
            peak = max(peak, int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]))
        time.sleep(0.005)
    return process.returncode, peak / 1024


def lines(output: bytes) -> list[dict]:
    return [json.loads(line) for line in output.decode().splitlines()]


def jsonl(rows) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


class Server:
    def __init__(self, process: subprocess.Popen, url: str) -> None:
        self.process, self.url = process, url

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def request(self, path: str, body=None, method: str | None = None, headers=None):
        """(status, parsed body or text, headers)."""
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                status, text, head = reply.status, reply.read().decode(), reply.headers
        except urllib.error.HTTPError as error:
            status, text, head = error.code, error.read().decode(), error.headers
        try:
            return status, json.loads(text), head
        except ValueError:
            return status, text, head


@contextlib.contextmanager
def serve(*args: str, port: int = 0, first: tuple = ()):
    """A running server on a free port (or `port`), `first` before the command; ended by SIGTERM, which it must obey with exit code 0."""
    process = subprocess.Popen(
        [RLAR, *map(str, first), "serve", "--listen", f"127.0.0.1:{port}", *map(str, args)], stderr=subprocess.PIPE
    )
    try:
        first = process.stderr.readline().decode()
        match = re.search(r"http://[\d.]+:\d+", first)
        assert match, first
        yield Server(process, match[0])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        process.stderr.close()
    assert code == 0, code


def validator(name: str):
    """A JSON Schema validator for docs/schemas/NAME.json."""
    import jsonschema
    import referencing

    resources = []
    for path in (ROOT / "docs" / "schemas").glob("*.json"):
        schema = json.loads(path.read_text())
        resources.append((schema["$id"], referencing.Resource.from_contents(schema)))
    registry = referencing.Registry().with_resources(resources)
    schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text())
    return jsonschema.Draft202012Validator(schema, registry=registry)


def mixed_rows(responses: bool = False) -> list[dict]:
    """Sums and capitals: two tasks that native tools can serve, and one that none can."""
    capitals = dict(
        zip(
            "France Italy Spain Germany Japan Kenya Peru Chile Egypt Norway".split(),
            "Paris Rome Madrid Berlin Tokyo Nairobi Lima Santiago Cairo Oslo".split(),
        )
    )
    rows: list[dict] = [
        {"id": f"sum{i}", "prompt": f"What is {i} + {3 * i}? Give the number.", "reference": str(4 * i)}
        for i in range(2, 22)
    ]
    rows += [
        {"id": country, "prompt": f"Which city is the capital of {country}?", "reference": city}
        for country, city in capitals.items()
    ]
    rows += [{"id": f"story{i}", "prompt": f"Tell me a story about thing {i}."} for i in range(6)]
    if responses:
        for row in rows:
            row["responses"] = [f"The answer is {row.get('reference', 'x')}.", "I do not know"]
    return rows


def mixed_library(folder: Path) -> Path:
    """The library that `rlar build` makes of mixed_rows(), which stand in FOLDER/train.jsonl."""
    (folder / "train.jsonl").write_text(jsonl(mixed_rows()))
    run("build", folder / "train.jsonl", "--out", folder / "lib", "--quiet")
    return folder / "lib"


def add_function(library: Path, source: Path, name: str, *options: str, task: str = "") -> None:
    """Puts a user's function into a mixed_library whatever the gate would say; it serves `task`, if one is named."""
    (library / "settings.toml").write_text("[gate]\nmin_accept = 0\nmin_pairs = 0\nmin_refuse = 0\n")
    data = library.parent / "train.jsonl"
    run("tools", "add", f"{source}:{name}", *options, "--library", library, "--data", data)
    if task:
        run("route", "set", task, name, "--library", library)
