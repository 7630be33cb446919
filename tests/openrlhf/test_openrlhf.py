"""OpenRLHF's own remote reward client against a running server: right rewards on examples/mixed, failures injected.

What is OpenRLHF's: the executor that asks for a rollout's reward (utils/agent.py, SingleTurnAgentExecutor, over aiohttp), what makes an
experience of its answer (trainer/ppo_utils/samples_generator.py), and the merging of experiences into micro-batches
(trainer/ppo_utils/experience.py). What is not: the engine that generates, a stand-in that answers with the recorded responses, and
three names of vllm that samples_generator imports and that nothing here calls; vllm itself needs a GPU.
"""

import asyncio
import json
import re
import sys
import types
from pathlib import Path
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("openrlhf")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import mixed_example  # noqa: E402
from faulty_proxy import faulty_proxy  # noqa: E402
from support import mixed_library, mixed_rows, serve  # noqa: E402


def import_openrlhf():
    """OpenRLHF with vllm's three names, where vllm is missing."""
    if "vllm" not in sys.modules:
        try:
            import vllm  # noqa: F401
        except ImportError:
            for name, names in (
                ("vllm", ["SamplingParams"]),
                ("vllm.inputs", ["TokensPrompt"]),
                ("vllm.utils", ["random_uuid"]),
            ):
                module = types.ModuleType(name)
                for one in names:
                    setattr(module, one, type(one, (), {}))
                sys.modules[name] = module
    from openrlhf.trainer.ppo_utils.experience import Experience
    from openrlhf.trainer.ppo_utils.samples_generator import SamplesGenerator
    from openrlhf.utils.agent import SingleTurnAgentExecutor

    return SingleTurnAgentExecutor, SamplesGenerator, Experience


def make_tokenizer():
    """A real fast tokenizer that can hold any text: its vocabulary is the bytes and ChatML's tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    return tokenizer


def chat(prompt: str) -> str:
    return f"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"


class Engine:
    """Generates the response that it is given."""

    def __init__(self, tokenizer, response: str, finish_reason: str = "stop") -> None:
        ids = tokenizer(response, add_special_tokens=False)["input_ids"]
        self.ids = ids + ([tokenizer.eos_token_id] if finish_reason == "stop" else [])
        self.finish_reason = finish_reason

    async def generate(self, prompt_ids, sampling_params, multi_modal_data=None):
        return SimpleNamespace(
            outputs=[SimpleNamespace(token_ids=self.ids, finish_reason=self.finish_reason, logprobs=None)]
        )


PARAMS = SimpleNamespace(max_tokens=None, logprobs=None)


async def rollouts(executor, tokenizer, cases, at_once: int = 64):
    """What the executor makes of (prompt, label, response)s."""
    gate = asyncio.Semaphore(at_once)

    async def one(prompt, label, response):
        async with gate:
            return await executor.execute(prompt, label, PARAMS, 1 << 20, tokenizer, Engine(tokenizer, response))

    return await asyncio.gather(*(one(*case) for case in cases))


def label_of(row):
    """One column is all that travels: a JSON object with what the row has."""
    return json.dumps(
        {key: row[key] for key in ("reference", "params", "source") if key in row} | {"reference": row.get("reference")}
    )


def experience_of(output):
    _, generator, _ = import_openrlhf()
    return generator._process_response_into_experience(object(), output, max_len=1 << 20)


def number(value):
    """The number of the client's `[number]`, or None."""
    return None if value is None else value[0]


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return mixed_example.make(tmp_path_factory.mktemp("mixed"))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return mixed_library(tmp_path_factory.mktemp("small"))


def test_rewards_on_examples_mixed_through_a_bad_network(example):
    """Every sixth request is spoilt. Rewards are those of `rlar score`, and a sample without a score has none."""
    executor_class, _, _ = import_openrlhf()
    tokenizer = make_tokenizer()
    samples = list(example.samples())
    cases = [(chat(row["prompt"]), label_of(row), response) for row, _, response in samples]
    with serve("--library", example.library) as server, faulty_proxy(server.url, share=1 / 6, seed=3) as proxy:
        executor = executor_class(f"{proxy.url}/get_reward")
        outputs = asyncio.run(rollouts(executor, tokenizer, cases, at_once=256))
    assert all(count > 0 for count in proxy.faults.values()), proxy.faults
    agree = judged = unscored = 0
    for (row, i, _), output in zip(samples, outputs, strict=True):
        expected = example.scores[row["id"], i]
        experience = experience_of(output)
        if expected["status"] != "ok":
            unscored += 1
            assert output["reward"] is None and output["scores"] is None, (row["id"], output["reward"])
            assert experience.rewards is None and experience.scores is None and "reward" not in experience.info
            continue
        if output["reward"] is None:  # five spoilt answers in a row: no number, and no made-up one
            assert experience.rewards is None
            continue
        assert number(output["reward"]) == expected["value"] == experience.rewards.item(), (row["id"], i)
        assert number(output["extra_logs"]["rlar_valid"]) == 1
        if example.labels[row["id"], i] is not None:
            judged += 1
            agree += (expected["value"] >= 0.5) == bool(example.labels[row["id"], i])
    assert unscored >= 80 and judged >= 700
    assert agree / judged > 0.95, agree / judged


def test_a_failure_ends_the_step_and_is_never_trained_on(small):
    """OpenRLHF's own merging of samples: a missing reward leaves the micro-batch without rewards or raises; nothing becomes 0."""
    executor_class, _, experience_class = import_openrlhf()
    tokenizer = make_tokenizer()
    scored, unserved = mixed_rows()[0], mixed_rows()[-1]
    with serve("--library", small) as server:
        executor = executor_class(f"{server.url}/get_reward")
        cases = [
            (row["prompt"], row.get("reference"), text)
            for row, text in ((scored, "8"), (unserved, "Once."), (scored, "9"))
        ]
        good, bad, wrong = (experience_of(output) for output in asyncio.run(rollouts(executor, tokenizer, cases)))
    assert (good.rewards.item(), wrong.rewards.item(), bad.rewards) == (1, 0, None)
    merged = experience_class.concat_experiences([bad, good], tokenizer.pad_token_id)
    assert merged.rewards is None and merged.scores is None
    with pytest.raises((AttributeError, TypeError)):
        experience_class.concat_experiences([good, bad], tokenizer.pad_token_id)
    both = experience_class.concat_experiences([good, wrong], tokenizer.pad_token_id)
    assert both.rewards.flatten().tolist() == [1, 0]


def test_neutral_is_sent_only_where_the_server_was_told_to(small):
    executor_class, _, _ = import_openrlhf()
    tokenizer = make_tokenizer()
    cases = [(row["prompt"], row.get("reference"), "Once.") for row in mixed_rows()[-3:]]
    with serve("--library", small, "--on-failure", "neutral=0.25") as server:
        outputs = asyncio.run(rollouts(executor_class(f"{server.url}/get_reward"), tokenizer, cases))
    for output in outputs:
        experience = experience_of(output)
        assert experience.rewards.item() == 0.25 and experience.info["rlar_valid"].item() == 0


def test_a_restart_in_the_middle_of_a_step(small):
    """The server ends and starts again while rollouts wait: OpenRLHF asks five times, a second apart."""
    executor_class, _, _ = import_openrlhf()
    tokenizer = make_tokenizer()
    rows = [row for row in mixed_rows() if "reference" in row]
    cases = [(row["prompt"], row["reference"], text) for row in rows * 10 for text in (row["reference"], "no idea")]

    async def run_step():
        with serve("--library", small) as server:
            executor = executor_class(f"{server.url}/get_reward")
            waiting = asyncio.create_task(rollouts(executor, tokenizer, cases, 2))
            await asyncio.sleep(0.1)
        assert not waiting.done()
        await asyncio.sleep(1)
        restarted = serve("--library", small, port=server.port)
        await asyncio.to_thread(restarted.__enter__)
        try:
            return await waiting
        finally:
            await asyncio.to_thread(restarted.__exit__, None, None, None)

    outputs = asyncio.run(run_step())
    assert [number(output["reward"]) for output in outputs] == [1, 0] * len(rows) * 10


def test_several_addresses_are_asked_in_turn(small):
    executor_class, _, _ = import_openrlhf()
    tokenizer = make_tokenizer()
    cases = [(row["prompt"], row.get("reference"), row["reference"]) for row in mixed_rows()[:20]]
    with serve("--library", small) as one, serve("--library", small) as two:
        executor = executor_class([f"{one.url}/get_reward", f"{two.url}/get_reward"])
        outputs = asyncio.run(rollouts(executor, tokenizer, cases))
        asked = [
            re.search(r'rlar_requests_total\{path="/get_reward",code="200"\} (\d+)', server.request("/metrics")[1])[1]
            for server in (one, two)
        ]
    assert [number(output["reward"]) for output in outputs] == [1] * 20
    assert asked == ["10", "10"]


def test_the_pages_options_are_openrlhfs():
    import importlib.util
    import shlex

    import doc_blocks

    (command,) = doc_blocks.blocks("trainers/openrlhf.md", "bash")
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:3] == ["python3", "-m", "openrlhf.cli.train_ppo_ray"]
    source = Path(importlib.util.find_spec("openrlhf").origin).parent / "cli" / "train_ppo_ray.py"
    known = set(re.findall(r'"(--[\w.]+)"', source.read_text()))
    options = [word for word in words if word.startswith("--")]
    assert "--reward.remote_url" in options and set(options) <= known, set(options) - known
