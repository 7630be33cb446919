"""./dev bench load: /v1/score over loopback with cheap verifiers, beside their PyPI peers called in this process.

Prints requests and verdicts per second, p50 and p99, at 1, 16 and 128 rows a request (wrk, keep-alive connections); then the same for a batch
that mixes four verifiers by its rows' tasks, and for single cheap requests while busy sandbox runs and requests of a slow reward model flood the
server. `--soak MINUTES` does only
this: cheap batches and sandbox runs, answers recorded, without pause; throughput, memory and descriptors by quarters of the time.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "python"), str(ROOT / "tests" / "models")]

from model_servers import ModelServer, tei  # noqa: E402
from support import jsonl, run, serve  # noqa: E402

WORDS = "the a small red old house river stone bird walks sleeps sees finds under over near quickly today".split()


def make_rows(rng: random.Random, count: int) -> list[dict]:
    """Sums, short answers and sentences: what number_equal, exact_match and bleu are for."""
    rows = []
    for i in range(count):
        a, b = rng.randint(10, 999), rng.randint(10, 999)
        right = rng.random() < 0.5
        kind = i % 3
        if kind == 0:
            said = a + b if right else a + b + 1
            rows.append(
                {"prompt": f"What is {a} + {b}?", "reference": str(a + b), "response": f"Adding them gives {said}."}
            )
        elif kind == 1:
            word = rng.choice(WORDS)
            rows.append({"prompt": "Which word?", "reference": word, "response": word if right else "none"})
        else:
            sentence = rng.choices(WORDS, k=16)
            rows.append(
                {
                    "prompt": "Say it.",
                    "reference": " ".join(sentence),
                    "response": " ".join(sorted(sentence, key=lambda _: rng.random())),
                }
            )
    return rows


TOOLS = {"number_equal": 0, "exact_match": 1, "bleu": 2}


def wrk(url: str, body: dict, seconds: float, connections: int) -> dict:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        text = json.dumps(body)
        script.write(
            f"wrk.method='POST'\nwrk.headers['Content-Type']='application/json'\nwrk.body=[====[{text}]====]\n"
        )
        script.flush()
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            "--latency",
            "-s",
            script.name,
            url + "/v1/score",
        ]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def milliseconds(percent: str) -> float:
        number, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    if "Non-2xx" in out:
        raise SystemExit(f"requests were refused:\n{out}")
    return {
        "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
        "p50_ms": milliseconds("50"),
        "p99_ms": milliseconds("99"),
    }


PINNED = {"sum": "number_equal", "word": "exact_match", "say": "bleu", "hold": "contains"}


def mixed(rows: list[dict]) -> list[dict]:
    """Rows whose tasks send them to four verifiers."""
    names = list(PINNED)
    return [{**row, "task": names[i % 3] if i % 4 else "hold"} for i, row in enumerate(rows)]


def pinned_library(folder: Path) -> Path:
    for task, tool in PINNED.items():
        run("route", "set", task, tool, "--library", folder / "library")
    return folder / "library"


SLOW = 0.2  # seconds that the model takes


def add_slow_model(folder: Path, library: Path, url: str) -> None:
    """A reward model behind a TEI server, which likes what is good."""
    pairs = [
        {
            "prompt": f"Name {i}.",
            "chosen": f"good {i} " + "ab " * (i % 5),
            "rejected": f"bad {i} " + "ab " * ((i + 2) % 5),
        }
        for i in range(60)
    ]
    (folder / "pairs.jsonl").write_text(jsonl([{**pair, "task": "praise"} for pair in pairs]))
    run(
        "models",
        "add",
        "slow",
        "--backend",
        "tei",
        "--url",
        url,
        "--library",
        library,
        "--data",
        folder / "pairs.jsonl",
    )
    run("route", "set", "praise", "slow", "--library", library)


def ask_model(caller: int, n: int) -> tuple[str, dict]:
    row = {"prompt": "Name one.", "task": "praise", "responses": [f"good {caller} {n} {k}" for k in range(4)]}
    return "/v1/score", {"rows": [row]}


def run_code(code: str):
    return lambda caller, n: ("/run_code", {"code": code, "language": "python", "run_timeout": 5})


BUSY = "import time\nend = time.time() + 0.05\nwhile time.time() < end: pass"


def under_flood(
    server, rows: list[dict], seconds: float, flood: list, connections: int = 2
) -> tuple[dict, list[float]]:
    """Requests of these rows while each caller of `flood`, (caller, n) → (path, body), asks without pause: what wrk measured, and the
    answers a second that each caller got."""
    stop, answers = threading.Event(), [0] * len(flood)

    def ask(i: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        while not stop.is_set():
            path, body = flood[i](i, answers[i])
            connection.request("POST", path, json.dumps(body))
            reply = connection.getresponse()
            said = json.loads(reply.read())
            if reply.status != 200 or any(line["status"] != "ok" for line in said.get("results", ())):
                raise SystemExit(f"a request of the flood failed: {reply.status} {said}")
            answers[i] += 1
        connection.close()

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(flood))]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    measured = wrk(server.url, {"rows": rows}, seconds, connections)
    stop.set()
    for thread in threads:
        thread.join()
    return measured, [count / (seconds + 0.5) for count in answers]


def held_by(pid: int) -> dict:
    """What the server process holds: resident MB, open descriptors, threads, processes below it."""
    status = Path(f"/proc/{pid}/status").read_text()
    children = [stat for stat in Path("/proc").glob("[0-9]*/stat") if parent_of(stat) == pid]
    return {
        "mb": int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024,
        "fds": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        "threads": int(re.search(r"Threads:\s+(\d+)", status)[1]),
        "children": len(children),
    }


def parent_of(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def soak(minutes: float, seed: int) -> list[dict]:
    """Samples over the time, one every twentieth of it."""
    rows = make_rows(random.Random(seed), 3 * 512)
    batch, samples, pieces = mixed(rows), [], 20
    seconds = max(2, round(60 * minutes / pieces))
    with tempfile.TemporaryDirectory() as folder:
        library = pinned_library(Path(folder))
        records = ("--records", Path(folder) / "r.sqlite", "--records-max-mb", 64)
        with serve("--library", library, *records) as server:
            for piece in range(pieces):
                part = batch[128 * (piece % 12) :][:128]
                measured, runs = under_flood(server, part, seconds, [run_code("print(1)")], connections=4)
                held = held_by(server.process.pid)
                samples.append(
                    {
                        "verdicts_per_s": 128 * measured["rps"],
                        "runs_per_s": sum(runs),
                        "p99_ms": measured["p99_ms"],
                        **held,
                    }
                )
                print("  ".join(f"{key} {value:,.1f}" for key, value in samples[-1].items()), flush=True)
    quarter = pieces // 4
    for key in samples[0]:
        first, last = (
            sum(s[key] for s in part) / quarter for part in (samples[quarter : 2 * quarter], samples[-quarter:])
        )
        print(
            f"{key:15s} second quarter {first:12,.1f}   last {last:12,.1f}   ratio {last / first if first else 1:.2f}"
        )
    return samples


def peers() -> dict:
    """name → (package, f(reference, response))."""
    found = {}
    try:
        import math_verify

        found["number_equal"] = (
            "math-verify",
            lambda truth, said: math_verify.verify(math_verify.parse(truth), math_verify.parse(said)),
        )
    except ImportError:
        pass
    try:
        import sacrebleu

        metric = sacrebleu.metrics.BLEU(effective_order=True)
        found["bleu"] = ("sacrebleu", lambda truth, said: metric.sentence_score(said, [truth]).score)
    except ImportError:
        pass
    try:
        from rouge_score import rouge_scorer

        scorer = rouge_scorer.RougeScorer(["rougeL"])
        found["rouge"] = ("rouge-score", lambda truth, said: scorer.score(truth, said))
    except ImportError:
        pass
    return found


def peer_rate(function, rows: list[dict], seconds: float) -> float:
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        row = rows[done % len(rows)]
        function(row["reference"], row["response"])
        done += 1
    return done / (time.perf_counter() - start)


def mixed_and_flooded(library: Path, batch: list[dict], seconds: float) -> list[dict]:
    with serve("--library", library) as server:
        together = wrk(server.url, {"rows": batch[:128]}, seconds, 8)
        print(
            f"{'four mixed':14s} {128:5d} {together['rps']:11,.0f} {together['rps'] * 128:11,.0f} {together['p50_ms']:8.2f} {together['p99_ms']:8.2f}"
        )
        alone = wrk(server.url, {"rows": batch[:1]}, seconds, 2)
        flooded, rates = under_flood(server, batch[:1], seconds, 8 * [run_code(BUSY)] + 8 * [ask_model], connections=1)
    runs, asked = sum(rates[:8]), sum(rates[8:])
    print(
        f"single requests: p50 {alone['p50_ms']:.2f} ms, p99 {alone['p99_ms']:.2f} ms; beside {runs:.0f} busy sandbox runs/s and {asked:.0f} requests/s "
        f"of a model that takes {SLOW} s: p50 {flooded['p50_ms']:.2f} ms, p99 {flooded['p99_ms']:.2f} ms"
    )
    return [
        {"tool": "mixed", "batch": 128, **together, "verdicts_per_s": together["rps"] * 128},
        {
            "tool": "flooded",
            "batch": 1,
            **flooded,
            "p99_alone_ms": alone["p99_ms"],
            "runs_per_s": runs,
            "model_requests_per_s": asked,
        },
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--soak", type=float, metavar="MINUTES")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.soak:
        samples = soak(options.soak, options.seed)
        if options.json:
            write_report(options.json, "load_soak", {}, options.seed, samples)
        return
    rows = make_rows(random.Random(options.seed), 3 * 512)
    by_tool = {tool: rows[offset::3] for tool, offset in TOOLS.items()} | {"rouge": rows[2::3]}
    results, peer_rates = [], {}
    for tool, (package, function) in peers().items():
        peer_rates[tool] = (package, peer_rate(function, by_tool[tool], min(2.0, options.seconds)))
    print(f"{'tool':14s} {'batch':>5s} {'requests/s':>11s} {'verdicts/s':>11s} {'p50 ms':>8s} {'p99 ms':>8s}   beside")
    with serve() as server:
        for tool, chosen in by_tool.items():
            for batch in (1, 16, 128):
                body = {"rows": chosen[:batch], "tool": tool}
                measured = wrk(server.url, body, options.seconds, 8)
                verdicts = measured["rps"] * batch
                package, rate = peer_rates.get(tool, ("", 0.0))
                beside = f"{package} in process: {rate:,.0f}/s, ratio {verdicts / rate:,.1f}" if rate else ""
                print(
                    f"{tool:14s} {batch:5d} {measured['rps']:11,.0f} {verdicts:11,.0f} {measured['p50_ms']:8.2f} "
                    f"{measured['p99_ms']:8.2f}   {beside}",
                    flush=True,
                )
                results.append(
                    {
                        "tool": tool,
                        "batch": batch,
                        **measured,
                        "verdicts_per_s": verdicts,
                        "peer": package,
                        "peer_per_s": rate,
                    }
                )
    with ModelServer(tei) as model, tempfile.TemporaryDirectory() as folder:
        library = pinned_library(Path(folder))
        add_slow_model(Path(folder), library, model.url)
        model.fault = lambda n: SLOW
        results += mixed_and_flooded(library, mixed(rows), options.seconds)
    versions = {package: metadata.version(package) for package, _ in peer_rates.values()}
    print(
        f"{os.cpu_count()} cores ({platform.machine()}), client and server on the same machine, seed {options.seed}, {versions}"
    )
    if options.json:
        write_report(options.json, "load", versions, options.seed, results)


def write_report(path: Path, bench: str, versions: dict, seed: int, rows: list[dict]) -> None:
    machine = {"cores": os.cpu_count(), "machine": platform.machine()}
    report = {"schema_version": 1, "bench": bench, "machine": machine, "versions": versions, "seed": seed, "rows": rows}
    path.write_text(json.dumps(report))


if __name__ == "__main__":
    main()
