"""rlar score: broken rows, order, memory, usage errors, formats."""

import csv
import json
import random

import pytest
from support import jsonl, lines, run, run_measured, validator

ROW = {"id": 1, "prompt": "Capital of France?", "response": "Paris", "reference": "Paris"}

BROKEN = [
    (b"{bad json", "bad_json"),
    (b"", "empty_line"),
    (b"   ", "empty_line"),
    (b'{"prompt": NaN, "response": "x", "reference": "x"}', "bad_json"),
    (b'{"prompt": "\xff\xfe", "response": "x"}', "bad_utf8"),
    (b'{"prompt": "\\ud800", "response": "x"}', "bad_json"),
    (b'{"response": "x", "reference": "x"}', "bad_row"),
    (b'{"prompt": 5, "response": "x", "reference": "x"}', "bad_row"),
    (b'{"prompt": "p", "response": 5, "reference": "x"}', "bad_row"),
    (b'{"prompt": "p", "reference": "x"}', "no_response"),
    (b'{"prompt": "p", "response": "x"}', "no_reference"),
    (b"[1, 2]", "bad_row"),
    (b'"text"', "bad_row"),
]


def test_ten_thousand_rows_with_broken_ones(tmp_path):
    """Every row is answered in order, broken ones invalid with their line, exit code 1, memory below 300 MB."""
    rng = random.Random(7)
    broken_at = set(rng.sample(range(10_000), 100))
    big_at = set(rng.sample(sorted(set(range(10_000)) - broken_at), 6))
    wanted = []
    path = tmp_path / "rows.jsonl"
    with path.open("wb") as file:
        for i in range(10_000):
            if i in broken_at:
                raw, error_class = BROKEN[i % len(BROKEN)]
                file.write(raw + b"\n")
                wanted.append((None, error_class))
            elif i in big_at:
                row = {**ROW, "id": i, "response": "x" * 10_000_000}
                file.write(json.dumps(row).encode() + b"\n")
                wanted.append((i, "response_oversize"))
            else:
                row = {**ROW, "id": i, "response": "Paris" if i % 2 else "Rome"}
                file.write(json.dumps(row).encode() + b"\n")
                wanted.append((i, None if i % 2 else "response_wrong"))
    out = tmp_path / "out.jsonl"
    code, peak = run_measured("score", "--tool", "exact_match", path, "-o", out)
    assert code == 1
    assert 0 < peak < 300, f"{peak:.0f} MB"
    got = lines(out.read_bytes())
    assert [line["line"] for line in got] == list(range(1, 10_001))
    check = validator("score_line")
    for line, (row_id, error_class) in zip(got, wanted):
        assert line.get("class") == error_class, line
        if row_id is not None:
            assert line["id"] == row_id
        if line["line"] % 50 == 0 or error_class:
            check.validate(line)


@pytest.mark.parametrize(("raw", "error_class"), BROKEN)
def test_each_broken_row(raw, error_class):
    done = run("score", "--tool", "exact_match", input=raw + b"\n" + json.dumps(ROW).encode() + b"\n", check=1)
    first, second = lines(done.stdout)
    assert (first["status"], first["class"], first["value"]) == ("invalid", error_class, None)
    assert second["value"] == 1 and second["line"] == 2


def test_crlf_bom_and_no_final_newline():
    text = "\ufeff" + json.dumps(ROW) + "\r\n" + json.dumps(ROW)
    assert [line["value"] for line in lines(run("score", "--tool", "exact_match", input=text).stdout)] == [1, 1]


def test_empty_file_is_no_row():
    assert run("score", "--tool", "exact_match", input="").stdout == b""


def test_row_over_the_limit_is_invalid_and_the_rest_goes_on():
    rows = [{**ROW, "response": "x" * 5000}, ROW]
    done = run("score", "--tool", "exact_match", "--max-row-bytes", "1000", input=jsonl(rows), check=1)
    assert [line.get("class") for line in lines(done.stdout)] == ["row_oversize", None]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["score", "--tool", "exact_mach"], "did you mean 'exact_match'"),
        (["score", "--tool", "exact_match", "--params", '{"strp": true}'], "did you mean 'strip'"),
        (["score", "--tool", "exact_match", "--params", '{"strip": 3}'], "must be of type bool"),
        (["score", "--tool", "exact_match", "--params", "{"], "--params is not JSON"),
        (["score", "--tool", "exact_match:9"], "version"),
        (["score", "--tol", "x"], "did you mean '--tool'"),
        (["scoer"], "did you mean 'score'"),
        (["score"], "--library DIR"),
        (["score", "--tool", "exact_match", "no-such-file.jsonl"], "no-such-file.jsonl"),
        (["score", "--library", "no-such-library"], "no tool library"),
        (["score", "--tool", "exact_match", "--map", "promt=q"], "did you mean 'prompt'"),
        (["build", "x.jsonl"], "--out"),
        (["build", "no-such.jsonl", "--out", "{tmp}/lib"], "no-such.jsonl"),
        (["report", "no-such-library"], "no tool library"),
    ],
)
def test_wrong_usage_is_one_clear_line(args, says, tmp_path):
    done = run(*[arg.replace("{tmp}", str(tmp_path)) for arg in args], input="", check=2)
    text = done.stderr.decode()
    assert says in text and text.count("\n") == 1, text
    assert done.stdout == b""


def test_every_tool_runs_from_stdin_and_describes_itself():
    cards = json.loads(run("tools", "--json").stdout)
    assert len(cards) >= 1
    check = validator("tool_card")
    for card in cards:
        check.validate(card)
        done = run("score", "--tool", card["name"], input=jsonl([ROW]), check=None)
        (line,) = lines(done.stdout)
        validator("score_line").validate(line)
        # Whatever it says of this row, it is an answer: a number, or a row that lacks what the tool needs.
        assert line["status"] in ("ok", "invalid") or line["class"] == "unavailable", (card["name"], line)


def test_same_input_same_values_on_any_number_of_threads(tmp_path):
    rows = [
        {**ROW, "id": i, "response": random.Random(i).choice(["Paris", "Rome", "", "The answer is Paris."])}
        for i in range(2000)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text(jsonl(rows))

    def values(threads):
        done = run("score", "--tool", "contains", "--threads", str(threads), path, check=None)
        return [(line["id"], line["status"], line["value"], line.get("class")) for line in lines(done.stdout)]

    assert values(1) == values(8) == values(3)


def test_csv_with_guessed_columns(tmp_path):
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "answer", "completion"])
        writer.writerow(['Say "hi, there"', "hi", "hi"])
        writer.writerow(["Two\nlines", "a", "b"])
        file.write("short,record\r\n")
    done = run("score", "--tool", "exact_match", path, check=1)
    assert [line["value"] for line in lines(done.stdout)] == [1, 0, None]
    assert b"guessed prompt=question" in done.stderr and b"guessed reference=answer" in done.stderr


def test_parquet_as_verl_writes_it(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    rows = [
        {
            "data_source": "sums",
            "prompt": [{"role": "user", "content": f"What is {i}+1?"}],
            "ability": "math",
            "reward_model": {"style": "rule", "ground_truth": str(i + 1)},
            "extra_info": {"split": "train", "index": i},
            "responses": [str(i + 1), str(i)],
        }
        for i in range(150)
    ]
    path = tmp_path / "train.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    done = run("score", "--tool", "exact_match", path)
    got = lines(done.stdout)
    assert [line["value"] for line in got] == [1, 0] * 150
    assert b"guessed reference=reward_model.ground_truth" in done.stderr

    path.write_bytes(b"PAR1 this is no parquet")
    assert b"Parquet" in run("score", "--tool", "exact_match", path, check=2).stderr


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(count):
        path = tmp_path / f"{count}.jsonl"
        path.write_text(jsonl({**ROW, "id": i, "prompt": "x" * 2000} for i in range(count)))
        return run_measured("score", "--tool", "exact_match", path)[1]

    small, large = peak(3_000), peak(30_000)
    assert 0 < large < small + 12, (small, large)
