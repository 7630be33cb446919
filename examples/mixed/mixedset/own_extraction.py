"""Own sentences from which an object with named fields is asked for; the reference is that object."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from .files import Record

_FIRST = ["Amira", "Jonas", "Priya", "Mateo", "Hana", "Oleg", "Freya", "Kwame", "Lucia", "Tariq", "Ingrid", "Bao"]
_LAST = ["Keller", "Okafor", "Lindqvist", "Moreau", "Tanaka", "Rossi", "Novak", "Haddad", "Byrne", "Silva"]
_CITIES = ["Lisbon", "Oslo", "Nairobi", "Quito", "Hanoi", "Leeds", "Turin", "Gdansk", "Perth", "Lyon"]
_ITEMS = ["desk lamp", "kettle", "backpack", "headset", "garden chair", "rain jacket", "printer", "water bottle"]
_MONTHS = ["January", "March", "April", "June", "August", "September", "October", "December"]
_MONTH_NUMBER = {
    "January": 1,
    "March": 3,
    "April": 4,
    "June": 6,
    "August": 8,
    "September": 9,
    "October": 10,
    "December": 12,
}
_NUMBER_WORDS = ["two", "three", "four", "five", "six", "seven", "eight", "nine"]

Made = tuple[str, str, dict[str, Any]]


def _person(rng: random.Random) -> Made:
    first, last, city, age = rng.choice(_FIRST), rng.choice(_LAST), rng.choice(_CITIES), rng.randint(19, 78)
    text = f"{first} {last}, who turned {age} last week, has moved to {city} to work as a nurse."
    return (
        text,
        "first_name, last_name, age (number), city",
        {"first_name": first, "last_name": last, "age": age, "city": city},
    )


def _order(rng: random.Random) -> Made:
    count, item, cents = rng.randrange(8), rng.choice(_ITEMS), rng.randint(300, 9900)
    text = f"Please send me {_NUMBER_WORDS[count]} of the {item} at {cents // 100}.{cents % 100:02d} euros each; no gift wrapping."
    fields = "item (string, singular), quantity (number), unit_price (number), gift_wrap (true or false)"
    return text, fields, {"item": item, "quantity": count + 2, "unit_price": cents / 100, "gift_wrap": False}


def _event(rng: random.Random) -> Made:
    month, day, year = rng.choice(_MONTHS), rng.randint(1, 28), rng.randint(2019, 2027)
    hour, city = rng.randint(1, 9), rng.choice(_CITIES)
    text = f"The annual meeting takes place in {city} on {month} {day}, {year} and starts at {hour} p.m."
    fields = "city, date (YYYY-MM-DD), start_time (24-hour HH:MM)"
    date = f"{year}-{_MONTH_NUMBER[month]:02d}-{day:02d}"
    return text, fields, {"city": city, "date": date, "start_time": f"{hour + 12}:00"}


def _contact(rng: random.Random) -> Made:
    first, last, tail = rng.choice(_FIRST), rng.choice(_LAST), rng.randint(1000, 9999)
    text = f"You can write to {first} at {first.lower()}.{last.lower()}@example.org, or call extension {tail}. There is no fax."
    fields = "name, email, extension (string), fax (string, or null when there is none)"
    return (
        text,
        fields,
        {"name": first, "email": f"{first.lower()}.{last.lower()}@example.org", "extension": str(tail), "fax": None},
    )


def _list(rng: random.Random) -> Made:
    chosen, city, left = rng.sample(_FIRST, 4), rng.choice(_CITIES), rng.randint(0, 1)
    text = (
        f"{chosen[0]}, {chosen[1]} and {chosen[2]} took the early train to {city}, but {chosen[3]} had to stay at home."
    )
    if left:
        text = f"{chosen[3]} could not come, so only {chosen[0]}, {chosen[1]} and {chosen[2]} went to {city}."
    fields = "travellers (list of names in the order of the text), destination, absent (list of names)"
    return text, fields, {"travellers": chosen[:3], "destination": city, "absent": [chosen[3]]}


def _nested(rng: random.Random) -> Made:
    low, high, city = rng.randint(-12, 9), rng.randint(10, 33), rng.choice(_CITIES)
    below = f"{-low} degrees below zero" if low < 0 else f"{low} degrees"
    text = f"In {city} the night will be cold with {below}, while the afternoon reaches {high} degrees and stays dry."
    fields = "city, temperature (object with the numbers min and max), rain (true or false)"
    return text, fields, {"city": city, "temperature": {"min": low, "max": high}, "rain": False}


_KINDS: tuple[Callable[[random.Random], Made], ...] = (_person, _order, _event, _contact, _list, _nested)
_PROMPTS = (
    "Extract the fields {fields} from the text as one JSON object. Reply with the JSON only.\n\nText: {text}",
    "{text}\n\nReturn a JSON object with exactly these keys: {fields}.",
    "Read the sentence and fill in a JSON object.\nKeys: {fields}\nSentence: {text}\nPut the object in a ```json block.",
)


def queries(rng: random.Random, count: int) -> list[Record]:
    """`count` different extraction queries, the six kinds and the three wordings in turn."""
    made: dict[str, Record] = {}
    while len(made) < count:
        number = len(made)
        text, fields, wanted = _KINDS[number % len(_KINDS)](rng)
        prompt = _PROMPTS[number // len(_KINDS) % len(_PROMPTS)].format(fields=fields, text=text)
        made.setdefault(prompt, {"prompt": prompt, "reference": wanted, "ask": "none"})
    return list(made.values())
