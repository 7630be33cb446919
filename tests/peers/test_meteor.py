"""meteor against nltk's meteor_score, with and without synonyms from Debian's WordNet."""

import pathlib
import shutil

import pytest

meteor = pytest.importorskip("nltk.translate.meteor_score")
WORDNET = pathlib.Path("/usr/share/wordnet")

SENTENCES = [
    ("the cat sat on the mat", ["on the mat sat the cat", "the cat sits on a rug"]),
    ("he quickly bought a new automobile yesterday", ["yesterday he rapidly purchased a new car"]),
    ("the physicians were examining children", ["the doctor examined the kids"]),
    ("geese flew over the lakes", ["a goose was flying above a lake"]),
    ("she is happier and better than before", ["she was glad and good"]),
    ("über naïve cafés naïvely cafés", ["naïve café über café"]),
    ("begin the big work", ["start the large job", "commence a great task"]),
]


class NoSynonyms:
    def synsets(self, word):
        return []


@pytest.fixture(scope="module")
def wordnet(tmp_path_factory):
    """Debian's files as nltk reads them: its reader also wants a list of lexicographers' files, whose names do not matter here."""
    if not (WORDNET / "index.noun").exists():
        pytest.skip("Debian's wordnet-base is not installed")
    import nltk

    folder = tmp_path_factory.mktemp("nltk_data") / "corpora" / "wordnet"
    folder.mkdir(parents=True)
    for path in WORDNET.iterdir():
        shutil.copy(path, folder / path.name)
    (folder / "lexnames").write_text("".join(f"{i:02}\tname.{i}\t1\n" for i in range(45)))
    (folder / "index.sense").touch()
    nltk.data.path.insert(0, str(folder.parent.parent))
    from nltk.corpus import wordnet

    wordnet.synsets("car")  # reads it
    return wordnet


def check(score, pairs, params, synonyms):
    rows = [{"response": response, "reference": references} for response, references in pairs]
    seen = set()
    for (response, references), got in zip(pairs, score("meteor", rows, params)):
        if got["status"] != "ok":
            assert got["class"] == "bad_reference"
            continue
        options = {key: params[key] for key in ("alpha", "beta", "gamma") if key in params}
        want = meteor.meteor_score([text.split() for text in references], response.split(), wordnet=synonyms, **options)
        assert got["components"]["score"] == pytest.approx(want, abs=1e-9), (response, references)
        seen.add(round(want, 3))
    assert len(seen) > 3


@pytest.mark.parametrize("params", [{}, {"alpha": 0.5, "beta": 2, "gamma": 0.3}])
def test_exact_and_stems(score, pairs, params):
    check(score, pairs + SENTENCES, params, NoSynonyms())


def test_synonyms(score, pairs, wordnet):
    check(score, pairs[:400] + SENTENCES, {"wordnet": str(WORDNET)}, wordnet)


def test_synonyms_of_many_words(score, wordnet):
    """Words drawn from WordNet itself, inflected and not, beside synonyms of theirs."""
    import random

    rng = random.Random(5)
    lemmas = sorted({name for name in wordnet.all_lemma_names() if "_" not in name and name.isalpha()})
    made = []
    for _ in range(300):
        words = rng.sample(lemmas, 8)
        said = [word + rng.choice(["", "", "s", "es", "ed", "ing", "er", "est"]) for word in words]
        wanted = []
        for word in words:
            names = [n for s in wordnet.synsets(word) for n in s.lemma_names() if "_" not in n]
            wanted.append(rng.choice(names or [word]))
        rng.shuffle(wanted)
        made.append((" ".join(said), [" ".join(wanted)]))
    check(score, made, {"wordnet": str(WORDNET)}, wordnet)
