"""Own short questions with every accepted name of the answer."""

from __future__ import annotations

from .files import Record

FACTS: list[tuple[str, list[str]]] = [
    ("What is the capital of Australia?", ["Canberra"]),
    ("What is the capital of Canada?", ["Ottawa"]),
    ("What is the capital of Turkey?", ["Ankara"]),
    ("What is the capital of Morocco?", ["Rabat"]),
    ("What is the capital of Slovenia?", ["Ljubljana"]),
    ("What is the capital of Bhutan?", ["Thimphu", "Thimbu"]),
    ("What is the capital of Uruguay?", ["Montevideo"]),
    ("Which city was the capital of West Germany?", ["Bonn"]),
    ("What is the chemical symbol of sodium?", ["Na"]),
    ("What is the chemical symbol of silver?", ["Ag"]),
    ("Which chemical element has atomic number 6?", ["carbon", "C"]),
    ("Which chemical element has atomic number 79?", ["gold", "Au"]),
    ("Which chemical element has atomic number 18?", ["argon", "Ar"]),
    ("What is the chemical formula of table salt?", ["NaCl", "sodium chloride"]),
    ("Who wrote the novel 'Frankenstein'?", ["Mary Shelley", "Mary Wollstonecraft Shelley", "Shelley"]),
    ("Who wrote the play 'A Doll's House'?", ["Henrik Ibsen", "Ibsen", "Henrik Johan Ibsen"]),
    ("Who wrote 'The Metamorphosis', in which a man wakes up as an insect?", ["Franz Kafka", "Kafka"]),
    (
        "Who wrote 'War and Peace'?",
        ["Leo Tolstoy", "Lev Tolstoy", "Tolstoy", "Leo Tolstoi", "Lev Nikolayevich Tolstoy"],
    ),
    ("Who painted 'The Starry Night'?", ["Vincent van Gogh", "van Gogh", "Vincent Willem van Gogh"]),
    ("Who painted 'Guernica'?", ["Pablo Picasso", "Picasso"]),
    ("Who composed the opera 'Carmen'?", ["Georges Bizet", "Bizet"]),
    ("Who composed the 'Moonlight Sonata'?", ["Ludwig van Beethoven", "Beethoven"]),
    ("Who discovered penicillin?", ["Alexander Fleming", "Fleming", "Sir Alexander Fleming"]),
    ("Who formulated the three laws of planetary motion?", ["Johannes Kepler", "Kepler"]),
    ("Who created the Linux kernel?", ["Linus Torvalds", "Torvalds", "Linus Benedict Torvalds"]),
    ("Who created the Python programming language?", ["Guido van Rossum", "van Rossum"]),
    (
        "Who was the first woman to win a Nobel Prize?",
        ["Marie Curie", "Curie", "Marie Skłodowska Curie", "Maria Skłodowska-Curie"],
    ),
    ("Who was the first human in space?", ["Yuri Gagarin", "Gagarin", "Yuri Alekseyevich Gagarin", "Jurij Gagarin"]),
    ("In which year did the Titanic sink?", ["1912"]),
    ("In which year did the French Revolution begin?", ["1789"]),
    ("In which year did Christopher Columbus first reach the Americas?", ["1492"]),
    ("In which year was the Magna Carta sealed?", ["1215"]),
    ("In which year did the Chernobyl disaster happen?", ["1986"]),
    ("Which is the longest river of South America?", ["Amazon", "Amazon River", "the Amazon"]),
    ("Which is the highest mountain of Africa?", ["Kilimanjaro", "Mount Kilimanjaro"]),
    ("Which is the highest mountain of Europe's Alps?", ["Mont Blanc", "Monte Bianco"]),
    ("Which is the deepest lake on Earth?", ["Lake Baikal", "Baikal"]),
    (
        "Which is the smallest country in the world by area?",
        ["Vatican City", "Vatican", "the Vatican", "Holy See", "Vatican City State"],
    ),
    ("Which is the largest island on Earth?", ["Greenland"]),
    ("Which ocean lies between Africa and Australia?", ["Indian Ocean", "the Indian Ocean"]),
    ("Which currency does Poland use?", ["zloty", "złoty", "Polish zloty", "Polish złoty", "PLN"]),
    ("Which currency does South Korea use?", ["won", "South Korean won", "Korean won", "KRW"]),
    ("Which country has the city of Timbuktu?", ["Mali"]),
    ("Which country does the island of Crete belong to?", ["Greece"]),
    ("How many legs does a spider have?", ["8", "eight"]),
    ("How many hearts does an octopus have?", ["3", "three"]),
    ("How many sides does a heptagon have?", ["7", "seven"]),
    ("How many moons does Mars have?", ["2", "two"]),
    ("How many bones does an adult human body have?", ["206"]),
    ("How many minutes are there in a full day?", ["1440", "1,440"]),
    ("Which planet is known for its Great Red Spot?", ["Jupiter"]),
    ("Which planet rotates on its side, with an axis tilt of about 98 degrees?", ["Uranus"]),
    ("Which is the SI unit of force?", ["newton", "newtons", "N", "newton (N)"]),
    ("Which is the SI unit of pressure?", ["pascal", "pascals", "Pa", "pascal (Pa)"]),
    ("Which animal is the fastest on land?", ["cheetah", "the cheetah", "cheetahs"]),
    (
        "What is the name of the longest bone of the human body?",
        ["femur", "thigh bone", "thighbone", "the femur", "femur bone", "femoral bone"],
    ),
    ("What is a group of wolves called?", ["pack", "a pack", "wolf pack"]),
    ("What is a young kangaroo called?", ["joey", "a joey"]),
    ("What is the study of fungi called?", ["mycology"]),
    ("What is the fear of confined spaces called?", ["claustrophobia"]),
    ("Which Greek god is the ruler of the sea?", ["Poseidon"]),
    ("Which Norse god carries the hammer Mjölnir?", ["Thor"]),
    ("In the fairy tale, what does Cinderella's coach turn back into?", ["pumpkin", "a pumpkin", "the pumpkin"]),
    ("Which TCP port does SSH use by default?", ["22", "port 22"]),
]

_ASKS = (
    ("Answer with the name or number only.", "bare"),
    ("Put your answer inside <answer></answer> tags.", "tags_only"),
    ("Answer in one short sentence.", "sentence"),
    ('Reply in the form "Final answer: ...".', "final_only"),
)


def queries() -> list[Record]:
    """One query a fact, the form of answer in turn; the reference lists every accepted name."""
    made = []
    for number, (question, names) in enumerate(FACTS):
        sentence, ask = _ASKS[number % len(_ASKS)]
        made.append({"prompt": f"{question} {sentence}", "reference": names, "ask": ask})
    return made
