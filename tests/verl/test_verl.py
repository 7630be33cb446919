"""The real verl package: its loader of custom reward functions and its reward manager, with rewards from a running server."""

import asyncio
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("verl")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

from support import mixed_library, mixed_rows, serve  # noqa: E402


class CharacterTokenizer:
    """What the manager needs of a tokenizer: ids back to text."""

    def encode(self, text: str) -> list[int]:
        return [ord(c) for c in text]

    def decode(self, ids, skip_special_tokens: bool = True) -> str:
        return "".join(chr(int(i)) for i in ids)


def make_sample(tokenizer, row: dict, response: str, **others):
    """What an agent loop hands to a reward manager: one sample, padded."""
    import numpy as np
    from verl import DataProto

    ids = tokenizer.encode(response) or [32]
    padded = torch.tensor([ids + [0] * 4])
    mask = torch.tensor([[1] * (3 + len(ids)) + [0] * 4])
    tensors = {"prompts": torch.ones(1, 3, dtype=torch.long), "responses": padded, "attention_mask": mask}
    extra = {"question": row["prompt"], "index": 0, "score_weights": np.arange(2)}
    extra |= {key: row[key] for key in ("params", "task") if key in row}
    fields = {
        "data_source": row.get("source", ""),
        "reward_model": {"ground_truth": row.get("reference")},
        "extra_info": extra,
    }
    return DataProto.from_dict(
        tensors=tensors, non_tensors={key: one(value) for key, value in (fields | others).items()}
    )


def one(value):
    """A numpy array of one object."""
    import numpy as np

    array = np.empty(1, dtype=object)
    array[0] = value
    return array


def make_manager(reward_kwargs: dict, tokenizer, name: str = "compute_score"):
    from omegaconf import OmegaConf
    from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager
    from verl.trainer.ppo.reward import get_custom_reward_fn

    settings = {"path": "pkg://rlar.verl", "name": name, "reward_kwargs": reward_kwargs}
    function = get_custom_reward_fn(OmegaConf.create({"reward": {"custom_reward_function": settings}}))
    return NaiveRewardManager(OmegaConf.create({}), tokenizer, function)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve("--library", mixed_library(tmp_path_factory.mktemp("verl"))) as running:
        yield running


def test_the_managers_rewards_are_right(server):
    tokenizer = CharacterTokenizer()

    async def score_all():
        manager = make_manager({"url": server.url, "on_failure": "neutral=0.0"}, tokenizer)
        manager.loop = asyncio.get_running_loop()
        samples = []
        for row in mixed_rows():
            for response in (f"The answer is {row.get('reference', 'x')}.", "no idea"):
                samples.append((row, response, make_sample(tokenizer, row, response)))
        replies = await asyncio.gather(*(manager.run_single(sample) for _, _, sample in samples))
        return [(row, response, reply) for (row, response, _), reply in zip(samples, replies)]

    scored = asyncio.run(score_all())
    keys = {frozenset(reply["reward_extra_info"]) for _, _, reply in scored}
    assert len(keys) == 1, "verl needs the same keys on every sample"
    assert {"rlar_valid", "rlar_status", "rlar_ms", "rlar/seconds", "rlar/task/other", "rlar/tool/number_equal"} <= set(
        *keys
    )
    for row, response, reply in scored:
        info = reply["reward_extra_info"]
        assert all(isinstance(value, float) for value in info.values())
        if "reference" in row:
            assert reply["reward_score"] == float(row["reference"] in response), (row, response, reply)
            assert info["rlar_valid"] == 1
        else:
            assert info["rlar_valid"] == 0 and info["rlar_status"] == 2


def test_a_failure_is_not_trained_on_as_a_number_by_default(server):
    tokenizer = CharacterTokenizer()

    async def score_one():
        manager = make_manager({"url": server.url}, tokenizer)
        manager.loop = asyncio.get_running_loop()
        return await manager.run_single(make_sample(tokenizer, {"prompt": "Tell me a story about thing 1."}, "Once"))

    with pytest.raises(RuntimeError, match="no score"):
        asyncio.run(score_one())
