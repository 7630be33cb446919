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
