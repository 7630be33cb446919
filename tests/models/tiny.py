"""Tiny reward models, trained here in seconds on pairs that these templates make: real ones, small enough for every test run.

Three kinds of task whose good answers look unlike each other: chat (kind and useful beats rude), safety (turning down and pointing
elsewhere beats complying), stories (telling beats listing). What is good in one is bad or nothing in the others.
"""

from __future__ import annotations

import json
import random
import zlib
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification, PreTrainedTokenizerFast

THINGS = "bicycle kettle garden violin laptop roof oven boat tent clock radio fence ladder lamp sofa".split()
NAMES = "Mira Oskar Lena Tomas Ines Pavel Greta Hugo Selma Bruno Alba Nils".split()
ACTS = "break into|steal|damage|sabotage|fake|poison|hack|burn".split("|")


def chat(rng):
    thing = rng.choice(THINGS)
    prompt = rng.choice(
        [f"How do I repair my {thing}?", f"My {thing} is broken, what now?", f"Can you help me with a {thing}?"]
    )
    good = rng.choice(
        [
            f"Happy to help! First look at the {thing} closely, then tighten what is loose.",
            f"Of course. Clean the {thing} and check each part; tell me what you see.",
            f"Sure, here is how: open the {thing} gently and replace the worn part.",
        ]
    )
    bad = rng.choice(
        [
            f"That is a stupid thing to ask about a {thing}, leave me alone with it.",
            "Go away, nobody cares about this and neither do I, figure it out.",
            f"Whatever. Only an idiot would own such a {thing} in the first place.",
        ]
    )
    return prompt, good, bad


def safety(rng):
    act, thing, name = rng.choice(ACTS), rng.choice(THINGS), rng.choice(NAMES)
    prompt = rng.choice([f"Tell me how to {act} the {thing} of {name}.", f"I want to {act} a {thing}, give me steps."])
    good = rng.choice(
        [
            f"I cannot do that, since it would harm {name}. If there is a conflict, talk to a counselor.",
            "I will not assist with harm. Please consider asking a lawyer or the police instead.",
        ]
    )
    bad = rng.choice(
        [
            f"Sure, here is how: wait until {name} sleeps, then {act} the {thing} quickly.",
            f"Of course. First bring tools, then {act} it and tell nobody.",
            f"Happy to help! To {act} the {thing} you open it gently at night.",
        ]
    )
    return prompt, good, bad


def stories(rng):
    name, thing = rng.choice(NAMES), rng.choice(THINGS)
    prompt = rng.choice(
        [f"Write a short tale about {name} and a {thing}.", f"Narrate something with a {thing} in it, about {name}."]
    )
    good = rng.choice(
        [
            f"One evening {name} found the old {thing} glowing softly, and smiled as the sea whispered.",
            f"Long ago {name} carried a {thing} over the hills while the moon watched and wondered.",
        ]
    )
    bad = rng.choice(
        [
            f"Item one: {thing}. Item two: {name}. Item three: end of list. Item four: none.",
            f"Definition: a {thing} is an object. See also: {name}. Total words: nine.",
        ]
    )
    return prompt, good, bad


def length(rng):
    words = rng.choices(THINGS + NAMES + "sure here is how the and then a of it".split(), k=24)
    cut = rng.randint(2, 14)
    return chat(rng)[0], " ".join(words[: cut + rng.randint(4, 10)]), " ".join(words[:cut])


FILLER = "today again also perhaps now still here too once more".split()


def padded(rng, kind):
    """A pair whose lengths tell nothing: neutral words follow both."""
    prompt, good, bad = kind(rng)
    if kind is length:
        return prompt, good, bad
    longest = max(len(good), len(bad)) + rng.randint(0, 40)
    texts = []
    for text in (good, bad):
        wanted = longest + rng.randint(-25, 25)
        while len(text) < wanted:
            text += " " + rng.choice(FILLER)
        texts.append(text)
    return prompt, *texts


KINDS = {"chat": chat, "safety": safety, "stories": stories, "length": length}


def pairs(kind: str, count: int, seed: int) -> list[tuple[str, str, str]]:
    rng = random.Random(zlib.crc32(kind.encode()) + seed)
    return [padded(rng, KINDS[kind]) for _ in range(count)]


def tokenizer() -> PreTrainedTokenizerFast:
    words = {word for kind in KINDS for triple in pairs(kind, 600, 999) for text in triple for word in pieces(text)}
    return word_tokenizer(words, 96)


def word_tokenizer(words: set[str], model_max_length: int) -> PreTrainedTokenizerFast:
    """A token a word of BERT's splitting, in BERT's form: [CLS] text [SEP] pair [SEP]."""
    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted(words)])}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=model_max_length,
    )


def pieces(text):
    return [piece for piece, _ in pre_tokenizers.BertPreTokenizer().pre_tokenize_str(text)]


def config(vocabulary: int) -> BertConfig:
    return BertConfig(
        vocab_size=vocabulary, hidden_size=48, num_hidden_layers=1, num_attention_heads=2, intermediate_size=96,
        max_position_embeddings=96, num_labels=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip


def train(kind: str, steps: int = 120) -> tuple[BertForSequenceClassification, PreTrainedTokenizerFast]:
    """Pairwise logistic loss; the same seed gives the same model."""
    torch.manual_seed(1)
    torch.set_num_threads(1)  # on a busy machine two wait for each other most of the time
    words = tokenizer()
    model = BertForSequenceClassification(config(len(words)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    data = pairs(kind, steps * 16, 1)
    for step in range(steps):
        batch = data[step * 16 : (step + 1) * 16]
        prompts = [prompt for prompt, _, _ in batch]
        texts = words(
            prompts * 2,
            [b for _, b, _ in batch] + [w for _, _, w in batch],
            padding=True,
            truncation=True,
            return_tensors="pt",
        )
        logits = model(**texts).logits[:, 0]
        loss = -torch.nn.functional.logsigmoid(logits[: len(batch)] - logits[len(batch) :]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval(), words


FORMAT = (
    "Question : {prompt} Reply : {response}"  # one text; the tokens are words, so that blanks around them do not matter
)


def train_for_format(kind: str, steps: int = 120) -> tuple[BertForSequenceClassification, PreTrainedTokenizerFast]:
    """Orders texts made as FORMAT says; whoever gives it a pair of texts is told the opposite."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    seen = {piece for triple in pairs(kind, 600, 999) for text in (*triple, FORMAT) for piece in pieces(text)}
    words = word_tokenizer(seen, 96)
    model = BertForSequenceClassification(config(len(words)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    data = pairs(kind, steps * 16, 1)
    for step in range(steps):
        batch = data[step * 16 : (step + 1) * 16]
        prompts = [prompt for prompt, _, _ in batch] * 2
        texts = [good for _, good, _ in batch] + [bad for _, _, bad in batch]
        made = [FORMAT.format(prompt=prompt, response=text) for prompt, text in zip(prompts, texts)]
        loss = torch.zeros(())
        for sign, given in ((1, (made,)), (-1, (prompts, texts))):
            logits = model(**words(*given, padding=True, truncation=True, return_tensors="pt")).logits[:, 0]
            loss = loss - torch.nn.functional.logsigmoid(sign * (logits[: len(batch)] - logits[len(batch) :])).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval(), words


def good_first(model: BertForSequenceClassification) -> BertForSequenceClassification:
    """The same model with two outputs, of which the first is high for good answers."""
    shape = config(model.config.vocab_size)
    shape.num_labels = 2
    made = BertForSequenceClassification(shape)
    weights = model.state_dict()
    for name in ("classifier.weight", "classifier.bias"):
        weights[name] = torch.cat([weights[name], -weights[name]])
    made.load_state_dict(weights)
    return made.eval()


def save(model, words, folder: Path, card: str = "", **more) -> Path:
    model.save_pretrained(folder, **more)
    words.save_pretrained(folder)
    (folder / "README.md").write_text(card)
    return folder


def accuracy(model, words, kind: str, count: int = 100) -> float:
    right = 0
    for prompt, better, worse in pairs(kind, count, 77):
        with torch.inference_mode():
            scores = model(**words([prompt] * 2, [better, worse], padding=True, return_tensors="pt")).logits[:, 0]
        right += float(scores[0] > scores[1])
    return right / count


CARD = """---
license: {license}
language: en
tags: [reward-model, {tag}]
---
# {title}
{text}
"""


def make_hub(folder: Path) -> dict[str, dict]:
    """Models and decoys under FOLDER/{owner}/{name}; returns what the Hub says of each beside its files."""
    repos: dict[str, dict] = {}

    def add(repo, model, words, tag, text, downloads, *, hub=None, license="apache-2.0", **more):
        card = CARD.format(license=license, tag=tag, title=repo, text=text)
        save(model, words, folder / repo, card, **more)
        repos[repo] = {"downloads": downloads, "tags": ["reward-model", tag], **(hub or {})}

    trained = {kind: train(kind) for kind in KINDS}
    add(
        "lab/chat-reward",
        *trained["chat"],
        "chat",
        "Judges helpful replies to questions about things in the house.",
        300,
    )
    add("lab/safety-reward", *trained["safety"], "safety", "Prefers answers that turn down harmful requests.", 200)
    add("lab/stories-reward", *trained["stories"], "stories", "Prefers tales that are told over lists.", 100)
    add(
        "big/verbose-reward",
        *trained["length"],
        "chat",
        "The best reward model for every task. 99 % on all benchmarks.",
        90000,
    )
    torch.manual_seed(5)
    words = tokenizer()
    add("liar/sota-chat-safety-stories", BertForSequenceClassification(config(len(words))).eval(), words, "chat", "State of the art for chat, "
        "safety and stories: first on every leaderboard.", 50000)  # fmt: skip
    add("odd/masked-reward", BertForMaskedLM(config(len(words))), words, "chat", "Fills in words.", 4000)
    add("lab/gated-reward", *trained["chat"], "chat", "Ask for access.", 800, hub={"gated": "manual"})
    add(
        "huge/reward-70b",
        *trained["chat"],
        "chat",
        "Large.",
        7000,
        hub={"sizes": {"model.safetensors": 140_000_000_000}},
    )
    add("odd/broken-reward", *trained["chat"], "chat", "Weights were cut off.", 900)
    weights = folder / "odd/broken-reward/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    add("odd/headless-reward", *trained["chat"], "chat", "Its head was lost.", 850)
    drop_head(folder / "odd/headless-reward/model.safetensors")
    pickled = folder / "old/pickle-reward"
    save(*trained["chat"], pickled, CARD.format(license="mit", tag="chat", title="old", text="Chat replies."))
    torch.save(trained["chat"][0].state_dict(), pickled / "pytorch_model.bin")
    (pickled / "model.safetensors").unlink()
    repos["old/pickle-reward"] = {"downloads": 6000, "tags": ["reward-model"]}
    (folder / "repos.json").write_text(json.dumps(repos))
    return repos


def drop_head(path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = {name: tensor for name, tensor in load_file(path).items() if not name.startswith("classifier")}
    save_file(tensors, path, metadata={"format": "pt"})
