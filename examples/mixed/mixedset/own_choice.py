"""Own multiple-choice questions: (question, right option, three wrong options)."""

from __future__ import annotations

import random

from .files import Record

QUESTIONS: list[tuple[str, str, str, str, str]] = [
    ("Which gas makes up most of Earth's atmosphere?", "Nitrogen", "Oxygen", "Argon", "Carbon dioxide"),
    ("Which planet has the shortest year?", "Mercury", "Venus", "Mars", "Earth"),
    ("Which metal is liquid at room temperature?", "Mercury", "Zinc", "Tin", "Lead"),
    ("What does a barometer measure?", "Air pressure", "Wind speed", "Humidity", "Temperature"),
    ("Which organ makes insulin?", "Pancreas", "Liver", "Kidney", "Spleen"),
    ("Which of these animals is a mammal?", "Bat", "Penguin", "Gecko", "Trout"),
    ("How many chambers does a bird's heart have?", "Four", "Two", "Three", "Five"),
    ("Which element has the chemical symbol K?", "Potassium", "Krypton", "Calcium", "Phosphorus"),
    ("Which element has the chemical symbol W?", "Tungsten", "Wolframite", "Vanadium", "Tin"),
    ("Which unit measures electrical resistance?", "Ohm", "Volt", "Ampere", "Farad"),
    ("What is the hardest natural mineral?", "Diamond", "Quartz", "Topaz", "Corundum"),
    ("Which river flows through Budapest?", "Danube", "Rhine", "Elbe", "Vistula"),
    ("Which is the capital of Kazakhstan?", "Astana", "Almaty", "Bishkek", "Tashkent"),
    ("Which is the capital of New Zealand?", "Wellington", "Auckland", "Christchurch", "Hamilton"),
    ("Which country has the longest coastline?", "Canada", "Australia", "Russia", "Indonesia"),
    ("Which sea lies between Italy and the Balkans?", "Adriatic Sea", "Aegean Sea", "Tyrrhenian Sea", "Black Sea"),
    (
        "Which strait separates Europe from Africa?",
        "Strait of Gibraltar",
        "Bosporus",
        "Strait of Hormuz",
        "Bering Strait",
    ),
    ("Which African country was formerly called Abyssinia?", "Ethiopia", "Sudan", "Somalia", "Eritrea"),
    (
        "Who wrote 'Don Quixote'?",
        "Miguel de Cervantes",
        "Lope de Vega",
        "Federico García Lorca",
        "Gabriel García Márquez",
    ),
    ("Who painted 'Girl with a Pearl Earring'?", "Johannes Vermeer", "Rembrandt", "Frans Hals", "Jan Steen"),
    (
        "Who composed 'The Four Seasons'?",
        "Antonio Vivaldi",
        "Johann Sebastian Bach",
        "Joseph Haydn",
        "George Frideric Handel",
    ),
    ("Which instrument has 88 keys in its usual form?", "Piano", "Accordion", "Harpsichord", "Organ"),
    ("In which year did the Berlin Wall fall?", "1989", "1987", "1991", "1985"),
    (
        "Who was the first person to reach the South Pole?",
        "Roald Amundsen",
        "Robert Scott",
        "Ernest Shackleton",
        "Richard Byrd",
    ),
    ("Which empire built Machu Picchu?", "Inca", "Aztec", "Maya", "Olmec"),
    (
        "Which war ended with the Treaty of Versailles?",
        "First World War",
        "Second World War",
        "Crimean War",
        "Seven Years' War",
    ),
    ("Which of these numbers is prime?", "97", "91", "87", "93"),
    ("How many edges does a cube have?", "12", "8", "6", "10"),
    ("What is the sum of the inner angles of a pentagon?", "540 degrees", "360 degrees", "720 degrees", "450 degrees"),
    ("Which number is a perfect square?", "169", "168", "170", "143"),
    ("What is the binary form of the decimal number 13?", "1101", "1011", "1110", "1001"),
    ("What is the derivative of x^3?", "3x^2", "x^2", "3x", "x^4/4"),
    ("Which data structure removes the item that was added first?", "Queue", "Stack", "Set", "Heap"),
    ("What is the worst-case time of binary search in n sorted items?", "O(log n)", "O(n)", "O(n log n)", "O(1)"),
    ("Which HTTP status code means 'Not Found'?", "404", "403", "500", "301"),
    ("Which port does HTTPS use by default?", "443", "80", "8080", "22"),
    ("Which sorting method is stable?", "Merge sort", "Quicksort", "Heapsort", "Selection sort"),
    ("In Python, which of these values is falsy?", "Empty list", "The string '0'", "-1", "A list holding None"),
    ("Which key on a musical staff has one sharp?", "G major", "F major", "D major", "C major"),
    ("How many players does a volleyball team have on court?", "6", "5", "7", "11"),
    ("Which sport uses the term 'love' for a score of zero?", "Tennis", "Cricket", "Golf", "Fencing"),
    ("Which language has the word 'obrigado' for 'thank you'?", "Portuguese", "Spanish", "Italian", "Romanian"),
    ("Which vitamin is made in skin under sunlight?", "Vitamin D", "Vitamin C", "Vitamin A", "Vitamin K"),
    ("What is the largest organ of the human body?", "Skin", "Liver", "Lungs", "Brain"),
    ("Which blood cells carry oxygen?", "Red blood cells", "White blood cells", "Platelets", "Plasma cells"),
    ("At which temperature are Celsius and Fahrenheit equal?", "-40", "0", "-32", "100"),
    ("Which kind of rock is marble?", "Metamorphic", "Igneous", "Sedimentary", "Volcanic"),
    ("Which moon is the largest in the Solar System?", "Ganymede", "Titan", "Callisto", "The Moon"),
    ("Which colour of visible light has the longest wavelength?", "Red", "Violet", "Green", "Blue"),
    ("Which is the smallest bone of the human body?", "Stapes", "Incus", "Patella", "Coccyx"),
    ("Which currency is used in Switzerland?", "Swiss franc", "Euro", "Krona", "Pound"),
    ("Which desert lies in northern Chile?", "Atacama", "Kalahari", "Gobi", "Namib"),
    ("Which tree keeps its needles in winter?", "Spruce", "Larch", "Beech", "Maple"),
    ("How many strings does a cello have?", "4", "5", "6", "3"),
    ("Which word is an antonym of 'scarce'?", "Abundant", "Rare", "Meagre", "Sparse"),
    ("Which of these words is a palindrome?", "Rotor", "Motor", "Router", "Torpor"),
]

_ASKS = (
    ("Answer with the letter only.", "bare"),
    ("Answer with the letter inside <answer></answer> tags.", "tags_only"),
    ('Give one short sentence of reasoning, then a last line "Final answer: " with the letter.', "final"),
    ("Put the letter of the right option in \\boxed{}.", "boxed_only"),
    ('Finish with the sentence "The answer is X.", where X is a letter. Keep it under 30 words.', "the_answer_is"),
)


def queries(rng: random.Random) -> list[Record]:
    """One query a question: options in a random order, the form of answer in turn."""
    made = []
    for number, (question, right, *wrong) in enumerate(QUESTIONS):
        options = [right, *wrong]
        rng.shuffle(options)
        listing = "\n".join(f"{letter}) {option}" for letter, option in zip("ABCD", options, strict=True))
        sentence, ask = _ASKS[number % len(_ASKS)]
        made.append(
            {
                "prompt": f"{question}\n{listing}\n{sentence}",
                "reference": "ABCD"[options.index(right)],
                "params": {"choices": options},
                "ask": ask,
            }
        )
    return made
