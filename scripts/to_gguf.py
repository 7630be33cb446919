#!/usr/bin/env python3
"""Writes a BERT sequence-classification model as GGUF, for a llama.cpp server started with --reranking.

    to_gguf.py MODEL_DIR OUT.gguf

MODEL_DIR has config.json, model.safetensors and tokenizer.json (WordPiece, lower-casing). Weights stay 32-bit. The server reads a pair as
[CLS] prompt [SEP] response [SEP], gives every token the first segment's embedding, and computes gelu in its tanh form: a model whose two
segment embeddings differ, or that was trained with the exact gelu, would get other scores there, and is refused. So is any other
architecture, more than one output, and a tokenizer of another kind. One difference stays: a word of more than 100 letters is one unknown
token here, and pieces there.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

GELU_TANH = ("gelu_pytorch_tanh", "gelu_new", "gelu_fast")
LAYER = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
WHOLE = {
    "bert.embeddings.word_embeddings": "token_embd",
    "bert.embeddings.position_embeddings": "position_embd",
    "bert.embeddings.token_type_embeddings": "token_types",
    "bert.embeddings.LayerNorm": "token_embd_norm",
    "bert.pooler.dense": "cls",
    "classifier": "cls.output",
}
SPECIAL = {"[CLS]": "bos", "[SEP]": "sep", "[UNK]": "unk", "[PAD]": "pad", "[MASK]": "mask"}


class Refused(Exception):
    """Something about the model that the server could not do right; printed as it is."""


def gguf_name(name: str) -> str | None:
    """The tensor's name in GGUF; none where it is no weight."""
    stem, _, kind = name.rpartition(".")
    if stem in WHOLE:
        return f"{WHOLE[stem]}.{kind}"
    if stem.startswith("bert.encoder.layer."):
        number, _, rest = stem.removeprefix("bert.encoder.layer.").partition(".")
        if rest in LAYER:
            return f"blk.{number}.{LAYER[rest]}.{kind}"
    if name.endswith("position_ids"):
        return None
    raise Refused(f"the tensor {name} has no place in a BERT of llama.cpp")


def check(config: dict, tensors: dict, tokenizer: dict) -> None:
    if config.get("architectures") != ["BertForSequenceClassification"]:
        raise Refused(
            f"its architecture is {config.get('architectures')}, only BertForSequenceClassification can be written"
        )
    if config.get("hidden_act") not in GELU_TANH:
        raise Refused(
            f"hidden_act is {config.get('hidden_act')}: the server computes the tanh form, {' or '.join(GELU_TANH)}"
        )
    kinds = tensors["bert.embeddings.token_type_embeddings.weight"]
    if any((kinds[i] != kinds[0]).any() for i in range(1, len(kinds))):
        raise Refused(
            "its segment embeddings differ, and the server knows the first one only: make them one before training"
        )
    outputs = tensors["classifier.weight"].shape[0]
    if outputs != 1:
        raise Refused(f"it has {outputs} outputs; a reranking server gives one")
    if tokenizer["model"]["type"] != "WordPiece":
        raise Refused(f"its tokenizer is {tokenizer['model']['type']}, only WordPiece can be written")
    if not (tokenizer.get("normalizer") or {}).get("lowercase"):
        raise Refused("its tokenizer does not lower-case, and the server's WordPiece does")


def piece(token: str, special: set[str]) -> str:
    """Beginnings of words are marked in GGUF, continuations in BERT."""
    if token in special:
        return token
    return token[2:] if token.startswith("##") else "\u2581" + token


def add_tokenizer(writer, tokenizer: dict, size: int) -> None:
    import gguf

    vocabulary = sorted(tokenizer["model"]["vocab"].items(), key=lambda item: item[1])
    if [index for _, index in vocabulary] != list(range(size)):
        raise Refused(f"its vocabulary has {len(vocabulary)} tokens for {size} embeddings")
    special = {token["content"] for token in tokenizer["added_tokens"] if token["special"]}
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([piece(token, special) for token, _ in vocabulary])
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_token_types([control if token in special else normal for token, _ in vocabulary])
    ids = dict(vocabulary)
    for token, kind in SPECIAL.items():
        if token in ids:
            getattr(writer, f"add_{kind}_token_id")(ids[token])
    writer.add_eos_token_id(ids["[SEP]"])
    # A pair becomes BOS prompt EOS response EOS; a separator beside EOS would stand twice.
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(True)
    writer.add_add_sep_token(False)


def convert(folder: Path, out: Path) -> None:
    import gguf
    import numpy
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text())
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tensors = load_file(folder / "model.safetensors")
    check(config, tensors, tokenizer)
    writer = gguf.GGUFWriter(out, "bert")
    writer.add_name(folder.name)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.RANK)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_token_type_count(config["type_vocab_size"])
    add_tokenizer(writer, tokenizer, len(tensors["bert.embeddings.word_embeddings.weight"]))
    for name, tensor in tensors.items():
        if (new := gguf_name(name)) is not None:
            writer.add_tensor(new, numpy.ascontiguousarray(tensor, dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    try:
        convert(options.model, options.out)
    except Refused as refusal:
        print(f"{options.model}: {refusal}", file=sys.stderr)
        return 2
    except (OSError, KeyError) as error:
        print(f"{options.model}: it is no whole BERT classifier: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
