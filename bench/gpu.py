"""./dev bench gpu: reward models on a GPU, by the worker that rlar ships (src/tools/reward_model/worker.py), beside the same work without it.

    gpu.py [--layers 28 --width 1536] [--texts 512] [--json FILE]

Three questions, each with its figure: does a model give the same scores on the GPU as on the CPU (32-bit weights, largest difference), how many
texts a second does the worker score with a model of 16-bit random weights in the shape of a 1.5B one beside plain forward passes over the same
tokens, and does a batch that the GPU's memory cannot hold still get all of its scores, the same ones. The weights tell nothing, only speed.
Where torch sees no GPU it says so and ends.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "models"))
import tiny  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from hub_models import Worker  # noqa: E402

ROUND = 32  # texts a request, as the program sends them


def scores(worker: Worker, items: list[tuple[str, str]]) -> list[float]:
    asked = [{"messages": [{"role": "user", "content": prompt}], "response": text} for prompt, text in items]
    return [score for start in range(0, len(asked), ROUND) for score in worker.ask(asked[start : start + ROUND])]


def texts(count: int, words: int) -> list[tuple[str, str]]:
    rng = random.Random(3)
    vocabulary = sorted(
        {word for triple in tiny.pairs("chat", 200, 1) for text in triple for word in tiny.pieces(text)}
    )
    return [
        (tiny.chat(rng)[0], " ".join(rng.choices(vocabulary, k=rng.randint(words // 2, words)))) for _ in range(count)
    ]


def small(folder: Path) -> Path:
    return tiny.save(*tiny.train("chat"), folder / "small")


def large(folder: Path, layers: int, width: int) -> Path:
    words = tiny.word_tokenizer(
        {word for triple in tiny.pairs("chat", 600, 999) for text in triple for word in tiny.pieces(text)}, 4096
    )
    words.model_input_names = ["input_ids", "attention_mask"]
    torch.manual_seed(7)
    shape = transformers.Qwen2Config(
        vocab_size=len(words), hidden_size=width, num_hidden_layers=layers, num_attention_heads=width // 128, num_key_value_heads=2,
        intermediate_size=width * 35 // 6 // 64 * 64, num_labels=1, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    with torch.device("cuda"):
        model = transformers.Qwen2ForSequenceClassification(shape).to(torch.bfloat16)
    return tiny.save(model, words, folder / "large")


def floor(folder: Path, items: list[tuple[str, str]]) -> tuple[float, int, float]:
    """Texts a second of forward passes alone, tokens made beforehand and sorted by length; tokens; parameters."""
    words = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.bfloat16).cuda().eval()
    encoded = sorted((words(prompt, text)["input_ids"] for prompt, text in items), key=len)
    parts = [encoded[i : i + ROUND] for i in range(0, len(encoded), ROUND)]
    batches = [words.pad({"input_ids": part}, return_tensors="pt").to("cuda") for part in parts]
    with torch.inference_mode():
        for batch in batches:  # each shape's first pass chooses kernels
            model(**batch)
        torch.cuda.synchronize()
        begun = time.perf_counter()
        for batch in batches:
            model(**batch)
        torch.cuda.synchronize()
    took = time.perf_counter() - begun
    parameters = sum(parameter.numel() for parameter in model.parameters())
    del model
    torch.cuda.empty_cache()
    return len(items) / took, sum(map(len, encoded)), parameters


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--width", type=int, default=1536)
    parser.add_argument("--texts", type=int, default=512)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("skipped: torch sees no GPU here")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, some = small(folder), texts(256, 80)
        with Worker(model, "cpu") as cpu, Worker(model, "cuda") as gpu:
            away = max(abs(a - b) for a, b in zip(scores(cpu, some), scores(gpu, some)))
        print(f"largest difference between CPU and GPU over {len(some)} texts: {away:.1e}", flush=True)
        model, some = large(folder, options.layers, options.width), texts(options.texts, 500)
        plain, tokens, parameters = floor(model, some)
        with Worker(model, "cuda") as gpu:
            scores(gpu, some)
            begun = time.perf_counter()
            whole = scores(gpu, some)
            rate = len(some) / (time.perf_counter() - begun)
        work = 2 * parameters * tokens / len(some) * rate / 1e12
        print(f"{parameters / 1e9:.2f}B parameters, {tokens / len(some):.0f} tokens a text: {rate:.0f} texts/s ({work:.0f} TFLOP/s); forward passes alone "
              f"{plain:.0f} texts/s, ratio {rate / plain:.2f}", flush=True)  # fmt: skip
        total = torch.cuda.mem_get_info()[1]
        least = (2 * parameters + (1 << 29)) / total  # the weights and half a gigabyte
        limit = f"import torch; torch.cuda.set_per_process_memory_fraction({least})\n"
        with Worker(model, "cuda", before=limit) as gpu:
            begun = time.perf_counter()
            tight = scores(gpu, some)
            slow = len(some) / (time.perf_counter() - begun)
        apart = max(abs(a - b) for a, b in zip(whole, tight))
        spread = max(whole) - min(whole)
        print(f"with {least * total / 1e9:.1f} GB of {total / 1e9:.0f}: {slow:.0f} texts/s, all scored, largest difference {apart:.1e} (scores spread over {spread:.2f})")  # fmt: skip
    if options.json:
        row = {"cpu_gpu_difference": away, "texts_per_s": rate, "plain_per_s": plain, "ratio": rate / plain, "tflops": work, "tight_per_s": slow,
               "tight_difference": apart, "parameters": parameters, "tokens_per_text": tokens / len(some)}  # fmt: skip
        report = {"schema_version": 1, "bench": "gpu", "machine": {"gpu": torch.cuda.get_device_name(), "machine": platform.machine()},
                  "versions": {"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__},
                  "seed": 3, "rows": [row]}  # fmt: skip
        options.json.write_text(json.dumps(report))


if __name__ == "__main__":
    main()
