"""instruction_constraints in published mode against recorded verdicts of the official code."""

import pytest


def rows(recorded):
    return [
        {
            "prompt": one.get("prompt", ""),
            "response": one["response"],
            "params": {
                "instruction_id_list": one["instruction_id_list"],
                "kwargs": [{k: v for k, v in kwargs.items() if v is not None} for kwargs in one["kwargs"]],
            },
        }
        for one in recorded
    ]


def random_letter(kwargs):
    """The official code draws a letter where this is none."""
    return kwargs.get("letter") in ("#", "!")


@pytest.mark.parametrize("name", ["ifeval_google_verdicts", "gpt4_verdicts_podtech"])
def test_ifeval(score, data, name):
    recorded = [one for one in data(f"ifeval/{name}.jsonl.gz") if not any(random_letter(k) for k in one["kwargs"])]
    different, checks = [], 0
    for one, got in zip(recorded, score("instruction_constraints", rows(recorded))):
        assert got["status"] == "ok", got
        for i, instruction in enumerate(one["instruction_id_list"]):
            for kind in ("strict", "loose"):
                checks += 1
                if bool(got["components"][f"{kind}/{i}"]) != one[kind][i]:
                    different.append((one.get("model"), one["key"], instruction, kind, one[kind][i]))
    assert checks > 500
    print(f"{checks - len(different)} of {checks} verdicts equal")
    assert not different, (len(different), checks, different[:40])


# What the official code needs and no package holds: NLTK's part-of-speech tagger.
UNAVAILABLE = {"words:start_verb"}


def test_ifbench(score, data):
    """The recorded rows lack their kwargs, which stand beside the prompts."""
    prompts = {one["prompt"].strip(): one for one in data("ifbench/IFBench_test.jsonl.gz")}
    recorded = [one for one in data("ifbench/official_verdicts.jsonl.gz") if one["prompt"].strip() in prompts]
    recorded = [{**one, "kwargs": prompts[one["prompt"].strip()]["kwargs"]} for one in recorded]
    usable = [one for one in recorded if not UNAVAILABLE & set(one["instruction_id_list"])]
    different, checks = [], 0
    for one, got in zip(usable, score("instruction_constraints", rows(usable))):
        assert got["status"] == "ok", got
        for i, instruction in enumerate(one["instruction_id_list"]):
            for kind in ("strict", "loose"):
                checks += 1
                if bool(got["components"][f"{kind}/{i}"]) != one[kind][i]:
                    different.append((instruction, kind, one[kind][i], one["kwargs"][i], one["response"]))
    assert checks > 200
    print(f"{checks - len(different)} of {checks} verdicts equal; {len(recorded) - len(usable)} rows need the tagger")
    assert not different, (len(different), checks, different[:10])


def test_what_no_package_holds(score):
    (got,) = score(
        "instruction_constraints", [{"response": "Run.", "params": {"instruction_id_list": ["words:start_verb"]}}]
    )
    assert got["status"] in ("ok", "failed")
    if got["status"] == "failed":
        assert got["class"] == "unavailable" and "averaged_perceptron_tagger_eng" in got["reason"]
