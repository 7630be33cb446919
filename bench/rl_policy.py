"""The policy of `./dev bench rl`: a small causal language model of words, trained from scratch on a CPU."""

from __future__ import annotations

import random
import re
from typing import Any

from rl_tasks import (
    ADVICE,
    ALWAYS_EQUAL,
    COLD,
    DEF,
    END,
    FLATTERY,
    KIND,
    KINDS,
    OFFER,
    RUDE,
    WRITE_WORDS,
    all_rows,
    draw,
    is_right,
)

# A text is cut into these and nothing is lost. What responses and prompts repeat as a whole is one piece: it keeps a training short.
WHOLE = (ALWAYS_EQUAL, DEF, "```python\n", "\n```", "here it is:\n")
PHRASES = (
    *KIND,
    *COLD,
    *RUDE,
    *FLATTERY,
    *OFFER,
    *END,
    *WRITE_WORDS,
    "the answer is",
    "so it is",
    "what now ?",
    "then",
)
PIECES = re.compile(
    "|".join([*map(re.escape, WHOLE), *(" ?" + re.escape(text) for text in PHRASES)])
    + r"| ?[A-Za-z_]+| ?\d+| ?[^\w\s]|\s"
)
MAX_NEW = 14


def make_tokenizer():
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    rng = random.Random(0)
    pieces: set[str] = set()
    for kind, rows in all_rows().items():
        for row in rows:
            for text in (row["prompt"], *(draw(kind, row, rng)[1] for _ in range(12))):
                found = PIECES.findall(text)
                assert "".join(found) == text, text
                pieces.update(found)
    for verb in ADVICE.values():
        pieces.update((verb, f" {verb}"))
    vocabulary = {piece: i for i, piece in enumerate(["<pad>", "<eos>", "<unk>", *sorted(pieces)])}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Split(Regex(PIECES.pattern), "isolated")
    core.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def make_model(tokenizer, width: int = 96, layers: int = 2):
    from transformers import Qwen2Config, Qwen2ForCausalLM

    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=3 * width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=96,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    return Qwen2ForCausalLM(config)


# Sums are learnt by heart, which takes more of them.
WARM_KINDS = ("sum", *KINDS)


def warm_start(
    model, tokenizer, seed: int, steps: int, kinds: tuple[str, ...] = WARM_KINDS, batch_size: int = 96
) -> float:
    """Supervised steps on every row, answered in every style: a policy that half knows the tasks. Returns the last losses' mean."""
    import torch

    rng = random.Random(seed)
    rows = all_rows()
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / 50) * (1 - 0.95 * step / steps)
    )
    model.train()
    losses = []
    for _ in range(steps):
        ids, starts = [], []
        for i in range(batch_size):
            kind = kinds[i % len(kinds)]
            row = rng.choice(rows[kind])
            prompt = tokenizer(row["prompt"])["input_ids"]
            ids.append(prompt + tokenizer(draw(kind, row, rng)[1])["input_ids"] + [tokenizer.eos_token_id])
            starts.append(len(prompt))
        longest = max(map(len, ids))
        batch = torch.tensor([i + [tokenizer.pad_token_id] * (longest - len(i)) for i in ids])
        labels = batch.clone()
        for row, (start, text) in enumerate(zip(starts, ids)):
            labels[row, :start] = -100
            labels[row, len(text) :] = -100
        loss = model(input_ids=batch, attention_mask=(batch != tokenizer.pad_token_id).long(), labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        losses.append(loss.item())
    return sum(losses[-20:]) / len(losses[-20:])


def respond(
    model, tokenizer, prompts: list[str], seed: int | None = None, new_tokens: int = MAX_NEW, batch_size: int = 250
) -> list[str]:
    """One response a prompt: drawn at temperature 1 with `seed`, else greedy."""
    import torch

    model.eval()
    texts: list[str] = []
    with torch.no_grad(), torch.random.fork_rng():
        if seed is not None:
            torch.manual_seed(seed)
        for begin in range(0, len(prompts), batch_size):
            batch = tokenizer(prompts[begin : begin + batch_size], return_tensors="pt", padding=True).to(model.device)
            out = model.generate(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                max_new_tokens=new_tokens,
                do_sample=seed is not None,
                top_k=0,
                top_p=1.0,
                temperature=1.0,
            )
            texts += tokenizer.batch_decode(out[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
    model.train()
    return texts


def true_success(model, tokenizer, rows: list[dict[str, Any]], draws: int = 1, seed: int = 0) -> dict[str, float]:
    """Share of truly right responses by kind, `draws` a row as the policy gives them; under "" the mean over kinds."""
    asked = [row for row in rows for _ in range(draws)]
    right: dict[str, list[bool]] = {}
    for row, text in zip(asked, respond(model, tokenizer, [row["prompt"] for row in asked], seed)):
        right.setdefault(row["kind"], []).append(is_right(row, text))
    shares = {kind: sum(found) / len(found) for kind, found in right.items()}
    return {"": sum(shares.values()) / len(shares)} | shares
