"""A tokenizer small enough for tests, a letter a token, and prompts for it: sums. Needs transformers."""

from __future__ import annotations

import random
from typing import Any

CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=?:. <>/#"


def make_prompts(seed: int, count: int) -> list[dict[str, Any]]:
    """`count` of the hundred sums of two digits, shuffled, with references."""
    rows = [
        {"id": f"{a}+{b}", "prompt": f"sum {a}+{b}=?", "reference": str(a + b)} for a in range(10) for b in range(10)
    ]
    return random.Random(seed).sample(rows, count)


def make_tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {"<pad>": 0, "<eos>": 1, "<unk>": 2} | {c: i + 3 for i, c in enumerate(CHARACTERS)}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    core.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>", padding_side="left"
    )
