"""rlar build --rollouts: what the policy's own responses change about which tools are admitted."""

import json
import random
import threading

import pytest
from chat_server import Chat
from support import jsonl, lines, run, validator


def shuffled_words(count=24):
    """Restore a sentence: one answer is right, word for word; likeness is no measure."""
    rng = random.Random(9)
    words = "red blue green tall small old new river stone house bird tree fox lamp".split()
    rows = []
    for i in range(count):
        sentence = rng.sample(words, 9)
        rows.append(
            {
                "id": f"s{i}",
                "prompt": f"Write these words in the order of their numbers: {' '.join(f'{w}={k}' for k, w in sorted((w, k) for k, w in enumerate(sentence)))}",
                "reference": " ".join(sentence),
            }
        )
    return rows


def build(folder, rows, *options, check=0):
    (folder / "rows.jsonl").write_text(jsonl(rows))
    return run("build", folder / "rows.jsonl", "--out", folder / "lib", "--quiet", *options, check=check)


def near_miss(text):
    words = text.split()
    return " ".join([words[1], words[0], *words[2:]])


@pytest.fixture
def rollouts(tmp_path):
    path = tmp_path / "rollouts.jsonl"
    rows = [
        {"id": row["id"], "responses": [row["reference"], near_miss(row["reference"]), "no idea"]}
        for row in shuffled_words()
    ]
    path.write_text(jsonl(rows))
    return path


def test_likeness_is_no_measure_where_rollouts_give_the_reference_itself(tmp_path, rollouts):
    rows = shuffled_words()
    build(tmp_path, rows, "--rollouts", rollouts)
    asked = [{**row, "responses": [row["reference"], near_miss(row["reference"])]} for row in rows[:6]]
    got = lines(run("score", "--library", tmp_path / "lib", input=jsonl(asked), check=None).stdout)
    assert [line["value"] for line in got if line["status"] == "ok"] in ([1, 0] * 6, []), got
    report = json.loads(run("report", tmp_path / "lib", "--json").stdout)
    (task,) = report["tasks"]
    for trial in task["trials"]:
        if trial["tool"].split("@")[0] in ("chrf", "bleu", "rouge", "token_f1", "meteor", "ter"):
            assert not trial["admitted"], trial["tool"]


def test_rows_own_responses_are_rollouts_too(tmp_path):
    rows = [{**row, "responses": [row["reference"], near_miss(row["reference"])]} for row in shuffled_words()]
    build(tmp_path, rows)
    report = json.loads(run("report", tmp_path / "lib", "--json").stdout)
    (task,) = report["tasks"]
    assert not any(trial["admitted"] for trial in task["trials"] if trial["tool"].startswith("chrf"))


@pytest.mark.parametrize(
    ("line", "says"),
    [('{"responses": ["a"]}', "prompt"), ('{"id": "nobody", "responses": ["a"]}', "nobody"), ("{", "line 1")],
)
def test_bad_rollouts_are_named(tmp_path, line, says):
    (tmp_path / "bad.jsonl").write_text(line + "\n")
    done = build(tmp_path, shuffled_words(), "--rollouts", tmp_path / "bad.jsonl", check=2)
    assert says in done.stderr.decode(), done.stderr


# ---- --policy: the same from the policy's own server ------------------------------------------------------------------------


class Policy:
    """Answers every prompt with the reference, a near miss and nothing, in turn."""

    def __init__(self, rows):
        self.known, self.asked = {row["prompt"]: row["reference"] for row in rows}, {}
        self.lock = threading.Lock()

    def __call__(self, stage, prompt):
        with self.lock:
            count = self.asked[prompt] = self.asked.get(prompt, 0) + 1
        reference = self.known[prompt]
        return [reference, near_miss(reference), "no idea"][count % 3]


def report_of(folder):
    report = json.loads(run("report", folder / "lib", "--json").stdout)
    validator("report").validate(report)
    return report


def test_the_policy_is_asked_for_what_the_rows_lack_and_once_only(tmp_path):
    rows = shuffled_words()
    rows[0]["responses"] = [rows[0]["reference"]]
    policy = Policy(rows)
    options = ["--policy-model", "mine", "--policy-responses", "3"]
    with Chat(policy) as server:
        build(tmp_path, rows, "--policy", server.url, *options)
    assert rows[0]["prompt"] not in policy.asked
    assert len(policy.asked) >= 20 and set(policy.asked.values()) == {3}
    first = report_of(tmp_path)
    assert first["cost"]["policy"]["llm_calls"] == sum(policy.asked.values()) and first["cost"]["llm_calls"] == 0
    (task,) = first["tasks"]
    assert not any(trial["admitted"] for trial in task["trials"] if trial["tool"].startswith("chrf"))
    build(tmp_path, rows, "--policy", "http://127.0.0.1:9", *options)  # nobody listens: the record answers
    again = report_of(tmp_path)
    assert again["cost"]["policy"]["llm_calls"] == 0
    assert again["cost"]["policy"]["replayed"] == first["cost"]["policy"]["llm_calls"]
    assert again["library_version"] == first["library_version"]


def test_a_policy_that_fails_stops_nothing_and_its_budget_holds(tmp_path):
    rows = shuffled_words()
    with Chat(Policy(rows), fault=lambda n, stage: (401, "{}", {})) as server:
        build(tmp_path, rows, "--policy", server.url, "--policy-model", "mine")
    lost = report_of(tmp_path)["cost"]["policy"]
    assert lost["llm_calls"] == 0 and lost["stopped"], lost
    with Chat(Policy(rows)) as server:
        build(tmp_path, rows, "--policy", server.url, "--policy-model", "other", "--policy-budget", "tokens=5000")
    spent = report_of(tmp_path)["cost"]["policy"]
    assert 0 < spent["llm_calls"] < 4 * len(rows) and spent["tokens"] <= 5000, spent


@pytest.mark.parametrize(
    ("options", "says"),
    [(["--policy", "local"], "address"), (["--policy", "http://x", "--policy-responses", "99"], "policy-responses")],
)
def test_bad_policy_options_are_named(tmp_path, options, says):
    (tmp_path / "rows.jsonl").write_text(jsonl(shuffled_words()))
    done = run("build", tmp_path / "rows.jsonl", "--out", tmp_path / "lib", *options, check=None)
    assert done.returncode != 0 and says in done.stderr.decode(), done.stderr
