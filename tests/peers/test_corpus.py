"""`rlar eval corpus` against recorded corpus scores of sacrebleu, and against sacrebleu and rouge-score themselves on generated texts."""

import json
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ORACLES = {
    "bleu_13a": ("bleu", {}),
    "bleu_intl": ("bleu", {"tokenize": "intl"}),
    "bleu_none": ("bleu", {"tokenize": "none"}),
    "bleu_char": ("bleu", {"tokenize": "char"}),
    "chrf": ("chrf", {}),
    "chrf++": ("chrf", {"word_order": 2}),
    "ter": ("ter", {}),
}


@pytest.fixture
def corpus(request, tmp_path):
    """corpus(tool, params, [(response, references)]) → the printed JSON."""
    program = pathlib.Path(request.config.getoption("--build")) / "rlar"

    def run(tool, params, pairs):
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(json.dumps({"prompt": "", "response": h, "reference": r}) + "\n" for h, r in pairs))
        command = [program, "eval", "corpus", "--tool", tool, "--params", json.dumps(params), "--json", path]
        out = subprocess.run(command, capture_output=True, text=True)
        assert out.returncode == 0, out.stderr
        return json.loads(out.stdout)

    return run


def test_recorded(corpus, data):
    systems = {row["system"]: row["lines"] for row in data("sacrebleu/wmt17_en_de_systems.jsonl.gz")}
    reference = systems["reference"][0]
    compared = 0
    for name, scores in data("sacrebleu/oracle_corpus_scores.json").items():
        pairs = list(zip(systems[name], reference))
        for key, (tool, params) in ORACLES.items():
            if key not in scores:
                continue
            got = corpus(tool, params, pairs)
            assert got["overall"]["score"] == pytest.approx(scores[key], abs=1e-9), (name, key)
            assert got["n"] == len(pairs)
            if key + "_sig" in scores:
                assert got["overall"]["signature"] == scores[key + "_sig"]
            compared += 1
        if compared > 12:
            break
    assert compared > 5


@pytest.mark.parametrize("tool,metric,options", [
    ("bleu", "BLEU", {"smooth_method": "floor"}),
    ("bleu", "BLEU", {"effective_order": True, "tokenize": "zh"}),
    ("chrf", "CHRF", {"word_order": 2, "lowercase": True}),
    ("ter", "TER", {"normalized": True}),
])  # fmt: skip
def test_generated(corpus, pairs, tool, metric, options):
    """Three references for every segment."""
    sacrebleu = pytest.importorskip("sacrebleu")
    made = [(h, (r * 3)[:3]) for h, r in pairs[:300] if all(text.strip() for text in r)]
    peer = getattr(sacrebleu, metric)(**options)
    want = peer.corpus_score([h for h, _ in made], [list(column) for column in zip(*[r for _, r in made])])
    got = corpus(tool, options, made)["overall"]
    assert got["score"] == pytest.approx(want.score, abs=1e-9)
    assert got["signature"] == str(peer.get_signature())


def test_rouge_is_the_mean(corpus, pairs):
    rouge_scorer = pytest.importorskip("rouge_score.rouge_scorer")
    made = [(h, r) for h, r in pairs[:300] if all(text.strip() for text in r)]
    peer = rouge_scorer.RougeScorer(["rougeL", "rouge1"], use_stemmer=True)
    scores = [peer.score_multi(r, h) for h, r in made]
    got = corpus("rouge", {"rouge_types": ["rougeL", "rouge1"], "use_stemmer": True}, made)["overall"]
    for name in ("rougeL", "rouge1"):
        mean = sum(score[name].fmeasure for score in scores) / len(scores)
        assert got[f"{name}/fmeasure"] == pytest.approx(mean, abs=1e-9)
    assert got["value"] == got["rougeL/fmeasure"]
