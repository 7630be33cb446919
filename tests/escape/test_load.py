"""Many runs at once, good and hostile mixed; and right programs on a machine that has no time."""

import json
import os
import pathlib
import random
import subprocess
import sys
import time

BINARY = os.environ["RLAR_BINARY"]
RUNS = 10_000 if os.environ.get("RLAR_FULL") else 500
TESTS = {"tests": ["assert add(1, 2) == 3", "assert add(2, 5) == 7"], "time_limit_s": 0.5}
STREAM = {"cases": [{"stdin": "3 4\n", "stdout": "7\n"}], "time_limit_s": 0.5}
# (code, parameters, right value, share)
MIX = [
    ("def add(a, b): return a + b", TESTS, 1, 40),
    ("def add(a, b): return a - b", TESTS, 0, 20),
    ("print(sum(map(int, input().split())))", STREAM, 1, 20),
    ("raise ValueError()", TESTS, 0, 4),
    ("import os\ndef add(a, b): os.abort()", TESTS, 0, 4),
    ("def add(a, b):\n  while True: pass", TESTS, 0, 1),
    ("import time\ndef add(a, b): time.sleep(60)", TESTS, 0, 1),
    ("import os\nwhile True:\n  try: os.fork()\n  except OSError: break\ndef add(a, b): return 3", TESTS, 0, 1),
    ("x = bytearray(1 << 40)\ndef add(a, b): return a + b", TESTS, 0, 3),
    ("import os\ndef add(a, b):\n  os.write(4, b'\\xff' * 100)\n  return a + b", TESTS, 0, 3),
    ("print('x' * 1000000)\nprint(7)", STREAM, 0, 3),
]


def processes():
    found = set()
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if b"_rlar_guest" in (entry / "cmdline").read_bytes():
                    found.add(entry.name)
            except OSError:
                pass
    return found


def score(rows, folder, threads):
    """The score lines, and the most memory (kB) that rlar itself held."""
    file, out = folder / "rows.jsonl", folder / "out.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    process = subprocess.Popen(
        [BINARY, "score", "--tool", "code_tests", "--threads", str(threads), str(file), "-o", str(out)],
        stderr=subprocess.DEVNULL,
    )
    peak = 0
    while process.poll() is None:
        try:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            peak = max([peak, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))])
        except OSError:
            pass
        time.sleep(0.05)
    return [json.loads(line) for line in out.read_text().splitlines()], peak


def test_good_and_hostile_sixteen_at_once(tmp_path):
    rng = random.Random(7)
    before = processes()
    chosen = rng.choices(MIX, weights=[share for *_, share in MIX], k=RUNS)
    # Each code is made distinct, or equal ones would be scored once.
    rows = [
        {"id": i, "prompt": "p", "response": f"# {i}\n{code}", "params": params}
        for i, (code, params, *_) in enumerate(chosen)
    ]
    lines, peak = score(rows, tmp_path, 16)
    assert len(lines) == RUNS
    wrong = [
        (line, code)
        for line, (code, _, value, _) in zip(lines, chosen)
        if line["status"] == "ok" and line["value"] != value
    ]
    assert wrong == []
    # A machine without time may leave some without a verdict, never with a wrong one.
    failed = [line for line in lines if line["status"] != "ok"]
    assert {line["class"] for line in failed} <= {"overload"} and len(failed) <= RUNS // 20, failed[:3]
    assert processes() - before == set()
    assert peak < 200 << 10


def test_right_programs_on_a_loaded_machine(tmp_path):
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4 * (os.cpu_count() or 1))]
    try:
        code = "def add(a, b):\n  for _ in range(2 * 10**6): pass\n  return a + b"
        rows = [
            {"id": i, "prompt": "p", "response": f"# {i}\n{code}", "params": {**TESTS, "time_limit_s": 1.0}}
            for i in range(20)
        ]
        lines, _ = score(rows, tmp_path, 4)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert len(lines) == 20
    assert all(line["value"] == 1 or line["class"] == "overload" for line in lines), [
        line for line in lines if line["value"] != 1
    ][:3]
