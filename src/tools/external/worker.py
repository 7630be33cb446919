"""Runs one reward function of the user's for the parent process.

Reads one JSON request a line from standard input: {"prompt", "messages", "reference", "source", "params", "extra",
"responses": [str], "turns"?: [{"messages"?, "state"?}]}; answers one line {"scores": [number | null]} or {"error": str} on the descriptor that was standard output.
The function's own prints go to standard error, so that they cannot be read as answers.
"""

import asyncio
import importlib.util
import inspect
import json
import math
import os
import sys
import traceback


def load(path, name):
    spec = importlib.util.spec_from_file_location("rlar_user_reward", path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec.loader.exec_module(module)
    function = getattr(module, name, None)
    if not callable(function):
        raise AttributeError(f"{path} has no function {name!r}")
    return function


def run(value):
    return asyncio.run(value) if inspect.isawaitable(value) else value


def plain(value, key="score"):
    """A finite float, or None where the function says it cannot score."""
    if isinstance(value, dict):
        value = value.get(key, value.get("reward"))
    if value is None:
        return None
    if hasattr(value, "item"):
        value = value.item()
    number = float(value)
    return number if math.isfinite(number) else "nan"


def turns_of(request):
    """What each response has beside its text: its messages (tool calls and results among them) and its end state."""
    return request.get("turns") or [{}] * len(request["responses"])


def call_verl(function, request):
    """verl: compute_score(data_source, solution_str, ground_truth, extra_info) -> float | dict.

    A response's turns and end state are extra_info["messages"] and extra_info["state"].
    """
    extra = {**(request.get("extra") or {}), **(request.get("params") or {})}
    return [
        plain(
            run(
                function(
                    data_source=request["source"],
                    solution_str=text,
                    ground_truth=request["reference"],
                    extra_info={**extra, **more},
                )
            )
        )
        for text, more in zip(request["responses"], turns_of(request))
    ]


def call_trl(function, request):
    """TRL: f(prompts, completions, **columns) -> list[float | None]; turns and end states are the columns messages and state."""
    count = len(request["responses"])
    columns = {**(request.get("extra") or {}), **(request.get("params") or {})}
    columns.update(reference=request["reference"], answer=request["reference"], source=request["source"])
    keywords = {name: [value] * count for name, value in columns.items()}
    for name in ("messages", "state"):
        if any(name in more for more in turns_of(request)):
            keywords[name] = [more.get(name) for more in turns_of(request)]
    result = run(function(prompts=[request["prompt"]] * count, completions=list(request["responses"]), **keywords))
    return [plain(value) for value in result]


def call_openrlhf(function, request):
    """OpenRLHF: reward_func(queries, prompts, labels) -> {"rewards"} | tensor | list."""
    count = len(request["responses"])
    queries = [request["prompt"] + text for text in request["responses"]]
    result = run(function(queries, [request["prompt"]] * count, [request["reference"]] * count))
    if isinstance(result, dict):
        result = result["rewards"]
    if hasattr(result, "tolist"):
        result = result.tolist()
    return [plain(value) for value in result]


CALLS = {"verl": call_verl, "trl": call_trl, "openrlhf": call_openrlhf}


def main():
    path, name, form = sys.argv[1:4]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        function, failure = load(path, name), None
    except BaseException as error:  # the user's module may raise anything, SystemExit included
        function, failure = None, f"{type(error).__name__}: {error}"
    answers.write(json.dumps({"ready": failure is None, "error": failure}) + "\n")
    answers.flush()
    for line in sys.stdin if failure is None else ():
        try:
            request = json.loads(line)
            scores = CALLS[form](function, request)
            if len(scores) != len(request["responses"]):
                raise ValueError(f"returned {len(scores)} scores for {len(request['responses'])} responses")
            reply = {"scores": scores}
        except BaseException as error:
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(reply) + "\n")
        answers.flush()


main()
