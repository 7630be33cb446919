import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
os.environ.update(TRANSFORMERS_VERBOSITY="error", TOKENIZERS_PARALLELISM="false")


@pytest.fixture(scope="session")
def hub_folder(tmp_path_factory):
    """Models and decoys, trained once; (folder, what the Hub says of each)."""
    import tiny

    folder = tmp_path_factory.mktemp("hub")
    return folder, tiny.make_hub(folder)


@pytest.fixture(scope="session")
def small_hub(hub_folder):
    """One model that is good at chat, one that likes length: each trial costs a start of torch."""
    folder, repos = hub_folder
    return folder, {name: repos[name] for name in ("lab/chat-reward", "big/verbose-reward")}


@pytest.fixture
def environment(tmp_path):
    """For rlar: this interpreter for models, and a cache of its own."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    return {**inherited, "RLAR_MODELS_PYTHON": sys.executable, "HF_HOME": str(tmp_path / "hf")}
