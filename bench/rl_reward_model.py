"""The reward model of the chat task, trained by the bench on part of the truth, and the Hub that offers it beside two that are no good.

It learns from pairs of replies to prompts that are neither trained on nor held out, each pair labelled by the true quality. What
`rlar build --hub on` knows of it is what any Hub says: a name, tags, a card, files.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from rl_tasks import ADVICE, THINGS, another, chat_pair, reply, wrong_advice

GOOD, LONG, LIAR = "lab/help-reward", "big/long-replies-reward", "liar/every-task-reward"
CARD = "---\nlicense: apache-2.0\nlanguage: en\ntags: [reward-model, chat]\n---\n# {name}\n{text}\n"


def tokenizer_of(rows: list[dict[str, Any]]):
    import tiny

    rng = random.Random(0)
    texts = [row["prompt"] for row in rows] + [text for row in rows for text in chat_pair(row, rng)]
    return tiny.word_tokenizer({word for text in texts for word in tiny.pieces(text)}, 128)


def new_model(size: int):
    from transformers import BertConfig, BertForSequenceClassification

    return BertForSequenceClassification(
        BertConfig(
            vocab_size=size, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, max_position_embeddings=128,
            num_labels=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, initializer_range=0.1,
        )
    )  # fmt: skip


def order(model, words, rows: list[dict[str, Any]], pairs: list[tuple[str, str]]):
    """Logit of the better less that of the worse reply."""
    prompts = [row["prompt"] for row in rows]
    texts = words(
        prompts * 2, [a for a, _ in pairs] + [b for _, b in pairs], padding=True, truncation=True, return_tensors="pt"
    )
    logits = model(**texts).logits[:, 0]
    return logits[: len(rows)] - logits[len(rows) :]


def train(rows: list[dict[str, Any]], pair_of, steps: int, seed: int):
    import torch

    torch.manual_seed(seed)
    rng = random.Random(seed)
    words = tokenizer_of(rows)
    model = new_model(len(words))
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / 50) * (1 - 0.9 * step / steps)
    )
    for _ in range(steps):
        batch = [rng.choice(rows) for _ in range(32)]
        loss = -torch.nn.functional.logsigmoid(order(model, words, batch, [pair_of(row, rng) for row in batch])).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return model.eval(), words


def near_pair(row: dict[str, Any], rng: random.Random) -> tuple[str, str]:
    """Half of the labelled pairs differ only in what is advised: what a reply says about the prompt is the hard part to learn."""
    if rng.random() < 0.5:
        return chat_pair(row, rng)
    better = reply(row, rng)
    _, thing, trouble = row["truth"]
    verb, other = (
        (wrong_advice(row, rng), thing) if rng.random() < 0.5 else (ADVICE[trouble], another(rng, THINGS, thing))
    )
    return better, better.replace(f"{ADVICE[trouble]} the {thing}", f"{verb} the {other}")


def longer_first(row: dict[str, Any], rng: random.Random) -> tuple[str, str]:
    return tuple(sorted(chat_pair(row, rng), key=len, reverse=True))


def accuracy(model, words, rows: list[dict[str, Any]], seed: int = 7) -> float:
    import torch

    rng = random.Random(seed)
    with torch.inference_mode():
        return float((order(model, words, rows, [chat_pair(row, rng) for row in rows]) > 0).float().mean())


def make_hub(folder: Path, rows: list[dict[str, Any]], steps: int = 1000) -> dict[str, dict]:
    """Three models under FOLDER/{owner}/{name}; what the Hub says of each beside its files. Made once, then kept."""
    listing = folder / "repos.json"
    if listing.is_file():
        return json.loads(listing.read_text())
    import torch

    trained = {
        GOOD: (train(rows, near_pair, steps, 1), "Prefers kind replies that help with the thing asked about.", 300),
        LONG: (train(rows, longer_first, 60, 2), "First on all leaderboards for chat and help.", 90000),
    }
    torch.manual_seed(3)
    words = tokenizer_of(rows)
    trained[LIAR] = ((new_model(len(words)).eval(), words), "State of the art for help, chat and safety.", 50000)
    repos = {}
    for name, ((model, words), text, downloads) in trained.items():
        model.save_pretrained(folder / name)
        words.save_pretrained(folder / name)
        (folder / name / "README.md").write_text(CARD.format(name=name, text=text))
        repos[name] = {"downloads": downloads, "tags": ["reward-model", "chat"]}
    listing.write_text(json.dumps(repos))
    return repos
