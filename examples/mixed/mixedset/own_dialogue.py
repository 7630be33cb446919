"""Own open requests: no reference and no label. Some are message lists, as chat data has them."""

from __future__ import annotations

from .files import Record

_REQUESTS = [
    "I feel nervous about my first day at a new job tomorrow. Any advice? Two or three sentences, please.",
    "Suggest a weekend plan for a family with two small children in a rainy city. Keep it short.",
    "My flatmate never washes the dishes. How could I bring it up without a fight? Answer in under 60 words.",
    "Explain to a ten-year-old why the sea is salty, in two or three sentences.",
    "Write a friendly reply to a customer whose parcel is three days late. Short, please.",
    "Which is the better first pet for a busy person, a cat or a hamster? Give a brief opinion.",
    "I want to start running. What would a gentle first week look like? Be brief.",
    "Help me word a polite message that declines a wedding invitation.",
    "Give me an idea for a short story set in a lighthouse, in two sentences.",
    "What makes a good apology? Answer in a few sentences.",
    "How would you explain a budget to a teenager? Keep it under 60 words.",
    "My plants keep dying. What are two likely reasons?",
    "Describe the smell of a forest after rain.",
    "Is it worth learning to play the piano as an adult? A short, honest answer, please.",
    "Write two lines that could stand on a birthday card for a grandmother.",
    "I can't fall asleep. What could I try tonight? Short answer.",
]
_CHATS: list[list[tuple[str, str]]] = [
    [("system", "You are a cheerful travel guide. Keep replies under 60 words."), ("user", "I have one day in Porto. What should I not miss?")],
    [("system", "You answer like a patient teacher, briefly."), ("user", "Why do we have leap years?")],
    [("user", "I made soup."), ("assistant", "Nice! What kind?"), ("user", "Lentil, but it tastes flat. What could I add?")],
    [("user", "Recommend a hobby."), ("assistant", "How about drawing?"), ("user", "I tried it and got bored. Something with more movement, in one or two sentences.")],
    [("system", "Be concise and kind."), ("user", "I failed my driving test for the second time.")],
    [("system", "You are a support agent of a small bookshop."), ("user", "The book I got has a torn cover. What now?")],
    [("user", "Tell me a riddle."), ("assistant", "What has keys but opens no lock?"), ("user", "A piano! Now one that is harder.")],
    [("system", "Speak plainly. Two sentences at most."), ("user", "What is the point of meditation?")],
]  # fmt: skip


def queries() -> list[Record]:
    """Every request; nothing to judge by."""
    made: list[Record] = [{"prompt": text, "ask": "none"} for text in _REQUESTS]
    made += [{"prompt": [{"role": role, "content": text} for role, text in chat], "ask": "none"} for chat in _CHATS]
    return made
