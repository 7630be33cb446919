#!/usr/bin/env python3
"""Verdicts per second of the native verifiers and of their PyPI peers, measured in the same run, per second
of processor time on one core.

    python bench/verifiers.py [--only NAME,…] [--seconds S] [--seed N] [--json FILE] [--build DIR]

A case makes rows (generated with the seed, or drawn from the folder in RLAR_DATA where it is present), names the tool and its
parameters, and may name a peer: a Python function from (row, response) to a number. Ours runs as the program rlar_bench_verifiers;
the peer runs here, over the same rows, until its time is over. Run it with the Python that has the peers installed.
"""

import argparse
import gzip
import importlib.metadata
import json
import os
import pathlib
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path(os.environ.get("RLAR_DATA", ROOT / ".." / "shared" / "data"))


@dataclass
class Case:
    name: str
    tool: str
    rows: Callable[[random.Random], list]  # rows with "responses" (groups of 4 where there are as many)
    params: dict = field(default_factory=dict)
    peer: Callable[[], Callable] | None = None  # called once (imports), returns f(row, response)
    package: str = ""  # the peer's distribution name


def read_jsonl(name):
    path = DATA / name
    if not path.exists():
        return None
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path)
    with opened as file:
        return [json.loads(line) for line in file]


WORDS = (
    "the of to and in is that for it as was with be by on not he his but at are this have from or had an they which one you "
    "were all her she there would their we him been has when who will no more if out so up said what its about than into them "
    "can only other time new some could these two may first then do any like my now over such our man me even most made after "
    "also did many off before must well back through years where much your way down should because long each just state"
).split()


def sentence(rng, low=8, high=30):
    words = [rng.choice(WORDS) for _ in range(rng.randint(low, high))]
    return " ".join(words).capitalize() + "."


def noisy(rng, text, rate=0.25):
    words = text.split()
    return " ".join(rng.choice(WORDS) if rng.random() < rate else word for word in words)


def generated_pairs(rng, n=2500):
    rows = []
    for _ in range(n):
        reference = sentence(rng)
        rows.append({"prompt": "", "reference": reference, "responses": [noisy(rng, reference) for _ in range(4)]})
    return rows


def translations(rng):
    """Real translations with their reference where the data is present: four systems a group."""
    systems = read_jsonl("sacrebleu/wmt17_en_de_systems.jsonl.gz")
    if not systems:
        return generated_pairs(rng)
    by_name = {s["system"]: s["lines"] for s in systems}
    reference = by_name.pop("reference")[0]
    rows = []
    for i in rng.sample(range(len(reference)), 2500):
        chosen = rng.sample(sorted(by_name), 4)
        rows.append({"prompt": "", "reference": reference[i], "responses": [by_name[name][i] for name in chosen]})
    return rows


def sacrebleu_peer(metric, **options):
    def make():
        import logging

        import sacrebleu

        logging.disable(logging.WARNING)
        scorer = getattr(sacrebleu, metric)(**options)
        return lambda row, response: scorer.sentence_score(response, [row["reference"]]).score

    return make


def rouge_peer(**options):
    def make():
        from rouge_score import rouge_scorer

        scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"], **options)
        return lambda row, response: scorer.score(row["reference"], response)

    return make


def instructions(rng):
    """Real responses to IFEval prompts where the data is present, four models a group; else generated ones."""
    recorded = read_jsonl("ifeval/ifeval_google_verdicts.jsonl.gz")
    if not recorded:
        return generated_instructions(rng)
    by_prompt = {}
    for one in recorded:
        if not any(kwargs.get("letter") in ("#", "!") for kwargs in one["kwargs"]):
            by_prompt.setdefault(one["key"], []).append(one)
    rows = []
    for group in by_prompt.values():
        for i in range(0, len(group) - 3, 4):
            params = {"instruction_id_list": group[i]["instruction_id_list"], "kwargs": group[i]["kwargs"]}
            rows.append({"prompt": "", "params": params, "responses": [one["response"] for one in group[i : i + 4]]})
    rng.shuffle(rows)
    return rows


def generated_instructions(rng, n=300):
    rows = []
    for _ in range(n):
        params = {
            "instruction_id_list": [
                "keywords:existence",
                "length_constraints:number_sentences",
                "punctuation:no_comma",
                "change_case:english_lowercase",
            ],
            "kwargs": [{"keywords": rng.sample(WORDS, 2)}, {"num_sentences": 5, "relation": "at least"}, {}, {}],
        }
        rows.append(
            {
                "prompt": "",
                "params": params,
                "responses": [" ".join(sentence(rng) for _ in range(rng.randint(2, 12))) for _ in range(4)],
            }
        )
    return rows


def nltk_data(build):
    """A folder in nltk's own layout over the fetched language data."""
    folder = pathlib.Path(tempfile.mkdtemp()) / "tokenizers" / "punkt_tab"
    folder.mkdir(parents=True)
    shutil.copytree(build / "data" / "punkt" / "english", folder / "english")
    return folder.parent.parent


def instructions_peer():
    import langdetect
    import nltk
    from if_verifiable import common
    from if_verifiable.ifeval import instructions_registry, instructions_util

    nltk.data.path.insert(0, str(nltk_data(pathlib.Path(OPTIONS.build))))
    langdetect.DetectorFactory.seed = 0
    tokenizer = nltk.tokenize.PunktTokenizer("english")  # the package still asks for the old pickled model
    instructions_util._get_sentence_tokenizer = lambda: tokenizer

    def score(row, response):
        params = row["params"]
        return common.evaluate_instructions(
            response,
            params["instruction_id_list"],
            params["kwargs"],
            row["prompt"],
            instructions_registry.INSTRUCTION_DICT,
        )[1].binary_strict

    return score


def questions(rng, n=600):
    """Real answers in prose where the data is present, five systems a question; else generated ones."""
    recorded = read_jsonl("evouna/NQ.jsonl.gz")
    rows = []
    if recorded:
        by_question = {}
        for one in recorded:
            by_question.setdefault((one["question"], one["gold"]), []).append(one["pred"] or "")
        for (question, gold), answers in by_question.items():
            rows.append({"prompt": question, "reference": gold.split("/"), "responses": answers[:4]})
        return rng.sample(rows, min(n, len(rows)))
    for _ in range(n):
        name = " ".join(rng.choice(WORDS).capitalize() for _ in range(2))
        texts = [f"{sentence(rng)} It was {noisy(rng, name)}. {sentence(rng)}" for _ in range(4)]
        rows.append({"prompt": "Who was it?", "reference": [name], "responses": texts})
    return rows


PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 40},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "kind": {"enum": ["user", "admin", "guest"]},
        "home": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
    "required": ["name", "kind"],
    "additionalProperties": False,
}


def person(rng):
    one = {
        "name": rng.choice(WORDS),
        "kind": rng.choice(["user", "admin", "guest", "root"]),
        "age": rng.randint(-5, 160),
    }
    one["tags"] = [rng.choice(WORDS) for _ in range(rng.randint(0, 4))]
    if rng.random() < 0.5:
        one["home"] = {"city": rng.choice(WORDS)} if rng.random() < 0.8 else {}
    return json.dumps(one)


def people(rng):
    """One compiled schema, many distinct values."""
    return [{"prompt": "", "params": {"schema": PERSON}, "responses": [person(rng) for _ in range(4000)]}]


def schema_suite(rng):
    """The schemas of the test suite with the values of their tests."""
    recorded = read_jsonl("json-schema-2020-12/tests.jsonl.gz")
    groups = {}
    for one in recorded or []:
        if not any(s in json.dumps(one["schema"]) for s in ("$ref", "localhost")) and not one["file"].startswith(
            "optional"
        ):
            groups.setdefault(json.dumps(one["schema"]), []).append(json.dumps(one["data"]))
    return [{"prompt": "", "params": {"schema": json.loads(k)}, "responses": v} for k, v in groups.items()]


def schema_peer():
    import jsonschema_rs

    compiled = {}

    def score(row, response):
        key = id(row)
        if key not in compiled:
            compiled[key] = jsonschema_rs.validator_for(row["params"]["schema"])
        return compiled[key].is_valid(json.loads(response))

    return score


def calls(rng, n=500):
    rows = []
    for _ in range(n):
        wanted = {"name": "find", "arguments": {"query": sentence(rng), "limit": rng.randint(1, 9), "exact": True}}
        said = [
            json.dumps({**wanted, "arguments": {**wanted["arguments"], "limit": rng.randint(1, 9)}}) for _ in range(4)
        ]
        rows.append({"prompt": "", "reference": wanted, "responses": said})
    return rows


def queries(rng, n=100):
    script = "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT, age INTEGER);\nINSERT INTO people VALUES "
    script += ",".join(f"({i},'{rng.choice(WORDS)}',{rng.randint(1, 90)})" for i in range(200)) + ";"
    rows = []
    for _ in range(n):
        limits = [rng.randint(10, 80) for _ in range(4)]
        said = [f"SELECT name, count(*) FROM people WHERE age > {limit} GROUP BY name" for limit in limits]
        rows.append({"prompt": "", "reference": said[0], "params": {"database": script}, "responses": said})
    return rows


def tagged(rng, n=1000):
    def one():
        inner = f"<think>{sentence(rng)}</think>\n<answer>{sentence(rng)}</answer>"
        return inner if rng.random() < 0.7 else inner.replace("</think>", "")

    return [{"prompt": "", "responses": [one() for _ in range(4)]} for _ in range(n)]


def meteor_peer():
    from nltk.translate import meteor_score

    class NoSynonyms:
        def synsets(self, word):
            return []

    none = NoSynonyms()
    return lambda row, response: meteor_score.meteor_score([row["reference"].split()], response.split(), wordnet=none)


def language_peer():
    import langdetect

    langdetect.DetectorFactory.seed = 0
    return lambda row, response: langdetect.detect(response) == "de"


def math_numbers(rng, n=2500):
    """Plain numbers as models end their answers, a quarter of them wrong; every response is another text."""
    rows = []
    for _ in range(n):
        value = rng.choice([rng.randint(-999, 9999), round(rng.uniform(-99, 999), rng.randint(1, 3))])
        forms = ["{}", "The answer is {}.", "\\boxed{{{}}}", "So we get ${}$", "#### {}", "Step {} gives **{}**"]
        responses = []
        for _ in range(4):
            said = value if rng.random() < 0.75 else value + rng.randint(1, 9)
            text = f"{said:,}" if rng.random() < 0.2 else str(said)
            form = rng.choice(forms)
            responses.append(form.format(rng.randint(1, 9), text) if form.startswith("Step") else form.format(text))
        rows.append({"prompt": "", "reference": str(value), "responses": responses})
    return rows


def math_latex(rng, n=2500):
    """Formulas: fractions, roots, powers, polynomials, intervals, tuples; boxed, equal in another form or different."""
    rows = []
    for _ in range(n):
        a, b, c, d = (rng.randint(1, 30) for _ in range(4))
        reference, same, other = rng.choice(
            [
                (f"\\frac{{{a}}}{{{b}}}", f"\\dfrac{{{a * c}}}{{{b * c}}}", f"\\frac{{{a}}}{{{b + 1}}}"),
                (f"{a}\\sqrt{{{b}}}", f"\\sqrt{{{a * a * b}}}", f"{a}\\sqrt{{{b + 1}}}"),
                (f"x^2+{a + b}x+{a * b}", f"(x+{a})(x+{b})", f"(x+{a})(x-{b})"),
                (f"\\left[{a},{a + b}\\right)", f"{a} \\le x < {a + b}", f"[{a},{a + b}]"),
                (f"\\left(\\frac{{{a}}}{{{b}}},{c}\\right)", f"({a}/{b}, {c})", f"({c}, {a}/{b})"),
                (f"{a}\\pi+{b}", f"{b} + \\pi \\cdot {a}", f"{b}\\pi+{a + 31}"),
                (f"{a}e^{{{b}}}-{c}", f"-{c}+{a}\\cdot e^{{{b}}}", f"{a}e^{{{b + 1}}}-{c}"),
                (f"\\frac{{x+{a}}}{{{b}}}", f"\\frac{{x}}{{{b}}}+\\frac{{{a}}}{{{b}}}", f"\\frac{{x}}{{{b}}}+{a}"),
            ]
        )
        responses = [
            f"Hence in case {d + k} \\boxed{{{rng.choice([reference, same, same, other])}}}." for k in range(4)
        ]
        rows.append({"prompt": "", "reference": reference, "responses": responses})
    return rows


def math_verify_peer():
    import logging

    from math_verify import parse, verify

    logging.disable(logging.WARNING)
    return lambda row, response: verify(parse("\\boxed{" + row["reference"] + "}"), parse(response))


OPTIONS = None
ROUGE = {"rouge_types": ["rouge1", "rouge2", "rougeL", "rougeLsum"]}

CASES: list[Case] = [
    Case("qa_match", "qa_match", questions),
    Case("json_schema", "json_schema", people, peer=schema_peer, package="jsonschema-rs"),
    Case("json_schema suite", "json_schema", schema_suite, peer=schema_peer, package="jsonschema-rs"),
    Case("tool_call_match", "tool_call_match", calls),
    Case("sql_result", "sql_result", queries),
    Case("format_tags", "format_tags", tagged),
    Case("overlong", "overlong", tagged, {"max_length": 40, "buffer": 20, "unit": "words"}),
    Case("cosine_length", "cosine_length", tagged, {"max_length": 500}),
    Case("language", "language", translations, {"expected": "de"}, language_peer, "langdetect"),
    Case("meteor", "meteor", translations, peer=meteor_peer, package="nltk"),
    Case("exact_match", "exact_match", generated_pairs),
    Case("token_f1", "token_f1", generated_pairs),
    Case("bleu", "bleu", translations, peer=sacrebleu_peer("BLEU", effective_order=True), package="sacrebleu"),
    Case(
        "bleu intl",
        "bleu",
        translations,
        {"tokenize": "intl"},
        sacrebleu_peer("BLEU", effective_order=True, tokenize="intl"),
        "sacrebleu",
    ),
    Case(
        "bleu char",
        "bleu",
        translations,
        {"tokenize": "char"},
        sacrebleu_peer("BLEU", effective_order=True, tokenize="char"),
        "sacrebleu",
    ),
    Case("chrf", "chrf", translations, peer=sacrebleu_peer("CHRF"), package="sacrebleu"),
    Case("chrf++", "chrf", translations, {"word_order": 2}, sacrebleu_peer("CHRF", word_order=2), "sacrebleu"),
    Case("ter", "ter", translations, peer=sacrebleu_peer("TER"), package="sacrebleu"),
    Case(
        "ter normalized",
        "ter",
        translations,
        {"normalized": True},
        sacrebleu_peer("TER", normalized=True),
        "sacrebleu",
    ),
    Case("rouge", "rouge", translations, ROUGE, rouge_peer(), "rouge-score"),
    Case("math numbers", "math_equal", math_numbers, peer=math_verify_peer, package="math-verify"),
    Case("math numbers only", "number_equal", math_numbers, peer=math_verify_peer, package="math-verify"),
    Case("math latex", "math_equal", math_latex, peer=math_verify_peer, package="math-verify"),
    Case("math compat", "math_equal", math_latex, {"compat": "math_verify"}, math_verify_peer, "math-verify"),
    Case("instructions", "instruction_constraints", instructions, peer=instructions_peer, package="if-verifiable"),
    Case(
        "rouge stems",
        "rouge",
        translations,
        {**ROUGE, "use_stemmer": True},
        rouge_peer(use_stemmer=True),
        "rouge-score",
    ),
]


def run_ours(case, path, build, seconds):
    command = [
        str(build / "rlar_bench_verifiers"),
        case.tool,
        str(path),
        "--params",
        json.dumps(case.params),
        "--seconds",
        str(seconds),
    ]
    out = subprocess.run(command, capture_output=True, text=True)
    if out.returncode != 0:
        raise RuntimeError(out.stderr.strip())
    return json.loads(out.stdout)


def run_peer(case, rows, seconds):
    """At most one pass: the peers keep what they have seen, and no response comes twice in training."""
    function = case.peer()
    function(rows[-1], rows[-1]["responses"][-1])  # what it loads on first use
    done, start, elapsed = 0, time.process_time(), 0.0
    for row in rows:
        for response in row["responses"]:
            function(row, response)
            done += 1
        elapsed = time.process_time() - start
        if elapsed > seconds:
            break
    return done / elapsed


def machine():
    model = next(
        (line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?"
    )
    return {"cpu": model, "cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="names of cases, comma-separated")
    parser.add_argument("--seconds", type=float, default=1.0, help="time for each side of each case")
    parser.add_argument("--seed", type=int, default=20240501)
    parser.add_argument("--json", help="write the results there")
    parser.add_argument("--build", default=str(ROOT / "build"))
    global OPTIONS
    options = OPTIONS = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name]
    unknown = set(wanted) - {case.name for case in CASES}
    if unknown:
        parser.error("no case called " + ", ".join(sorted(unknown)))
    report = {"machine": machine(), "seed": options.seed, "seconds": options.seconds, "cases": []}
    print(json.dumps({k: v for k, v in report.items() if k != "cases"}))
    print(f"{'case':26} {'ours/s':>12} {'peer/s':>12} {'ratio':>9}  {'not ok':>6}  peer")
    for case in CASES:
        if wanted and case.name not in wanted:
            continue
        rows = case.rows(random.Random(options.seed))
        if not rows:
            print(f"{case.name:26} skipped: its data is not in {DATA}")
            continue
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
            file.flush()
            ours = run_ours(case, file.name, pathlib.Path(options.build), options.seconds)
        result = {"case": case.name, "tool": case.tool, "params": case.params, "ours": ours, "peer": None}
        shown, ratio = "-", "-"
        if case.peer:
            try:
                version = importlib.metadata.version(case.package)
                rate = run_peer(case, rows, options.seconds)
                result["peer"] = {"package": case.package, "version": version, "per_second": rate}
                shown, ratio = f"{rate:,.0f}", f"{ours['per_second'] / rate:,.1f}x"
            except ImportError as error:
                result["peer"] = {"package": case.package, "missing": str(error)}
        peer = f"{case.package} {result['peer'].get('version', 'not installed')}" if result["peer"] else ""
        print(
            f"{case.name:26} {ours['per_second']:>12,.0f} {shown:>12} {ratio:>9}  {ours['not_ok']:>6}  {peer}",
            flush=True,
        )
        report["cases"].append(result)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
