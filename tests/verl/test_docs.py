"""The verl page: its commands' settings in verl's own configuration, with rewards from the server that the page starts; and verl's own
client of SandboxFusion against ours."""

import asyncio
import shlex
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
verl = pytest.importorskip("verl")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import doc_blocks  # noqa: E402
from support import mixed_rows, run, serve  # noqa: E402
from test_verl import CharacterTokenizer, make_sample  # noqa: E402


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    import pandas

    folder = tmp_path_factory.mktemp("page")
    rows = [
        {
            "data_source": "mixed",
            "prompt": [{"role": "user", "content": row["prompt"]}],
            "reward_model": {"style": "rule", "ground_truth": row.get("reference")},
            "extra_info": {"index": i, "question": row["prompt"]},
        }
        for i, row in enumerate(mixed_rows())
    ]
    pandas.DataFrame(rows).to_parquet(folder / "train.parquet")
    patch = pytest.MonkeyPatch()
    patch.setenv("RLAR_PYTHON", sys.executable)
    with doc_blocks.build_and_serve("trainers/verl.md", folder) as running:
        yield running
    patch.undo()


@pytest.mark.parametrize("number", [0, 1])
def test_the_pages_commands(server, number):
    from hydra import compose, initialize_config_dir
    from verl.trainer.ppo.reward import load_reward_manager

    command = doc_blocks.blocks("trainers/verl.md", "bash")[number].replace("\\\n", " ")
    module, *overrides = shlex.split(command)[2:]
    assert module == "verl.trainer.main_ppo"
    overrides = [override.replace("http://localhost:8088", server.url) for override in overrides]
    with initialize_config_dir(str(Path(verl.__file__).parent / "trainer" / "config"), version_base=None):
        config = compose("ppo_trainer", overrides=overrides)
    row = mixed_rows()[0]

    async def score_two():
        manager = load_reward_manager(config, CharacterTokenizer())
        manager.loop = asyncio.get_running_loop()
        samples = [
            make_sample(CharacterTokenizer(), {**row, "source": "mixed"}, text)
            for text in (row["reference"], "no idea")
        ]
        return [(await manager.run_single(sample))["reward_score"] for sample in samples]

    assert asyncio.run(score_two()) == [1, 0]


def test_verls_client_of_sandbox_fusion(tmp_path):
    """verl's own reward for code, with our server as its sandbox."""
    from verl.utils.reward_score import default_compute_score
    from verl.utils.reward_score.sandbox_fusion.utils import check_correctness

    run("route", "set", "code", "code_tests", "--library", tmp_path / "lib")
    good = "n = int(input())\nprint(n * n)"
    cases = {"inputs": ["2", "5", "9"], "outputs": ["4\n", "25\n", "81\n"]}
    with serve("--library", tmp_path / "lib") as server:
        url = f"{server.url}/run_code"

        def results(code, tests=cases, **more):
            return check_correctness(url, tests, code, timeout=2, **more)[0]

        assert results(good) == [True, True, True]
        assert results("n = int(input())\nprint(n + n)") == [True, False, False]
        assert results("import sys\nsys.exit(1)") == [-2, -2, -2]
        assert results("while True: pass", {"inputs": ["1"], "outputs": ["1"]}) == [-3]
        assert results("int main() { return x; }", {"inputs": ["1"], "outputs": ["1"]}, language="cpp") == [-4]
        named = {"fn_name": "square", "inputs": ["3"], "outputs": ["9"]}
        assert results("def square(n):\n    return n * n", named) == [True]
        score = default_compute_score(
            "codecontests",
            f"```python\n{good}\n```",
            cases,
            {},
            sandbox_fusion_url=url,
            concurrent_semaphore=None,
            memory_limit_mb=512,
        )
        assert score == 1.0
    # What the page warns of: to verl an unreachable sandbox is a failed test.
    assert results(good, {"inputs": ["2"], "outputs": ["4"]}) == [-1]
