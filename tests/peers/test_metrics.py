"""bleu, chrf, rouge against sacrebleu 2.6.0 and rouge-score 0.1.2, to 1e-9."""

import random

import pytest

sacrebleu = pytest.importorskip("sacrebleu")
rouge_scorer = pytest.importorskip("rouge_score.rouge_scorer")


def rows(pairs):
    return [{"response": response, "reference": references} for response, references in pairs]


def usable(got):
    return got["status"] == "ok"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tokenize": "intl"},
        {"tokenize": "zh"},
        {"tokenize": "char"},
        {"tokenize": "none"},
        {"lowercase": True},
        {"smooth_method": "floor"},
        {"smooth_method": "add-k", "smooth_value": 0.5},
        {"smooth_method": "none"},
        {"effective_order": False},
        {"max_ngram_order": 6, "tokenize": "char"},
    ],
)
def test_bleu(score, pairs, options):
    peer = sacrebleu.BLEU(**{"effective_order": True, **options})
    for (response, references), got in zip(pairs, score("bleu", rows(pairs), options)):
        want = peer.sentence_score(response, references)
        if not usable(got):
            assert got["class"] == "bad_reference"
            continue
        parts = got["components"]
        assert parts["score"] == pytest.approx(want.score, abs=1e-9), (response, references)
        assert parts["sys_len"] == want.sys_len and parts["ref_len"] == want.ref_len, (response, references)
        assert parts["bp"] == pytest.approx(want.bp, abs=1e-9)
        for n, precision in enumerate(want.precisions, 1):
            assert parts[f"precisions/{n}"] == pytest.approx(precision, abs=1e-9)
        assert got["value"] == pytest.approx(min(1, want.score / 100), abs=1e-12)
        assert got["signature"] == str(peer.get_signature())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"word_order": 2},
        {"lowercase": True, "whitespace": True},
        {"eps_smoothing": True},
        {"char_order": 4, "beta": 3},
    ],
)
def test_chrf(score, pairs, options):
    peer = sacrebleu.CHRF(**options)
    for (response, references), got in zip(pairs, score("chrf", rows(pairs), options)):
        if not usable(got):
            assert got["class"] == "bad_reference"
            continue
        want = peer.sentence_score(response, references)
        assert got["components"]["score"] == pytest.approx(want.score, abs=1e-9), (response, references)
        assert got["signature"] == str(peer.get_signature())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"normalized": True},
        {"no_punct": True},
        {"case_sensitive": True},
        {"normalized": True, "asian_support": True},
        {"normalized": True, "no_punct": True, "asian_support": True, "case_sensitive": True},
    ],
)
def test_ter(score, pairs, options):
    peer = sacrebleu.TER(**options)
    check_ter(score, pairs, options, peer)


def check_ter(score, pairs, options, peer):
    for (response, references), got in zip(pairs, score("ter", rows(pairs), options)):
        if not usable(got):
            assert got["class"] == "bad_reference"
            continue
        want = peer.sentence_score(response, references)
        assert got["components"]["score"] == pytest.approx(want.score, abs=1e-9), (response, references)
        assert got["components"]["num_edits"] == want.num_edits
        assert got["value"] == pytest.approx(max(0, 1 - want.score / 100), abs=1e-12)
        assert got["signature"] == str(peer.get_signature())


@pytest.mark.parametrize("low,high,words", [(1, 60, 12), (30, 90, 40), (60, 140, 25)])
def test_ter_of_shuffled_words(score, low, high, words):
    """Many shifts, long texts, and pairs so far apart that the reference's beam cuts paths off."""
    rng = random.Random(low)
    made = []
    for _ in range(60):
        reference = [f"w{rng.randrange(words)}" for _ in range(rng.randint(low, high))]
        response = list(reference)
        for _ in range(rng.randint(0, 6)):
            i, j = sorted(rng.sample(range(len(response) + 1), 2)) if response else (0, 0)
            block = response[i:j]
            del response[i:j]
            at = rng.randint(0, len(response))
            response[at:at] = block
        if rng.random() < 0.4:
            response = response[: rng.randint(0, len(response))] + [f"x{k}" for k in range(rng.randint(0, 40))]
        made.append((" ".join(response), [" ".join(reference)]))
    check_ter(score, made, {}, sacrebleu.TER())


@pytest.mark.parametrize("stem", [False, True])
def test_rouge(score, pairs, stem):
    types = ["rouge1", "rouge2", "rouge3", "rougeL", "rougeLsum"]
    peer = rouge_scorer.RougeScorer(types, use_stemmer=stem)
    for (response, references), got in zip(
        pairs, score("rouge", rows(pairs), {"rouge_types": types, "use_stemmer": stem})
    ):
        if not usable(got):
            assert got["class"] == "bad_reference"
            continue
        want = peer.score_multi(references, response)
        for name in types:
            for part in ("precision", "recall", "fmeasure"):
                assert got["components"][f"{name}/{part}"] == pytest.approx(getattr(want[name], part), abs=1e-9), (
                    name,
                    response,
                    references,
                )


def test_stems(score):
    """Stems through ROUGE-1: two words match exactly when the peer gives them the same stem."""
    from nltk.stem.porter import PorterStemmer

    rng = random.Random(3)
    endings = [
        "",
        "s",
        "es",
        "ies",
        "ied",
        "ed",
        "ing",
        "eed",
        "y",
        "ational",
        "alli",
        "fulli",
        "logi",
        "bli",
        "ization",
        "iveness",
        "ement",
        "ment",
        "ent",
        "ion",
        "sion",
        "tion",
        "ll",
        "e",
        "icate",
        "ness",
        "yyy",
    ]
    words = [
        "".join(rng.choice("aeioubcdtslyrmx") for _ in range(rng.randint(1, 7))) + rng.choice(endings)
        for _ in range(20000)
    ]
    stemmer = PorterStemmer()
    stems = [stemmer.stem(word) for word in words]
    cases = [(word, stem) for word, stem in zip(words, stems) if len(word) > 3]
    # A stem of up to three letters is compared as it is; longer ones would be stemmed again, so both sides are words.
    got = score(
        "rouge",
        [{"response": word, "reference": stem} for word, stem in cases],
        {"rouge_types": ["rouge1"], "use_stemmer": True},
    )
    for (word, stem), one in zip(cases, got):
        again = stemmer.stem(stem) if len(stem) > 3 else stem
        assert (one["value"] == 1) == (again == stem), (word, stem, again)


ORACLES = {
    "bleu_13a": ("bleu", {}),
    "bleu_intl": ("bleu", {"tokenize": "intl"}),
    "bleu_char": ("bleu", {"tokenize": "char"}),
    "bleu_none_floor": ("bleu", {"tokenize": "none", "smooth_method": "floor"}),
    "bleu_addk": ("bleu", {"smooth_method": "add-k"}),
    "bleu_lc": ("bleu", {"lowercase": True}),
    "ter": ("ter", {}),
    "ter_norm": ("ter", {"normalized": True, "no_punct": True}),
    "chrf": ("chrf", {}),
    "chrf++": ("chrf", {"word_order": 2}),
    "chrf_lc_ws": ("chrf", {"lowercase": True, "whitespace": True}),
}


def oracle_rows(data):
    lines = {row["system"]: row["lines"] for row in data("sacrebleu/wmt17_en_de_systems.jsonl.gz")}
    reference = lines["reference"][0]
    oracles = data("sacrebleu/oracle_sentence_scores.jsonl.gz")
    return oracles, [{"response": lines[o["system"]][o["i"]], "reference": reference[o["i"]]} for o in oracles]


@pytest.mark.parametrize("name", ORACLES)
def test_recorded_scores(score, data, name):
    oracles, made = oracle_rows(data)
    tool, params = ORACLES[name]
    for oracle, got in zip(oracles, score(tool, made, params)):
        assert got["components"]["score"] == pytest.approx(oracle[name], abs=1e-9), (oracle["system"], oracle["i"])


@pytest.mark.parametrize("key,stem", [("rouge", False), ("rouge_stem", True)])
def test_recorded_rouge(score, data, key, stem):
    oracles, made = oracle_rows(data)
    types = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    for oracle, got in zip(oracles, score("rouge", made, {"rouge_types": types, "use_stemmer": stem})):
        for name in types:
            have = [got["components"][f"{name}/{part}"] for part in ("precision", "recall", "fmeasure")]
            assert have == pytest.approx(oracle[key][name], abs=1e-9)
