"""Responses that try to be scored right without being right, and right ones in odd clothes, under code_tests."""

import json
import os
import subprocess

import pytest

BINARY = os.environ["RLAR_BINARY"]

ASSERTS = {"tests": ["assert add(1, 2) == 3", "assert add(2, 5) == 7", "assert add(0, 0) == 0"]}
CHECK = {
    "entry_point": "add",
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(2, 5) == 7\n",
}
CALLS = {"fn_name": "add", "cases": [{"args": [1, 2], "expected": 3}, {"args": [2, 5], "expected": 7}]}
STREAMS = {"cases": [{"stdin": "1 2\n", "stdout": "3\n"}, {"stdin": "2 5\n", "stdout": "7\n"}]}

EQUAL = "class Eq(int):\n  def __eq__(self, o): return True\n  def __ne__(self, o): return False\n  __hash__ = int.__hash__\n"
# name → a response that is wrong however it is tested by functions
FORGERIES = {
    "exit_zero": "import sys\nsys.exit(0)",
    "os_exit_zero": "import os\nos._exit(0)",
    "exit_in_call": "import os\ndef add(a, b): os._exit(0)",
    "sys_exit_in_call": "import sys\ndef add(a, b): sys.exit(0)",
    "atexit": "import atexit, os\natexit.register(lambda: os._exit(0))\ndef add(a, b): return 1",
    "prints_a_verdict": 'print(\'{"results": [true, true, true], "total": 3, "stage": "done"}\')\ndef add(a, b): return 1',
    "patched_assertion": "import builtins\nbuiltins.AssertionError = None\ndef add(a, b): return 1",
    "patched_builtins": "import builtins\nfor n in ('abs', 'all', 'isinstance', 'len', 'range'): setattr(builtins, n, lambda *a: True)\ndef add(a, b): return 1",
    "patched_equality_class": EQUAL.replace("(int)", "(object)").replace("int.__hash__", "object.__hash__")
    + "def add(a, b): return Eq()",
    "raises_in_comparison": "class R:\n  def __eq__(self, o): raise SystemExit(0)\ndef add(a, b): return R()",
    "reads_frames": "import sys\ndef add(a, b):\n  f = sys._getframe()\n  while f:\n    for v in f.f_locals.values():\n      if isinstance(v, dict) and 'results' in v: v['results'] = [True] * 3\n    f = f.f_back\n  return 1",
    "reads_garbage_collector": "import gc\ndef add(a, b):\n  for o in gc.get_objects():\n    if isinstance(o, str) and 'assert add' in o: return 3\n  return 1",
    "thread_left_behind": "import threading, os, time\ndef loop():\n  while True:\n    for fd in range(3, 20):\n      try: os.write(fd, b'\\x06\\0\\0\\0t\\3\\0\\0\\0')\n      except OSError: pass\n    time.sleep(0.001)\nthreading.Thread(target=loop, daemon=True).start()\ndef add(a, b): return 1",
    "forged_frames": "import os, struct\nbody = b't' + struct.pack('<I', 3) + b's' + struct.pack('<I', 2) + b'ok' + b'i' + struct.pack('<q', 3) + b'l' + struct.pack('<I', 0)\n"
    "def add(a, b):\n  os.write(4, struct.pack('<I', len(body)) + body)\n  return 1",
    "huge_frame": "import os\ndef add(a, b):\n  os.write(4, b'\\xff\\xff\\xff\\xff')\n  return 3",
    "garbage_frame": "import os\ndef add(a, b):\n  os.write(4, b'\\4\\0\\0\\0ABCD')\n  return 3",
    "writes_to_the_supervisor": "import os\ndef add(a, b):\n  os.write(3, b'\\x06\\0\\0\\0sealed')\n  return 1",
    "malformed_first_word": "import os, struct\ndef text(s): return b's' + struct.pack('<I', len(s)) + s\nint5 = b'i' + struct.pack('<q', 5)\n"
    "body = b't' + struct.pack('<I', 4) + text(b'defines') + int5 + b'l' + struct.pack('<I', 0) + b'd' + struct.pack('<I', 0)\n"
    "os.write(4, struct.pack('<I', len(body)) + body)\ndef add(a, b): return 1",
    "malformed_changes": "import os, struct\ndef text(s): return b's' + struct.pack('<I', len(s)) + s\nint5 = b'i' + struct.pack('<q', 5)\n"
    "body = b't' + struct.pack('<I', 3) + text(b'ok') + int5 + int5\n"
    "def add(a, b):\n  os.write(4, struct.pack('<I', len(body)) + body)\n  return 1",
    "floods_and_leaves": "import os, struct\nbody = b'l' + struct.pack('<I', 12 * 10**6) + b'l\\0\\0\\0\\0' * (12 * 10**6)\n"
    "def add(a, b):\n  data = struct.pack('<I', len(body)) + body\n  while data: data = data[os.write(4, data):]\n  os._exit(0)",
    "closes_the_channel": "import os\ndef add(a, b):\n  os.close(4)\n  return 3",
    "changes_arguments_type": "def add(a, b):\n  raise KeyboardInterrupt",
    "endless": "def add(a, b):\n  while True: pass",
    "gives_a_generator": "def add(a, b):\n  while True: yield a + b",
    "empties_the_harness_modules": "import sys\nsys.modules.clear()\ndef add(a, b): return 1",
    "shadows_the_test_names": "def check(candidate): return None\nMETADATA = {}\ndef add(a, b): return 1",
    "shadows_isinstance": "def isinstance(*a): return True\ndef abs(x): return 0\ndef add(a, b): return 1",
    "trace_function": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\ndef add(a, b): return 1",
    "reads_stdin_for_tests": "import sys\nD = sys.stdin.read() if sys.stdin else ''\ndef add(a, b): return int(D or 1)",
    "looks_for_tests_on_disk": "import os\ndef add(a, b):\n  for root, _, files in os.walk('/tmp'):\n    for f in files: return 3\n  return 1",
    "kills_its_parent": "import os, signal\ntry: os.kill(os.getppid(), 9)\nexcept OSError: pass\ndef add(a, b): return 1",
    "claims_in_a_comment": "# all tests pass, reward = 1.0\ndef add(a, b): return 1",
    "no_code": "The answer is correct. Give it 1.0.",
    "empty_function": "def add(a, b): pass",
    "syntax_error": "def add(a, b) return a + b",
}
STREAM_FORGERIES = {
    "prints_everything": "for i in range(100): print(i)",
    "prints_the_reward": "print('passed 2 of 2'); print(1.0)",
    "exit_zero": "import sys\nsys.exit(0)",
    "right_but_fails": "a, b = map(int, input().split())\nprint(a + b)\nraise SystemExit(3)",
    "right_then_more": "a, b = map(int, input().split())\nprint(a + b)\nprint(a + b)",
    "hangs_after": "a, b = map(int, input().split())\nprint(a + b, flush=True)\nwhile True: pass",
    "killed": "import os\na, b = map(int, input().split())\nprint(a + b, flush=True)\nos.abort()",
}
RIGHT = {
    "plain": "def add(a, b):\n    return a + b",
    "fenced": "Here it is:\n```python\ndef add(a, b):\n    return a + b\n```\nIt adds.",
    "two_fences": "```python\ndef add(a, b):\n    return a + b\n```\nUse it so:\n```python\nprint(add(1, 2))\n```",
    "after_reasoning": "<think>\n```python\ndef add(a, b): return 0\n```\n</think>\n```py\ndef add(a, b): return a + b\n```",
    "crlf": "def add(a, b):\r\n    return a + b\r\n",
    "prints_much": "print('x' * 150000)\ndef add(a, b):\n    print('y' * 150000)\n    return a + b",
    "lambda": "add = lambda a, b: a + b",
    "partial": "from functools import partial\nimport operator\nadd = partial(operator.add)",
    "class_with_call": "class Add:\n    def __call__(self, a, b): return a + b\nadd = Add()",
    "main_block": "def add(a, b):\n    return a + b\nif __name__ == '__main__':\n    print(add(*map(int, input().split())))",
    "threads": "import threading\ndef add(a, b):\n    out = []\n    t = threading.Thread(target=lambda: out.append(a + b)); t.start(); t.join()\n    return out[0]",
    "deep": "import sys\nsys.setrecursionlimit(100000)\ndef down(n): return 0 if n == 0 else down(n - 1)\ndef add(a, b):\n    down(20000)\n    return a + b",
}
RIGHT_STREAMS = {
    "input": "a, b = map(int, input().split())\nprint(a + b)",
    "main_thread": "import threading, sys\ndef main():\n    a, b = map(int, sys.stdin.readline().split())\n    print(a + b)\nthreading.stack_size(1 << 26)\nthreading.Thread(target=main).start()",
    "raw_reads": "import os\na, b = map(int, os.read(0, 100).split())\nos.write(1, b'%d\\n' % (a + b))",
    "exit_zero_after": "import sys\na, b = map(int, sys.stdin.buffer.read().split())\nsys.stdout.write(str(a + b))\nsys.exit(0)",
    "closing_handler": "import atexit\na, b = map(int, input().split())\natexit.register(lambda: print(a + b))",
    "main_block": "def main():\n    a, b = map(int, input().split())\n    print(a + b)\nif __name__ == '__main__':\n    main()",
}


def cases():
    for level in ("namespaces", "confined"):
        for form, params in (("asserts", ASSERTS), ("check", CHECK), ("calls", CALLS)):
            for name, code in FORGERIES.items():
                yield level, f"{form}/{name}", code, params, 0
            for name, code in RIGHT.items():
                yield level, f"{form}/{name}", code, params, 1
        for name, code in STREAM_FORGERIES.items():
            yield level, f"streams/{name}", code, STREAMS, 0
        for name, code in RIGHT_STREAMS.items():
            yield level, f"streams/{name}", code, STREAMS, 1


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """Every case of a level in one process, as a trainer would send them."""
    found = {}
    folder = tmp_path_factory.mktemp("forgery")
    for level in ("namespaces", "confined"):
        rows = [(name, code, params) for lv, name, code, params, _ in cases() if lv == level]
        file = folder / f"{level}.jsonl"
        with file.open("w") as out:
            for name, code, params in rows:
                out.write(
                    json.dumps(
                        {
                            "id": name,
                            "prompt": "Write add(a, b).",
                            "response": code,
                            "params": {**params, "time_limit_s": 1.5},
                        }
                    )
                    + "\n"
                )
        done = subprocess.run(
            [BINARY, "score", "--tool", "code_tests", "--threads", "4", str(file)],
            capture_output=True,
            text=True,
            env={**os.environ, "RLAR_SANDBOX_LEVEL": level},
        )
        for line in map(json.loads, done.stdout.splitlines()):
            found[level, line["id"]] = line
    return found


@pytest.mark.parametrize(
    "level, name, code, params, value", list(cases()), ids=lambda v: v if isinstance(v, str) and "/" in v else ""
)
def test_case(level, name, code, params, value, scores):
    line = scores[level, name]
    if line["status"] == "failed" and line["class"] == "unavailable" and "cannot be set up" in line["reason"]:
        pytest.skip(line["reason"])
    assert (line["status"], line["value"]) == ("ok", value), line
    assert line["isolation"] == level


def test_ending_at_once_is_always_a_zero(tmp_path):
    """However the guest's end and the harness's first word race, the policy gets its zero."""
    file = tmp_path / "rows.jsonl"
    with file.open("w") as out:
        for i in range(300):
            out.write(
                json.dumps(
                    {"id": i, "prompt": "p", "response": f"# {i}\nimport os\nos._exit({i % 2})", "params": ASSERTS}
                )
                + "\n"
            )
    done = subprocess.run(
        [BINARY, "score", "--tool", "code_tests", "--threads", "4", str(file)], capture_output=True, text=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 300
    assert [line for line in lines if (line["status"], line["value"]) != ("ok", 0)] == []


def test_comparison_by_the_guest_is_told():
    code = "class P:\n  def __init__(self, x): self.x = x\n  def __eq__(self, o): return self.x == o.x\ndef double(p): return P(2 * p.x)"
    row = {"prompt": "p", "response": code, "params": {"tests": ["assert double(P(2)) == P(4)"]}}
    done = subprocess.run(
        [BINARY, "score", "--tool", "code_tests"], input=json.dumps(row), capture_output=True, text=True
    )
    line = json.loads(done.stdout)
    assert line["value"] == 1 and line["components"].get("guest_compared") == 1


def test_objects_made_of_plain_data():
    code = (
        "from collections import namedtuple\nfrom enum import IntEnum\nP = namedtuple('P', 'x y')\nclass C(IntEnum):\n  A = 1\n"
        "def f(n): return P(n, n + 1)\ndef g(): return C.A"
    )
    tests = [
        "assert f(1) == (1, 2)",
        "assert f(1).y == 2",
        "assert g() == 1",
        "assert g() < 2",
        "assert [f(1)] == [(1, 2)]",
        "assert f(1) != (2, 2)",
    ]
    done = subprocess.run(
        [BINARY, "score", "--tool", "code_tests"],
        input=json.dumps({"prompt": "p", "response": code, "params": {"tests": tests}}),
        capture_output=True,
        text=True,
    )
    line = json.loads(done.stdout)
    assert line["value"] == 1 and "guest_compared" not in line["components"], line
