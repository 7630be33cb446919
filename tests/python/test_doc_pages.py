"""The trainers' pages: their Python runs as it stands there, and what it makes is what the server takes."""

import asyncio
import json
from types import SimpleNamespace

import doc_blocks
import pytest
from support import ROOT, jsonl, mixed_rows

PAGES = sorted(path.name for path in (ROOT / "docs" / "trainers").glob("*.md"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("pages")
    (path / "train.jsonl").write_text(jsonl(mixed_rows()))
    return path


def test_every_page_is_linked_and_begins_alike():
    index = (ROOT / "docs" / "trainers.md").read_text()
    for page in PAGES:
        assert f"(trainers/{page})" in index
        if page != "verl.md":  # its rows are Parquet
            commands = doc_blocks.blocks(f"trainers/{page}", "sh")[0].splitlines()
            assert commands[0] == "rlar build train.jsonl --out library/", page
    for page in (ROOT / "docs" / "trainers").glob("*.md"):
        for link in [part.split(")")[0] for part in page.read_text().split("](")[1:]]:
            assert link.startswith("http") or (page.parent / link.split("#")[0]).exists(), (page.name, link)


def test_openrlhfs_rows(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with doc_blocks.build_and_serve("trainers/openrlhf.md", folder) as server:
        exec(doc_blocks.blocks("trainers/openrlhf.md", "python")[0], {})
        rows = [json.loads(line) for line in (folder / "openrlhf.jsonl").read_text().splitlines()]
        served = [row for row in rows if json.loads(row["label"])["reference"]]
        body = {
            "query": [row["prompt"] + json.loads(row["label"])["reference"] + "</s>" for row in served],
            "prompts": [row["prompt"] for row in served],
            "labels": [row["label"] for row in served],
        }
        assert server.request("/get_reward", body)[1]["rewards"] == [1] * 30


def test_slimes_batch_function(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with doc_blocks.build_and_serve("trainers/slime.md", folder) as server:
        names: dict = {}
        exec(doc_blocks.blocks("trainers/slime.md", "python")[0], names)
        rows = [row for row in mixed_rows() if "reference" in row]
        samples = [
            SimpleNamespace(prompt=row["prompt"], response=text, label=row["reference"], metadata={})
            for row in rows
            for text in (row["reference"], "no idea")
        ]
        args = SimpleNamespace(rm_url=f"{server.url}/remote_rm")
        assert asyncio.run(names["batch"](args, samples)) == [1, 0] * 30


def test_nemo_gyms_rows(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with doc_blocks.build_and_serve("trainers/nemo_gym.md", folder) as server:
        exec(doc_blocks.blocks("trainers/nemo_gym.md", "python")[0], {})
        for line in (folder / "gym.jsonl").read_text().splitlines():
            row = json.loads(line)
            said = row.get("reference", "Once.")
            text = {"type": "output_text", "text": said, "annotations": []}
            row["response"] = {"output": [{"type": "message", "id": "m", "role": "assistant", "content": [text]}]}
            reply = server.request("/verify", row)[1]
            assert reply["reward"] == (1 if "reference" in row else 0), reply
            assert ("_ng_failure_class" in reply) == ("reference" not in row)
