"""The Hub's client: search over pages, downloads that are checked, every fault told apart, and a cache that Python users share."""

import json
import subprocess
import sys

import pytest
import tiny
from hub_server import Hub
from support import jsonl, run

TOKEN = "hf_canary77"


@pytest.fixture
def hub(hub_folder):
    with Hub(*hub_folder, renamed={"old/chat-name": "lab/chat-reward"}) as running:
        yield running


@pytest.fixture
def add(hub, environment, tmp_path):
    rows = [{"prompt": p, "chosen": g, "rejected": b, "task": "chat"} for p, g, b in tiny.pairs("chat", 30, 3)]
    (tmp_path / "rows.jsonl").write_text(jsonl(rows))

    def call(model, check=0, **more):
        env = {**environment, "HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HUB_DOWNLOAD_TIMEOUT": "3", **more}
        done = run(
            "models", "add", "my_model", "--model", model, "--library", tmp_path / "lib", "--data", tmp_path / "rows.jsonl", "--json",
            check=check, env=env, timeout=180,
        )  # fmt: skip
        assert TOKEN.encode() not in done.stdout + done.stderr
        return done

    return call


def test_search_follows_the_pages(hub, environment):
    env = {**environment, "HF_ENDPOINT": hub.url}
    found = [line.split()[1] for line in run("models", "search", "reward", env=env).stdout.decode().splitlines()]
    assert found[0] == "big/verbose-reward" and "lab/stories-reward" in found and len(found) == 10, found
    assert b"(gated)" in run("models", "search", "gated", env=env).stdout
    hub.faults["/api/models"] = {"kind": "throttle", "times": 1}
    run("models", "search", "chat", env=env)  # a pause, and on


def test_a_model_is_fetched_checked_and_cached(add, hub, environment):
    card = json.loads(add("lab/chat-reward").stdout)
    assert card["status"] == "admitted" and card["program"]["revision"] == hub.sha("lab/chat-reward")
    assert card["program"]["model_dir"].endswith(f"models--lab--chat-reward/snapshots/{hub.sha('lab/chat-reward')}")
    sent = [headers for _, path, headers in hub.log if "signature" in path]
    assert sent and not any("Authorization" in headers for headers in sent)  # the token stays with the Hub
    # Python users find it in the cache, offline.
    asked = f"'lab/chat-reward', revision='{hub.sha('lab/chat-reward')}', local_files_only=True"
    code = f"import huggingface_hub as h; print(h.snapshot_download({asked}))"
    found = subprocess.run(
        [sys.executable, "-c", code], env={**environment, "HF_HUB_OFFLINE": "1"}, capture_output=True, text=True
    )
    assert found.stdout.strip() == card["program"]["model_dir"], found.stderr
    before = len(hub.log)
    add("lab/chat-reward")  # nothing is fetched twice
    assert not any("signature" in path for _, path, _ in hub.log[before:])


def test_a_renamed_model_keeps_its_new_name(add, hub):
    assert json.loads(add("old/chat-name").stdout)["program"]["revision"] == hub.sha("lab/chat-reward")


@pytest.mark.parametrize("fault", [{"kind": "cut"}, {"kind": "no_range", "times": 2}, {"kind": "slow", "seconds": 1}])
def test_a_broken_transfer_goes_on(add, hub, fault):
    hub.faults["/api/models/lab" if fault["kind"] == "slow" else "file:"] = fault
    assert json.loads(add("lab/chat-reward").stdout)["status"] == "admitted"


def test_a_corrupt_file_is_refused_and_removed(add, hub, environment):
    hub.faults["file:/lab/chat-reward/model.safetensors"] = {"kind": "corrupt", "times": 9}
    done = add("lab/chat-reward", check=2)
    assert b"checksum" in done.stderr and b"removed" in done.stderr
    hub.faults.clear()
    assert json.loads(add("lab/chat-reward").stdout)["status"] == "admitted"


@pytest.mark.parametrize(
    ("model", "more", "says"),
    [
        ("lab/nothing", {}, "no such model, or it is private"),
        ("lab/gated-reward", {}, "gated: accept its terms"),
        ("lab/chat-reward", {"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE"),
        ("lab/chat-reward", {"HF_ENDPOINT": "http://127.0.0.1:9"}, ""),
    ],
)
def test_errors_are_told_apart(add, model, more, says):
    done = add(model, check=2, **more)
    assert says in done.stderr.decode() and done.stderr.count(b"\n") == 1, done.stderr


def test_a_python_without_the_packages_says_what_to_install(environment, tmp_path):
    empty = {**environment, "RLAR_MODELS_PYTHON": "/usr/bin/python3"}
    if subprocess.run(["/usr/bin/python3", "-c", "import huggingface_hub"], capture_output=True).returncode == 0:
        pytest.skip("the system's Python has the package")
    done = run("models", "search", "x", env=empty, check=2)
    assert b"rlar[models]" in done.stderr
