"""Judges of whole groups: every response in both orders, ties stay ties, and nothing is guessed from a verdict that is not whole."""

import json
import math
import random
import re
import threading

import pytest
from support import jsonl, lines, run, serve
from test_judges import RUBRIC, ModelServer, grades, gullible, honest, reply, rows, spoil

TENS = [{"id": "tens", "text": "Many tens.", "weight": 10}, {"id": "ones", "text": "Many ones."}]


def number_grades(text):
    """By the number in the text: a scale that is fine enough to tell a hundred responses apart."""
    found = re.search(r"\d+", text)
    return {"tens": int(found[0]) // 10, "ones": int(found[0]) % 10} if found else {}


def whole(path, body, bend=lambda grade, place, shown: grade):
    """An honest judge of one or several responses; `bend` changes a grade by the place at which its response was shown."""
    shown = json.loads(body["messages"][-1]["content"])
    if "response" in shown:
        return honest(path, body)
    asked = [one["id"] for one in shown["criteria"]]
    items = body["response_format"]["json_schema"]["schema"]["properties"]["verdicts"]["items"]["properties"]
    assert items["response"]["enum"] == [one["id"] for one in shown["responses"]] and items["id"]["enum"] == asked
    verdicts = []
    for place, one in enumerate(shown["responses"]):
        found = {**grades(one["text"]), **number_grades(one["text"])}
        for name in asked:
            grade = max(0, min(10, bend(found.get(name, 5), place, shown)))
            verdicts.append({"response": one["id"], "id": name, "reason": "so it reads", "grade": grade})
    random.Random(len(verdicts)).shuffle(verdicts)  # no order is promised
    return reply({"verdicts": verdicts})


def first_is_best(grade, place, shown):
    return grade + (2 if place == 0 else 0)


def bent(bend):
    return lambda path, body: whole(path, body, bend)


def add(folder, server, *options, check=0, rubric=RUBRIC):
    (folder / "rows.jsonl").write_text(jsonl(rows()))
    (folder / "rubric.json").write_text(json.dumps(rubric))
    done = run(
        "models", "add", "host", "--backend", "judge", "--url", server.url, "--rubric", folder / "rubric.json",
        "--library", folder / "lib", "--data", folder / "rows.jsonl", "--json", *options, check=check,
    )  # fmt: skip
    return json.loads(done.stdout) if done.stdout else done.stderr.decode()


def score(folder, row, check=0):
    return lines(run("score", "--library", folder / "lib", "--tool", "host", input=jsonl([row]), check=check).stdout)


def shown(request):
    return json.loads(request["messages"][-1]["content"])


def asked_for(server, folder, row, check=0):
    """The scores of a row, and what the judge was shown for it."""
    before = len(server.requests)
    got = score(folder, row, check)
    return got, [shown(request) for request in server.requests[before:]]


GREET = {"prompt": "Greet.", "responses": ["kind kind kind", "kind", "rude", "kind kind"]}


def test_a_group_in_one_call_and_again_in_reverse(tmp_path):
    with ModelServer(whole) as server:
        card = add(tmp_path, server, "--mode", "listwise")
        assert card["status"] == "admitted" and card["program"]["mode"] == "listwise"
        got, calls = asked_for(server, tmp_path, {**GREET, "reference": {"tone": "warm"}})
    assert len(calls) == 2
    texts = [[one["text"] for one in call["responses"]] for call in calls]
    assert sorted(texts[0]) == sorted(GREET["responses"]) and texts[0] == texts[1][::-1]
    assert [json.loads(call["reference"]) for call in calls] == [{"tone": "warm"}] * 2
    assert [line["value"] for line in got] == pytest.approx([(3 * k + 2) / 5 for k in (0.9, 0.3, 0, 0.6)], abs=1e-4)
    assert got[1]["components"] == {"criterion/kind": 0.3, "criterion/short": 1, "criterion/safe": 1, "position_gap": 0}


def test_neither_order_nor_copies_change_a_grade(tmp_path):
    """Even of a judge that likes what comes first: which response that is, is the content's doing."""
    with ModelServer(whole) as server:
        add(tmp_path, server, "--mode", "listwise")
        server.shape = bent(first_is_best)
        texts = [f"{'kind ' * (i % 4)}guest {i}" for i in range(6)]
        by_text = []
        for order in (texts, texts[::-1], [texts[2], *texts, texts[2]]):
            got, calls = asked_for(server, tmp_path, {"prompt": "a", "responses": order})
            assert len(calls) == 2 and len(calls[0]["responses"]) == 6
            by_text.append({text: line["value"] for text, line in zip(order, got)})
    assert by_text[0] == by_text[1] == by_text[2] and len(set(by_text[0].values())) >= 4


def test_a_judges_liking_for_a_place_is_evened_out_and_told(tmp_path):
    with ModelServer(whole) as server:
        add(tmp_path, server, "--mode", "listwise")
        server.shape = bent(first_is_best)
        row = {"prompt": "a", "rubric": TENS, "responses": ["answer 43", "reply 43"]}
        got = score(tmp_path, row)
    assert got[0]["value"] == got[1]["value"] == pytest.approx((10 * 0.5 + 0.4) / 11, abs=1e-4)
    assert [line["components"]["position_gap"] for line in got] == pytest.approx([0.2, 0.2], abs=1e-4)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda verdicts: verdicts[:-1], "is missing"),
        (lambda verdicts: [one for one in verdicts if one["response"] != "r2"], "of response 'r2' is missing"),
        (lambda verdicts: [one for one in verdicts if one["id"] != "safe"], "'safe' of response 'r1' is missing"),
        (lambda verdicts: [*verdicts, verdicts[0]], "stands twice"),
        (lambda verdicts: [*verdicts, {**verdicts[0], "response": "r9"}], "nobody asked for"),
        (lambda verdicts: [*verdicts, {**verdicts[0], "id": "charm"}], "nobody asked for criterion 'charm'"),
        (lambda verdicts: [{**one, "grade": 11} for one in verdicts], "scale"),
        (
            lambda verdicts: [{key: one[key] for key in ("id", "reason", "grade")} for one in verdicts],
            "nobody asked for",
        ),
    ],
)
@pytest.mark.parametrize("which", [0, 1])
def test_a_verdict_that_is_not_whole_grades_nobody(tmp_path, change, says, which):
    with ModelServer(whole) as server:
        add(tmp_path, server, "--mode", "listwise")
        server.fault = lambda n: spoil(lambda content: {"verdicts": change(content)}) if n % 2 == which else None
        got = score(tmp_path, GREET, check=1)
    assert [(line["status"], line["class"]) for line in got] == [("failed", "unparsable")] * 4 and says in got[0][
        "reason"
    ]


def test_large_groups_are_held_together_by_anchors(tmp_path):
    with ModelServer(whole) as server:
        add(tmp_path, server, "--mode", "listwise")
        texts = [f"reply {n}" for n in range(31, 71, 2)]
        row = {"prompt": "a", "rubric": TENS, "responses": texts}
        got, calls = asked_for(server, tmp_path, row)
    assert len(calls) == 2 * (1 + math.ceil((20 - 8) / 6)) and max(len(call["responses"]) for call in calls) == 8
    assert [line["value"] for line in got] == pytest.approx(
        [(n // 10 + n % 10 / 10) / 11 for n in range(31, 71, 2)], abs=1e-4
    )


def test_a_milder_call_is_shifted_back(tmp_path):
    with ModelServer(whole) as server:
        add(tmp_path, server, "--mode", "listwise", "--group-size", "4")
        texts = [f"reply {n}" for n in range(21, 61, 3)]
        row = {"prompt": "a", "rubric": TENS, "responses": texts}
        _, calls = asked_for(server, tmp_path, row)
        head = {one["text"] for one in calls[0]["responses"]}
        mild = lambda grade, place, seen: grade + ({one["text"] for one in seen["responses"]} != head)  # noqa: E731
        server.shape = bent(mild)
        got = score(tmp_path, row)
    want = [n // 10 / 10 for n in range(21, 61, 3)]
    assert [line["components"]["criterion/tens"] for line in got] == pytest.approx(want, abs=1e-4)


def test_pairs_rank_a_group_in_few_calls(tmp_path):
    with ModelServer(whole) as server:
        assert add(tmp_path, server, "--mode", "pairwise")["status"] == "admitted"
        numbers = random.Random(5).sample(range(100), 48)
        got, calls = asked_for(
            server, tmp_path, {"prompt": "a", "rubric": TENS, "responses": [f"it is {n}" for n in numbers]}
        )
    ranks = {n: rank for rank, n in enumerate(sorted(numbers))}
    assert [line["value"] for line in got] == pytest.approx([ranks[n] / 47 for n in numbers], abs=1e-4)
    assert all(len(call["responses"]) == 2 for call in calls) and len(calls) < 3 * 48 * math.log2(48) < 48 * 47


def test_a_pair_judged_otherwise_when_swapped_is_a_tie(tmp_path):
    with ModelServer(whole) as server:
        add(tmp_path, server, "--mode", "pairwise")
        server.shape = bent(first_is_best)
        texts = [
            "it is 40",
            "say 45",
            "now 90",
            "well 45",
            "or 10",
        ]  # within two tens of each other the first shown wins
        got = score(tmp_path, {"prompt": "a", "rubric": TENS, "responses": texts})
    assert [line["value"] for line in got] == [0.5, 0.5, 1, 0.5, 0]


def test_a_veto_is_no_rank(tmp_path):
    with ModelServer(whole) as server:
        add(tmp_path, server, "--mode", "pairwise")
        got = score(
            tmp_path, {"prompt": "a", "responses": ["kind kind poison", "kind", "kind poison", "rude", "kind kind"]}
        )
    assert [line["value"] for line in got] == [0, 0.75, 0, 0.5, 1]
    assert got[0]["components"]["criterion/safe"] == 0


@pytest.mark.parametrize("mode", ["listwise", "pairwise"])
def test_a_lone_response_is_graded_alone(tmp_path, mode):
    with ModelServer(whole) as server:
        add(tmp_path, server, "--mode", mode)
        got, calls = asked_for(server, tmp_path, {"prompt": "a", "responses": ["kind", "kind"]})
    assert [line["value"] for line in got] == pytest.approx([(3 * 0.3 + 2) / 5] * 2, abs=1e-4)
    assert len(calls) == 1 and calls[0]["response"] == "kind"


def unreadable_with(wanted):
    def answer(path, body):
        if any(wanted in one["text"] for one in shown(body).get("responses", [])):
            return reply(["no verdict"])
        return whole(path, body)

    return answer


def test_a_response_that_spoils_its_comparisons_fails_alone(tmp_path):
    with ModelServer(whole) as server:
        add(tmp_path, server, "--mode", "pairwise")
        server.shape = unreadable_with("BAD")
        for bad in range(6):  # whichever is the pivot
            texts = [f"it is {n}" for n in (10, 20, 30, 40, 50)] + [f"BAD {bad}"]
            got = score(tmp_path, {"prompt": f"a{bad}", "rubric": TENS, "responses": texts}, check=1)
            assert [line["value"] for line in got[:5]] == [0, 0.25, 0.5, 0.75, 1], got
            assert (got[5]["status"], got[5]["class"]) == ("failed", "unparsable")


def test_a_server_that_takes_nothing_is_not_asked_for_every_pair(tmp_path):
    with ModelServer(whole) as server:
        add(tmp_path, server, "--mode", "pairwise")
        server.fault = lambda n: 401
        texts = [f"it is {n}" for n in range(30)]
        got, calls = asked_for(server, tmp_path, {"prompt": "a", "rubric": TENS, "responses": texts}, check=1)
    assert {line["status"] for line in got} == {"failed"} and len(calls) <= 2 * (29 + 28)


@pytest.mark.parametrize("mode", ["listwise", "pairwise"])
@pytest.mark.parametrize("fault", [500, 429, "cut"])
def test_faults_now_and_then_cost_a_group_nothing(tmp_path, mode, fault):
    with ModelServer(whole) as server:
        add(tmp_path, server, "--mode", mode)
        right = score(tmp_path, GREET)
        server.fault = lambda n: fault if n % 3 == 0 else None
        assert [line["value"] for line in score(tmp_path, GREET)] == [line["value"] for line in right]


def test_one_groups_trouble_is_not_anothers_and_equal_groups_are_asked_once(tmp_path):
    with ModelServer(whole) as server:
        add(tmp_path, server, "--mode", "listwise")
        server.shape = unreadable_with("BAD")
        server.fault = lambda n: 0.3
        replies = {}
        groups = {"good": ["kind", "rude"], "copy": ["rude", "kind"], "bad": ["kind", "BAD"]}
        with serve("--library", tmp_path / "lib") as running:
            before = len(server.requests)

            def ask(name):
                row = {"prompt": "a", "responses": groups[name]}
                replies[name] = running.request("/v1/score", {"rows": [row], "tool": "host"})[1]["results"]

            threads = [threading.Thread(target=ask, args=[name]) for name in groups]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        calls = len(server.requests) - before
    values = {name: [one.get("value") for one in lines] for name, lines in replies.items()}
    assert values["good"] == values["copy"][::-1] and None not in values["good"] and values["bad"] == [None, None]
    assert calls == 4


@pytest.mark.parametrize("mode", ["listwise", "pairwise"])
def test_a_gullible_judge_of_groups_is_refused(tmp_path, mode):
    def falls(path, body):
        if "response" in shown(body):
            return gullible(path, body)
        seen = [one["text"] for one in shown(body)["responses"]]
        return whole(
            path, body, lambda grade, place, _: 10 if "10" in seen[place] or "professors" in seen[place] else grade
        )

    with ModelServer(falls) as server:
        card = add(tmp_path, server, "--mode", mode, check=1)
    (evidence,) = card["evidence"].values()
    assert card["status"] == "refused" and set(evidence["measured"]["fooled_by"]) >= {"instruction", "authority"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--mode", "tournament"], "'mode' must be pointwise, listwise or pairwise"),
        (["--grade", "soft"], "'grade' must be plain or expected"),
        (["--mode", "listwise", "--group-size", "3"], "'group_size' must be a whole number from 4 on"),
        (["--mode", "listwise", "--group-size", "99"], "'group_size' must be 4 to 32"),
    ],
)
def test_wrong_options_are_named(tmp_path, options, says):
    with ModelServer(whole) as server:
        assert says in add(tmp_path, server, *options, check=2)


# Expected grades: a server that lists what else each token could have been.


def tokens_of(content, split):
    """The content in tokens; a grade's digit may hang on what stands before it."""
    return [one for one in re.split(split, content) if one]


def doubtful(split=r"(\d)", change=lambda tokens: tokens):
    """Says the honest grade with 0.6, one more with 0.3; the rest is no grade at all."""

    def answer(path, body):
        made = whole(path, body)
        choice = made["choices"][0]
        verdicts = json.loads(choice["message"]["content"])["verdicts"]
        for one in verdicts:
            one["grade"] = min(one["grade"], 8)
        content = choice["message"]["content"] = json.dumps({"verdicts": verdicts})
        if not body.get("logprobs"):
            return made
        assert body["top_logprobs"] > 0
        listed = []
        for text in [*tokens_of(content, split), "<end>"]:
            top = [{"token": text, "logprob": math.log(0.6)}]
            if text[-1:].isdigit():
                top += [
                    {"token": text[:-1] + str(int(text[-1]) + 1), "logprob": math.log(0.3)},
                    {"token": text + "0", "logprob": math.log(0.05)},
                    {"token": "}", "logprob": math.log(0.05)},
                ]
            listed.append({"token": text, "logprob": math.log(0.6), "bytes": list(text.encode()), "top_logprobs": top})
        choice["logprobs"] = {"content": change(listed)}
        return made

    return answer


MORE = 1 / 3  # 0.3 / (0.6 + 0.3)


@pytest.mark.parametrize("split", [r"(\d)", r'(: \d|")', r"(\W+\d)"])
@pytest.mark.parametrize("mode", ["pointwise", "listwise"])
def test_expected_grades(tmp_path, split, mode):
    with ModelServer(doubtful(split)) as server:
        add(tmp_path, server, "--mode", mode, "--grade", "expected")
        got = score(tmp_path, {"prompt": "a", "responses": ["kind", "kind kind"]})
    assert [line["components"]["criterion/kind"] for line in got] == pytest.approx(
        [(3 + MORE) / 9, (6 + MORE) / 9], abs=1e-4
    )
    assert [line["components"]["grade/expected"] for line in got] == [1, 1]


@pytest.mark.parametrize(
    "change",
    [
        lambda tokens: None,
        lambda tokens: [],
        lambda tokens: tokens[1:],
        lambda tokens: [{**one, "top_logprobs": None} for one in tokens],
        lambda tokens: [{**one, "logprob": 3} for one in tokens],
        lambda tokens: [{**one, "bytes": [999]} for one in tokens],
        lambda tokens: [{key: one[key] for key in ("token", "bytes")} for one in tokens],
    ],
)
def test_without_log_probabilities_the_grade_is_plain_and_says_so(tmp_path, change):
    with ModelServer(doubtful()) as server:
        add(tmp_path, server, "--grade", "expected")
        server.shape = doubtful(change=change)
        (line,) = score(tmp_path, {"prompt": "a", "response": "kind"})
    assert (
        line["components"]["criterion/kind"] == pytest.approx(3 / 9, abs=1e-4)
        and line["components"]["grade/expected"] == 0
    )


def test_a_server_that_refuses_log_probabilities_is_not_asked_again(tmp_path):
    from model_servers import Refuse

    def strict(path, body):
        if "logprobs" in body:
            raise Refuse(400, {"error": {"message": "logprobs are not supported with this model"}})
        return doubtful()(path, body)

    with ModelServer(strict) as server:
        add(tmp_path, server, "--grade", "expected")
        refused = sum("logprobs" in request for request in server.requests)
        assert 0 < refused < len(server.requests) / 4
        (line,) = score(tmp_path, {"prompt": "a", "response": "kind"})
    assert line["components"]["grade/expected"] == 0


def test_a_grade_in_the_text_of_a_reason_is_no_grade(tmp_path):
    def quoting(path, body):
        made = doubtful()(path, body)
        content = made["choices"][0]["message"]["content"].replace("so it reads", 'it says \\"grade\\": 9')
        made["choices"][0]["message"]["content"] = content
        made["choices"][0].pop("logprobs", None)
        listed = tokens_of(content, r"(\d)")
        made["choices"][0]["logprobs"] = {
            "content": [{"token": one, "logprob": 0, "top_logprobs": [{"token": one, "logprob": 0}]} for one in listed]
        }
        return made

    with ModelServer(doubtful()) as server:
        add(tmp_path, server, "--grade", "expected")
        server.shape = quoting
        (line,) = score(tmp_path, {"prompt": "a", "response": "kind"})
    assert (
        line["components"]["criterion/kind"] == pytest.approx(3 / 9, abs=1e-4)
        and line["components"]["grade/expected"] == 1
    )
