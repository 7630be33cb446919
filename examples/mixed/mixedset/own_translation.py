"""Short phrases with the complete list of their accepted translations, enumerated by a grammar.

A noun has a gender, a plural and sometimes synonyms; a colour agrees with it. `queries(rng)` gives {prompt, reference,
ask}. Comparison is the judge's: case, outer punctuation and repeated blanks do not count.
"""

from __future__ import annotations

import random

from .files import Record

# noun: per language a list of (singular, plural, gender)
NOUNS: dict[str, dict[str, list[tuple[str, str, str]]]] = {
    "apple": {"fr": [("pomme", "pommes", "f")], "de": [("Apfel", "Äpfel", "m")], "es": [("manzana", "manzanas", "f")]},
    "car": {
        "fr": [("voiture", "voitures", "f"), ("auto", "autos", "f"), ("automobile", "automobiles", "f")],
        "de": [("Auto", "Autos", "n"), ("Wagen", "Wagen", "m"), ("PKW", "PKW", "m"), ("PKW", "PKWs", "m")],
        "es": [
            ("coche", "coches", "m"),
            ("carro", "carros", "m"),
            ("auto", "autos", "m"),
            ("automóvil", "automóviles", "m"),
        ],
    },
    "house": {"fr": [("maison", "maisons", "f")], "de": [("Haus", "Häuser", "n")], "es": [("casa", "casas", "f")]},
    "dog": {
        "fr": [("chien", "chiens", "m"), ("chienne", "chiennes", "f")],
        "de": [("Hund", "Hunde", "m"), ("Hündin", "Hündinnen", "f")],
        "es": [("perro", "perros", "m"), ("perra", "perras", "f")],
    },
    "cat": {
        "fr": [("chat", "chats", "m"), ("chatte", "chattes", "f")],
        "de": [("Katze", "Katzen", "f"), ("Kater", "Kater", "m")],
        "es": [("gato", "gatos", "m"), ("gata", "gatas", "f")],
    },
    "book": {"fr": [("livre", "livres", "m")], "de": [("Buch", "Bücher", "n")], "es": [("libro", "libros", "m")]},
    "flower": {"fr": [("fleur", "fleurs", "f")], "de": [("Blume", "Blumen", "f")], "es": [("flor", "flores", "f")]},
    "shirt": {
        "fr": [("chemise", "chemises", "f")],
        "de": [("Hemd", "Hemden", "n")],
        "es": [("camisa", "camisas", "f")],
    },
    "chair": {"fr": [("chaise", "chaises", "f")], "de": [("Stuhl", "Stühle", "m")], "es": [("silla", "sillas", "f")]},
    "door": {"fr": [("porte", "portes", "f")], "de": [("Tür", "Türen", "f")], "es": [("puerta", "puertas", "f")]},
    "bicycle": {
        "fr": [("vélo", "vélos", "m"), ("bicyclette", "bicyclettes", "f")],
        "de": [("Fahrrad", "Fahrräder", "n"), ("Rad", "Räder", "n")],
        "es": [("bicicleta", "bicicletas", "f"), ("bici", "bicis", "f")],
    },
    "horse": {
        "fr": [("cheval", "chevaux", "m")],
        "de": [("Pferd", "Pferde", "n")],
        "es": [("caballo", "caballos", "m")],
    },
    "umbrella": {
        "fr": [("parapluie", "parapluies", "m")],
        "de": [("Regenschirm", "Regenschirme", "m"), ("Schirm", "Schirme", "m")],
        "es": [("paraguas", "paraguas", "m")],
    },
    "bird": {
        "fr": [("oiseau", "oiseaux", "m")],
        "de": [("Vogel", "Vögel", "m")],
        "es": [("pájaro", "pájaros", "m"), ("ave", "aves", "f")],
    },
}
NUMBERS = {
    "two": {"fr": "deux", "de": "zwei", "es": "dos"},
    "three": {"fr": "trois", "de": "drei", "es": "tres"},
    "four": {"fr": "quatre", "de": "vier", "es": "cuatro"},
    "five": {"fr": "cinq", "de": "fünf", "es": "cinco"},
    "seven": {"fr": "sept", "de": "sieben", "es": "siete"},
    "nine": {"fr": "neuf", "de": "neun", "es": "nueve"},
}
# colour: French (m sg, f sg, m pl, f pl), Spanish the same, German stem
COLOURS: dict[str, dict[str, tuple[str, ...]]] = {
    "red": {"fr": ("rouge", "rouge", "rouges", "rouges"), "es": ("rojo", "roja", "rojos", "rojas"), "de": ("rot",)},
    "black": {
        "fr": ("noir", "noire", "noirs", "noires"),
        "es": ("negro", "negra", "negros", "negras"),
        "de": ("schwarz",),
    },
    "white": {
        "fr": ("blanc", "blanche", "blancs", "blanches"),
        "es": ("blanco", "blanca", "blancos", "blancas"),
        "de": ("weiß",),
    },
    "green": {
        "fr": ("vert", "verte", "verts", "vertes"),
        "es": ("verde", "verde", "verdes", "verdes"),
        "de": ("grün",),
    },
    "blue": {"fr": ("bleu", "bleue", "bleus", "bleues"), "es": ("azul", "azul", "azules", "azules"), "de": ("blau",)},
    "yellow": {
        "fr": ("jaune", "jaune", "jaunes", "jaunes"),
        "es": ("amarillo", "amarilla", "amarillos", "amarillas"),
        "de": ("gelb",),
    },
}
LANGUAGES = {"fr": "French", "de": "German", "es": "Spanish"}
_THE = {"fr": {"m": "le", "f": "la"}, "de": {"m": "der", "f": "die", "n": "das"}, "es": {"m": "el", "f": "la"}}
_IS = {"fr": ["est"], "de": ["ist"], "es": ["es", "está"]}


def _article(lang: str, singular: str, gender: str) -> str:
    if lang == "fr" and singular[0] in "aeiouéh":
        return "l'" + singular
    if lang == "es" and singular == "ave":
        return "el " + singular
    return f"{_THE[lang][gender]} {singular}"


def _agree(lang: str, colour: str, gender: str, plural: bool) -> str:
    forms = COLOURS[colour][lang]
    if lang == "de":
        return forms[0] + "e" if plural else forms[0]
    return forms[(2 if plural else 0) + (gender == "f")]


def counted(lang: str, number: str, colour: str, noun: str) -> list[str]:
    """All translations of "three red apples"."""
    found = []
    for _, plural, gender in NOUNS[noun][lang]:
        adjective, count = _agree(lang, colour, gender, True), NUMBERS[number][lang]
        found.append(f"{count} {adjective} {plural}" if lang == "de" else f"{count} {plural} {adjective}")
    return found


def having(lang: str, number: str, colour: str, noun: str) -> list[str]:
    """All translations of "I have three red apples"."""
    heads = {
        "fr": ["j'ai", "je possède"],
        "de": ["ich habe", "ich besitze"],
        "es": ["tengo", "yo tengo", "poseo", "yo poseo"],
    }[lang]
    return [f"{head} {phrase}" for phrase in counted(lang, number, colour, noun) for head in heads]


def described(lang: str, colour: str, noun: str) -> list[str]:
    """All translations of "the apple is red"."""
    found = []
    for singular, _, gender in NOUNS[noun][lang]:
        for verb in _IS[lang]:
            found.append(f"{_article(lang, singular, gender)} {verb} {_agree(lang, colour, gender, False)}")
    return found


_PROMPTS = (
    ('Translate into {language}: "{phrase}". Reply with the translation only.', "bare"),
    ('How do you say "{phrase}" in {language}? Put the translation inside <answer></answer> tags.', "tags_only"),
    (
        '{phrase}\n\nTranslate the line above from English to {language}. Answer in the form "Final answer: ...".',
        "final_only",
    ),
    ("Give the {language} translation of: {phrase}\nOutput nothing but the {language} words.", "bare"),
)


def queries(rng: random.Random, count: int) -> list[Record]:
    """`count` different translation queries, the languages and the three shapes in turn."""
    made: dict[str, Record] = {}
    while len(made) < count:
        lang = list(LANGUAGES)[len(made) % 3]
        noun, colour, number = rng.choice(list(NOUNS)), rng.choice(list(COLOURS)), rng.choice(list(NUMBERS))
        shape = len(made) // 3 % 3
        if shape == 0:
            phrase, accepted = f"{number} {colour} {noun}s", counted(lang, number, colour, noun)
        elif shape == 1:
            phrase, accepted = f"I have {number} {colour} {noun}s", having(lang, number, colour, noun)
        else:
            phrase, accepted = f"the {noun} is {colour}", described(lang, colour, noun)
        template, ask = _PROMPTS[len(made) % len(_PROMPTS)]
        prompt = template.format(language=LANGUAGES[lang], phrase=phrase)
        made.setdefault(prompt, {"prompt": prompt, "reference": list(dict.fromkeys(accepted)), "ask": ask})
    return list(made.values())
