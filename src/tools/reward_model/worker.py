"""Runs one sequence-classification reward model for the parent process, on the CPU or a GPU.

Arguments: one JSON object {"model": DIR, "chat_template": "tokenizer" | "none" | "format", "format": str, "head": int, "max_length": int, "threads": int,
"device": "auto" | "cpu" | "cuda", "trust_remote_code": bool, "allow_pickle": bool}. Answers one line {"ready": true, "max_length",
"device", "template"} or {"ready": false, "error"}; then for each line {"items": [{"messages": [{role, content}], "response": str}]} one
line {"scores": [float], "truncated": [bool]} or {"error": str}. Scores are raw logits: no activation is applied. What the model's code prints goes to standard
error, so that it cannot be read as answers.

Only safetensors are loaded unless pickles are allowed: a pickle runs code.
"""

import json
import os
import re
import sys

MAX_BATCH = 32


def fail(answers, message):
    answers.write(json.dumps({"ready": False, "error": message}) + "\n")
    answers.flush()
    sys.exit(0)


def weight_files(folder):
    return [name for name in os.listdir(folder) if name.endswith((".safetensors", ".bin", ".pt", ".pth"))]


class Model:
    def __init__(self, options):
        import torch
        import transformers

        self.torch = torch
        folder = options["model"]
        config = json.load(open(os.path.join(folder, "config.json"), encoding="utf-8"))
        if config.get("auto_map") and not options.get("trust_remote_code"):
            raise ValueError("it wants code of its own to be run (auto_map): refused without trust_remote_code")
        safe = [name for name in weight_files(folder) if name.endswith(".safetensors")]
        if not safe and not options.get("allow_pickle"):
            raise ValueError("it has no safetensors; pickles run code and are refused without allow_pickle")
        torch.set_num_threads(max(1, int(options.get("threads") or 1)))
        common = {"trust_remote_code": bool(options.get("trust_remote_code")), "local_files_only": True}
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **common)
        self.model, report = transformers.AutoModelForSequenceClassification.from_pretrained(
            folder, use_safetensors=bool(safe), output_loading_info=True, **common
        )
        # A head that the files lack would be made of random numbers.
        lacking = [name for name in report["missing_keys"] if not name.endswith("position_ids")]
        if lacking or report.get("mismatched_keys"):
            raise ValueError(
                f"its files lack the weights {sorted(lacking)[:3] or report['mismatched_keys']}: they would be random"
            )
        device = options.get("device", "auto")
        self.device = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        self.most_tokens = 1 << 62  # of a batch, its padding counted
        self.model = self.model.to(self.device).eval()
        if self.device == "cpu":
            self.model = self.model.float()
        self.head = int(options.get("head") or 0)
        if not 0 <= self.head < self.model.config.num_labels:
            raise ValueError(f"head {self.head}: the model has {self.model.config.num_labels} outputs")
        bound = min(
            getattr(self.model.config, "max_position_embeddings", 1 << 20) or 1 << 20,
            self.tokenizer.model_max_length or 1 << 20,
        )
        self.max_length = min(int(options.get("max_length") or 4096), bound)
        asked = options.get("chat_template", "tokenizer")
        self.template = asked if asked != "tokenizer" or self.tokenizer.chat_template else "none"
        self.format = re.split(r"(\{prompt\}|\{response\})", options.get("format") or "")
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        if self.model.config.pad_token_id is None:
            self.model.config.pad_token_id = self.tokenizer.pad_token_id

    def encode(self, item):
        """Token ids of one conversation, and whether its beginning was cut off. The template is applied once; it brings its own BOS."""
        turns = [*item["messages"], {"role": "assistant", "content": item["response"]}]
        if self.template == "tokenizer":
            text = self.tokenizer.apply_chat_template(turns, tokenize=False)
            ids = {"input_ids": self.tokenizer(text, add_special_tokens=False)["input_ids"]}
            bos = self.tokenizer.bos_token_id
            if bos is not None and ids["input_ids"][:2] == [bos, bos]:
                raise ValueError("the chat template and the tokenizer both add a beginning-of-sequence token")
            if bos is not None and ids["input_ids"][:1] != [bos] and self.starts_with_bos():
                ids["input_ids"] = [bos, *ids["input_ids"]]
        elif self.template == "format":
            parts = {"{prompt}": "\n".join(turn["content"] for turn in turns[:-1]), "{response}": item["response"]}
            # What spells a special token is text, but for those of the format itself.
            special = any(token in part for part in self.format for token in self.tokenizer.all_special_tokens)
            text = "".join(parts.get(part, part) for part in self.format)
            ids = dict(self.tokenizer(text, split_special_tokens=not special))
        else:
            prompt = "\n".join(turn["content"] for turn in turns[:-1])
            # A response that spells a special token is text: it must not end its own segment.
            ids = dict(self.tokenizer(prompt, item["response"], split_special_tokens=True))
        length = len(ids["input_ids"])
        if length <= self.max_length:
            return ids, False
        if self.template != "none":  # the end is what is judged
            return {"input_ids": ids["input_ids"][-self.max_length :]}, True
        cut = self.tokenizer(
            prompt, item["response"], truncation="longest_first", max_length=self.max_length, split_special_tokens=True
        )
        return dict(cut), True

    def starts_with_bos(self):
        return self.tokenizer("x")["input_ids"][:1] == [self.tokenizer.bos_token_id]

    def logits(self, encoded):
        """Of at most MAX_BATCH texts, sorted by length: in halves where the GPU's memory does not hold them at once, from then on."""
        padded = len(encoded) * len(encoded[-1]["input_ids"])
        if len(encoded) == 1 or padded <= self.most_tokens:
            try:
                batch = self.tokenizer.pad(encoded, return_tensors="pt").to(self.device)
                with self.torch.inference_mode():
                    return self.model(**batch).logits[:, self.head].float().cpu().tolist()
            except self.torch.OutOfMemoryError:
                if len(encoded) == 1:
                    raise
            # Not in the handler: the exception there keeps the tensors alive.
            self.torch.cuda.empty_cache()
            self.most_tokens = padded // 2
        half = len(encoded) // 2
        return self.logits(encoded[:half]) + self.logits(encoded[half:])

    def score(self, items):
        encoded = [self.encode(item) for item in items]
        order = sorted(range(len(items)), key=lambda i: len(encoded[i][0]["input_ids"]))
        scores = [0.0] * len(items)
        for start in range(0, len(order), MAX_BATCH):
            part = order[start : start + MAX_BATCH]
            for i, logit in zip(part, self.logits([encoded[i][0] for i in part])):
                scores[i] = logit
        return {"scores": scores, "truncated": [cut for _, cut in encoded]}


def main():
    options = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="error")
    os.environ.update(
        OMP_WAIT_POLICY="PASSIVE", GOMP_SPINCOUNT="0"
    )  # threads that wait must not eat the other work's time
    try:
        model = Model(options)
    except ModuleNotFoundError as error:
        fail(answers, f"this Python has no {error.name}: install rlar[models], or name another with RLAR_MODELS_PYTHON")
    except Exception as error:  # whatever a broken model raises
        fail(answers, f"{type(error).__name__}: {error}"[:500])
    ready = {"ready": True, "max_length": model.max_length, "device": model.device, "template": model.template}
    answers.write(json.dumps(ready) + "\n")
    answers.flush()
    for line in sys.stdin:
        try:
            reply = model.score(json.loads(line)["items"])
            text = json.dumps(reply, allow_nan=False)
        except Exception as error:
            text = json.dumps({"error": f"{type(error).__name__}: {error}"[:500]})
        answers.write(text + "\n")
        answers.flush()


main()
