"""Our reward manager and batch function in the real verl package: rewards on examples/mixed, load, failures, what each trainer can do."""

import asyncio
import json
import pickle
import re
import sys
import threading
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("verl")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import mixed_example  # noqa: E402
from faulty_proxy import faulty_proxy  # noqa: E402
from support import add_function, mixed_library, mixed_rows, serve  # noqa: E402
from test_verl import CharacterTokenizer, make_manager, make_sample, one  # noqa: E402


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return mixed_example.make(tmp_path_factory.mktemp("mixed"))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return mixed_library(tmp_path_factory.mktemp("small"))


def config_of(trainer=None, data=None, **options):
    """verl's own defaults for rewards, with our manager as a user's command line sets it."""
    import verl
    from omegaconf import OmegaConf

    defaults = OmegaConf.load(Path(verl.__file__).parent / "trainer" / "config" / "reward" / "reward.yaml")
    config = OmegaConf.create({"reward": defaults, "trainer": trainer or {}, "data": data or {}})
    overrides = ["reward.reward_manager.source=importlib", "reward.reward_manager.name=RewardManager",
                 "reward.reward_manager.module.path=pkg://rlar.verl_manager"]  # fmt: skip
    return OmegaConf.merge(config, OmegaConf.from_dotlist(overrides), {"reward": {"reward_kwargs": {"rlar": options}}})


def our_manager(*args, **kwargs):
    from verl.trainer.ppo.reward import load_reward_manager

    tokenizer = CharacterTokenizer()
    tokenizer.eos_token_id = 3
    return load_reward_manager(config_of(*args, **kwargs), tokenizer)


def score_all(manager_of, samples, at_once=1024):
    """Replies or exceptions of a manager made and run on one event loop, as verl's reward workers do."""

    async def go():
        manager = manager_of()
        manager.loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(at_once)

        async def run_one(sample):
            async with gate:
                return await manager.run_single(sample)

        return await asyncio.gather(*(run_one(sample) for sample in samples), return_exceptions=True)

    return asyncio.run(go())


def requests_of(server) -> int:
    return int(re.search(r'rlar_requests_total\{path="/v1/score",code="200"\} (\d+)', server.request("/metrics")[1])[1])


def test_examples_mixed_with_failures_injected(example):
    """A quarter of the requests is spoilt and the server ends and starts again: every reward is the one of `rlar score`; a sample
    that has none raises, and is no number."""
    tokenizer = CharacterTokenizer()
    cases = [
        (row, i, make_sample(tokenizer, {**row, "source": row.get("source", "")}, text))
        for row, i, text in example.samples()
    ]
    stop = threading.Event()

    def restart(server_context, port):
        time.sleep(0.3)
        server_context.__exit__(None, None, None)
        time.sleep(0.5)
        with serve("--library", example.library, port=port):
            stop.wait(120)

    context = serve("--library", example.library)
    server = context.__enter__()
    with faulty_proxy(server.url, share=1 / 4, seed=5) as proxy:
        restarter = threading.Thread(target=restart, args=(context, server.port))
        restarter.start()
        try:
            replies = score_all(
                lambda: our_manager(url=proxy.url, on_failure="raise", max_batch=16),
                [sample for *_, sample in cases],
                64,
            )
        finally:
            stop.set()
            restarter.join()
    assert sum(proxy.faults.values()) > 5, proxy.faults
    keys, agree, judged = set(), 0, 0
    for (row, i, _), reply in zip(cases, replies, strict=True):
        expected = example.scores[row["id"], i]
        if expected["status"] != "ok":
            assert isinstance(reply, RuntimeError) and "no score" in str(reply), reply
            continue
        assert reply["reward_score"] == expected["value"] == reply["reward_extra_info"]["score"], (row["id"], i, reply)
        keys.add(tuple(reply["reward_extra_info"]))
        assert all(type(value) is float for value in reply["reward_extra_info"].values())
        if (label := example.labels[row["id"], i]) is not None:
            judged, agree = judged + 1, agree + ((expected["value"] >= 0.5) == bool(label))
    assert len(keys) == 1 and judged > 700 and agree / judged > 0.95


@pytest.mark.parametrize("form", ["manager", "function"])
def test_many_samples_go_in_few_requests(small, form):
    tokenizer = CharacterTokenizer()
    rows = [row for row in mixed_rows() if "reference" in row]
    samples = [make_sample(tokenizer, row, text) for row in rows * 10 for text in (row["reference"], "no idea")]
    with serve("--library", small) as server:
        makers = {
            "manager": lambda: our_manager(url=server.url),
            "function": lambda: make_manager({"url": server.url}, tokenizer),
        }
        replies = score_all(makers[form], samples)
        requests = requests_of(server)
        status = server.request("/v1/status")[1]
    assert [reply["reward_score"] for reply in replies] == [1, 0] * (len(rows) * 10)
    assert len(samples) == 600 and requests <= 60, requests
    # Samples of one prompt that wait together are one group for the server, whose diagnostics need groups.
    assert sum(task["groups"] for task in status["tasks"]) > 0


def test_slow_samples_do_not_hold_the_others(tmp_path):
    """A batch that waits for a slow tool leaves the way free for later ones."""
    (tmp_path / "slow.py").write_text(
        "import time\ndef slow(data_source, solution_str, ground_truth, extra_info=None):\n"
        "    time.sleep(1.5 if solution_str == 'z' else 0)\n    return 1.0\n"
    )
    add_function(mixed_library(tmp_path), tmp_path / "slow.py", "slow", task="slow")
    tokenizer = CharacterTokenizer()
    fast = make_sample(tokenizer, mixed_rows()[0], "8")
    slow = make_sample(tokenizer, {"prompt": "x", "reference": "y", "task": "slow"}, "z")

    async def go(url):
        manager = our_manager(url=url)
        waiting = asyncio.create_task(manager.run_single(slow))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        reply = await manager.run_single(fast)
        took, still_waiting = time.monotonic() - began, not waiting.done()
        return reply["reward_score"], took, still_waiting, (await waiting)["reward_score"]

    with serve("--library", tmp_path / "lib") as server:
        reward, took, still_waiting, slow_reward = asyncio.run(go(server.url))
    assert (reward, slow_reward) == (1, 1) and still_waiting and took < 1.2


def test_the_managers_own_knowledge(small):
    """It reads the prompt's turns from the batch, says which responses were cut off, and judges a rollout's last sequence."""
    from verl import DataProto

    tokenizer = CharacterTokenizer()
    row = mixed_rows()[0]
    turns = [{"role": "system", "content": "Answer."}, {"role": "user", "content": row["prompt"]}]

    def sample(text, **others):
        made = make_sample(tokenizer, row, text, raw_prompt=turns, **others)
        made.non_tensor_batch["extra_info"][0].pop("question")  # only the batch holds the prompt
        return made

    extra_before = dict(sample("8").non_tensor_batch["extra_info"][0])
    whole = sample("8")
    two = DataProto.concat([sample("9"), sample("8")])
    cut_off, ended = sample("the answer is 8"), sample("the answer is\x03")
    with serve("--library", small) as server:
        replies = score_all(
            lambda: our_manager(url=server.url, data={"max_response_length": 14}), [whole, two, cut_off, ended]
        )
    for reply in replies:
        assert reply["reward_extra_info"]["rlar_valid"] == 1, reply
    assert [reply["reward_score"] for reply in replies[:3]] == [1, 1, 1]
    assert [reply["reward_extra_info"]["rlar/truncated"] for reply in replies] == [0, 0, 1, 0]
    after = whole.non_tensor_batch["extra_info"][0]
    assert after.keys() == extra_before.keys(), "the sample's own fields stay as they were"


def test_retries_ask_again_before_the_fallback(tmp_path):
    """A user's function that crashes now and then: with retry every sample gets its reward."""
    (tmp_path / "flaky.py").write_text(
        "import os, pathlib\n"
        f"seen = pathlib.Path({str(tmp_path / 'seen')!r})\n"
        "seen.mkdir(exist_ok=True)\n"
        "def flaky(data_source, solution_str, ground_truth, extra_info=None):\n"
        "    mark = seen / solution_str\n"
        "    if solution_str.startswith('bad') and not mark.exists():\n"
        "        mark.touch()\n"
        "        os._exit(1)\n"
        "    return 1.0\n"
    )
    add_function(mixed_library(tmp_path), tmp_path / "flaky.py", "flaky", task="flaky")
    tokenizer = CharacterTokenizer()

    def samples(tag):
        row = {"prompt": "x", "reference": "y", "task": "flaky"}
        return [make_sample(tokenizer, row, f"{kind}{tag}") for kind in ("good", "bad")]

    with serve("--library", tmp_path / "lib") as server:
        with_retry = score_all(
            lambda: our_manager(url=server.url, on_failure="retry:3+raise", max_batch=1), samples("a")
        )
        without = score_all(lambda: our_manager(url=server.url, max_batch=1), samples("b"))
    assert [reply["reward_score"] for reply in with_retry] == [1, 1]
    assert without[0]["reward_score"] == 1 and "no score: failed (unavailable)" in str(without[1])


def test_what_the_trainer_cannot_do_is_an_error_at_construction(small):
    sync = {"use_v1": True, "v1": {"trainer_mode": "sync"}}
    asynchronous = {"use_v1": True, "v1": {"trainer_mode": "colocate_async"}}
    with serve("--library", small) as server:
        for trainer, policy, says in [
            (None, "skip", "trainer_mode=sync only"),
            (None, "drop_group", "asynchronous"),
            (sync, "drop_group", "asynchronous"),
            (asynchronous, "skip", "trainer_mode=sync only"),
            (sync, "zero", "on_failure must be"),
        ]:
            with pytest.raises(ValueError, match=says):
                our_manager(trainer, url=server.url, on_failure=policy)
        with pytest.raises(TypeError, match="'urls'"):
            our_manager(urls=server.url)
        for trainer, policy in [
            (sync, "skip"),
            (sync, "retry:2+skip"),
            (asynchronous, "drop_group"),
            (None, "neutral:0.5"),
            (None, "raise"),
        ]:
            our_manager(trainer, url=server.url, on_failure=policy)
    with pytest.raises(RuntimeError, match="no answer in 0.3 s"):
        our_manager(url=server.url, timeout=0.3)


def test_columns_are_few_where_verls_validation_samples_several(small):
    from omegaconf import OmegaConf
    from verl.trainer.ppo.reward import load_reward_manager

    sample = make_sample(CharacterTokenizer(), mixed_rows()[0], "8")

    def columns(n, **options):
        with serve("--library", small) as server:
            several = {"actor_rollout_ref": {"rollout": {"val_kwargs": {"n": n}}}}
            config = OmegaConf.merge(config_of(url=server.url, **options), several)
            (reply,) = score_all(lambda: load_reward_manager(config, CharacterTokenizer()), [sample])
        return set(reply["reward_extra_info"])

    few = {
        "score",
        "rlar_valid",
        "rlar_status",
        "rlar_ms",
        "rlar/seconds",
        "rlar/exposed_seconds",
        "rlar/usd",
        "rlar/truncated",
    }
    assert columns(4) == few == columns(1, keys="few")
    assert columns(1) == columns(4, keys="all") > few
    with pytest.raises(ValueError, match="keys must be"):
        our_manager(url="http://localhost:1", keys="some")


def test_what_verl_makes_of_a_reward_that_raises():
    """The facts that skip and drop_group rest on, in verl's own replay buffer: a prompt with a failed session stays sampleable under
    the synchronous trainer and is evicted under the asynchronous ones. Its storage, which needs another package, is a stand-in."""
    import importlib.util
    import types

    import verl

    stub = types.ModuleType("transfer_queue")
    stub.KVBatchMeta = type("KVBatchMeta", (), {})
    before = sys.modules.get("transfer_queue")
    sys.modules["transfer_queue"] = stub
    try:
        path = Path(verl.__file__).parent / "trainer" / "ppo" / "v1" / "replay_buffer.py"
        spec = importlib.util.spec_from_file_location("verl_replay_buffer", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        if before is None:
            del sys.modules["transfer_queue"]
    buffers = [
        cls for cls in vars(module).values() if isinstance(cls, type) and hasattr(cls, "_terminal_eviction_reasons")
    ]
    assert buffers, "verl's replay buffer has changed: look at what a failed session becomes there"
    for cls in buffers:
        buffer = object.__new__(cls)
        for name in ("pending_keys", "running_keys", "finished_keys", "failure_keys"):
            setattr(buffer, name, {"train": set()})
        buffer.finished_keys["train"], buffer.failure_keys["train"] = {"whole"}, {"failed"}
        buffer.partitions = {"train": {"failed_0_0": {}, "whole_0_0": {}, "whole_1_0": {}}}
        buffer.prompt_global_steps = {"train": {"whole": 1, "failed": 1}}
        buffer.filter_groups_metric, buffer.sync_refill_failed_groups, buffer.max_off_policy_threshold = (
            None,
            False,
            None,
        )
        buffer.max_off_policy_strategy = "drop"
        reasons = buffer._terminal_eviction_reasons(1, "train")
        sampleable = buffer._sampleable_terminal_keys("train", reasons)
        expected = {"whole"} if "Async" in cls.__name__ else {"whole", "failed"}
        assert sampleable == expected, (cls.__name__, sampleable)


def test_the_batch_form(small):
    """verl's batch reward manager calls the function with whole columns."""
    from rlar.verl import compute_score_batch
    from verl import DataProto
    from verl.workers.reward_manager.batch import BatchRewardManager

    tokenizer = CharacterTokenizer()
    rows = [mixed_rows()[0], mixed_rows()[20]]
    texts = [[row["reference"], "no"] for row in rows] + [["8", "8"]]
    width = 12
    parts = []
    for row, responses in zip([*rows, rows[0]], texts, strict=True):
        for text in responses:
            sample = make_sample(tokenizer, row, text)
            pad = width - sample.batch["responses"].shape[1]
            responses_padded = torch.nn.functional.pad(sample.batch["responses"], (0, pad))
            mask = torch.nn.functional.pad(sample.batch["attention_mask"], (0, pad))
            tensors = {"prompts": sample.batch["prompts"], "responses": responses_padded, "attention_mask": mask}
            parts.append(DataProto.from_dict(tensors=tensors, non_tensors=sample.non_tensor_batch))
    with serve("--library", small) as server:
        manager = BatchRewardManager(tokenizer, 0, compute_score_batch, url=server.url)
        reply = manager(DataProto.concat(parts), return_dict=True)
        assert requests_of(server) == 1
        failing = DataProto.concat([parts[0], DataProto.from_dict(
            tensors=dict(parts[1].batch), non_tensors={**parts[1].non_tensor_batch, "reward_model": one({"ground_truth": None})}
        )])  # fmt: skip
        with pytest.raises(RuntimeError, match="no score"):
            manager(failing, return_dict=True)
        neutral = BatchRewardManager(tokenizer, 0, compute_score_batch, url=server.url, on_failure="neutral=0.5")
        assert neutral(failing, return_dict=True)["reward_extra_info"]["score"] == [1, 0.5]
    assert reply["reward_tensor"].sum(dim=1).tolist() == [1, 0, 1, 0, 1, 1]
    info = reply["reward_extra_info"]
    assert {len(values) for values in info.values()} == {6}
    # The first and third prompts are one: a group is an equal prompt and reference.
    assert info["rlar/zero_variance"] == [0, 0, 0, 0, 0, 0] and info["rlar_valid"] == [1] * 6


def test_exceptions_and_options_cross_processes():
    from rlar.backend import NoScore
    from rlar.score import Score

    error = pickle.loads(pickle.dumps(NoScore(Score("failed", None, "timeout", "too slow"))))
    assert isinstance(error, RuntimeError) and error.score.error_class == "timeout" and "too slow" in str(error)


@pytest.mark.parametrize("value", ["neutral:0.0", "retry:2+neutral:-1.5", "retry+raise", "drop_group", "'neutral=0.0'"])
def test_policies_can_be_written_on_hydras_command_line(value):
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from rlar.backend import parse_on_failure

    read = OverridesParser.create().parse_override(f"+reward.reward_kwargs.rlar.on_failure={value}").value()
    parse_on_failure(str(read).strip("'"), ("raise", "skip", "drop_group", "neutral"))


def test_the_reward_loop_on_ray(small, tmp_path):
    """verl's reward loop as its trainer uses it: workers in processes of their own, one batch, one tensor of rewards."""
    import numpy as np
    import ray
    from char_policy import make_tokenizer
    from omegaconf import OmegaConf
    from verl import DataProto
    from verl.experimental.reward_loop.reward_loop import RewardLoopManager

    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    rows = [row for row in mixed_rows() if "reference" in row][:20]
    texts = [text for row in rows for text in (row["reference"], "no idea")]
    ids = tokenizer(texts, padding=True, padding_side="right", return_tensors="pt")
    count = len(texts)
    mask = torch.cat([torch.ones(count, 3, dtype=torch.long), ids["attention_mask"]], dim=1)
    tensors = {"prompts": torch.ones(count, 3, dtype=torch.long), "responses": ids["input_ids"], "attention_mask": mask}
    others = {
        "data_source": np.array([""] * count, dtype=object),
        "reward_model": np.array([{"ground_truth": row["reference"]} for row in rows for _ in "ab"], dtype=object),
        "extra_info": np.array([{"question": row["prompt"]} for row in rows for _ in "ab"], dtype=object),
    }
    with serve("--library", small) as server:
        config = config_of(url=server.url)
        model = {"actor_rollout_ref": {"model": {"tokenizer_path": str(tmp_path / "tokenizer"), "path": None}}}
        config = OmegaConf.merge(config, model, {"reward": {"num_workers": 2}})
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, ignore_reinit_error=True)
        try:
            manager = RewardLoopManager(config)
            reply = manager.compute_rm_score(DataProto.from_dict(tensors=tensors, non_tensors=others))
            requests = requests_of(server)
        finally:
            ray.shutdown()
    assert reply.batch["rm_scores"].sum(dim=1).tolist() == [1, 0] * 20
    assert "rlar/tool/number_equal" in reply.meta_info["reward_extra_keys"]
    assert reply.non_tensor_batch["rlar_valid"].tolist() == [1] * 40
    assert requests <= 8, "two workers, forty samples"
    json.dumps({key: value.tolist() for key, value in reply.non_tensor_batch.items()})
