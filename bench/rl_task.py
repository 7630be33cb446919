"""The small RL task of `./dev bench rl` and of the TRL test: sums and word-for-word translation, answered in varying forms.

Policies are character models trained from scratch. True success is judged here, from the definition of the task, and by nothing
that any arm is rewarded with.
"""

from __future__ import annotations

import random
import re
from typing import Any

NOUNS = {
    "house": "domu",
    "dog": "keva",
    "tree": "lisk",
    "river": "rano",
    "bread": "mipa",
    "stone": "tuso",
    "bird": "zeri",
    "moon": "opal",
}
ADJECTIVES = {"red": "ruk", "old": "sen", "big": "mag", "cold": "fri", "new": "nov", "dark": "tam"}
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789+=?:. <>/#"
# The forms that a response may take; X is the answer.
FORMS = ("X", " X", "it is X", "X.", "#### X", "so: X")


def all_rows() -> list[dict[str, Any]]:
    rows = [
        {"id": f"{a}+{b}", "prompt": f"sum {a}+{b}=?", "reference": str(a + b)} for a in range(10) for b in range(10)
    ]
    for adjective, said in ADJECTIVES.items():
        rows += [
            {"id": f"{adjective} {noun}", "prompt": f"say {adjective} {noun}:", "reference": f"{word} {said}"}
            for noun, word in NOUNS.items()
        ]
    return rows


def make_prompts(seed: int, count: int) -> list[dict[str, Any]]:
    """`count` of the task's rows, shuffled."""
    rows = all_rows()
    random.Random(seed).shuffle(rows)
    return rows[:count]


def is_right(row: dict[str, Any], response: str) -> bool:
    """The task's own judgement: the response states the answer, once, and nothing else that could be one."""
    text = response.strip().rstrip(".").strip()
    if row["prompt"].startswith("sum"):
        return re.findall(r"\d+", text) == [row["reference"]]
    text = re.sub(r"^(it is|####|so:)\s*", "", text).strip()
    return text == row["reference"]


def make_tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {"<pad>": 0, "<eos>": 1, "<unk>": 2} | {c: i + 3 for i, c in enumerate(CHARACTERS)}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    from tokenizers import decoders

    core.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>", padding_side="left"
    )


def make_model(tokenizer, width: int = 128, layers: int = 3):
    from transformers import Qwen2Config, Qwen2ForCausalLM

    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=64,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    return Qwen2ForCausalLM(config)


def warm_start(model, tokenizer, seed: int, steps: int, wrong_share: float = 0.4) -> None:
    """Supervised steps on the task's rows with answers in every form, some of them wrong: a policy that half knows the task."""
    import torch

    rng = random.Random(seed)
    rows = all_rows()
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    model.train()
    for _ in range(steps):
        texts, starts = [], []
        for row in rng.choices(rows, k=64):
            answer = row["reference"] if rng.random() > wrong_share else rng.choice(rows)["reference"]
            texts.append(row["prompt"] + rng.choice(FORMS).replace("X", answer))
            starts.append(len(row["prompt"]))
        ids = [tokenizer(text)["input_ids"] + [tokenizer.eos_token_id] for text in texts]
        longest = max(map(len, ids))
        batch = torch.tensor([i + [tokenizer.pad_token_id] * (longest - len(i)) for i in ids])
        labels = batch.clone()
        for row, (start, text) in enumerate(zip(starts, ids)):
            labels[row, :start] = -100
            labels[row, len(text) :] = -100
        loss = model(input_ids=batch, attention_mask=(batch != tokenizer.pad_token_id).long(), labels=labels).loss
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()


def respond(model, tokenizer, rows: list[dict[str, Any]], new_tokens: int = 14) -> list[str]:
    """Greedy responses."""
    import torch

    model.eval()
    batch = tokenizer([row["prompt"] for row in rows], return_tensors="pt", padding=True)
    with torch.no_grad():
        out = model.generate(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            max_new_tokens=new_tokens,
            do_sample=False,
        )
    texts = tokenizer.batch_decode(out[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
    model.train()
    return texts


def true_success(model, tokenizer, rows: list[dict[str, Any]]) -> float:
    return sum(is_right(row, text) for row, text in zip(rows, respond(model, tokenizer, rows))) / len(rows)
