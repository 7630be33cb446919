"""Own prompts with checkable instructions, in the parameter form of IFEval (`instruction_id_list`, `kwargs`).

Two of IFEval's 25 types are left out: number_sentences and capital_word_frequency need tokenizer data that no package
ships. Two more need a long text or another language and are left out to keep the responses short and the labels exact
(multiple_sections stays; response_language goes, its detector is not deterministic on short text).
"""

from __future__ import annotations

from typing import Any

from .files import Record

Constraint = tuple[str, dict[str, Any]]


def _words(relation: str, number: int) -> Constraint:
    return "length_constraints:number_words", {"relation": relation, "num_words": number}


def _has(*keywords: str) -> Constraint:
    return "keywords:existence", {"keywords": list(keywords)}


def _often(keyword: str, times: int, relation: str = "at least") -> Constraint:
    return "keywords:frequency", {"keyword": keyword, "frequency": times, "relation": relation}


def _without(*words: str) -> Constraint:
    return "keywords:forbidden_words", {"forbidden_words": list(words)}


def _letter(letter: str, times: int, relation: str) -> Constraint:
    return "keywords:letter_frequency", {"letter": letter, "let_frequency": times, "let_relation": relation}


def _bullets(number: int) -> Constraint:
    return "detectable_format:number_bullet_lists", {"num_bullets": number}


def _ends(phrase: str) -> Constraint:
    return "startend:end_checker", {"end_phrase": phrase}


NO_COMMA: Constraint = ("punctuation:no_comma", {})
QUOTED: Constraint = ("startend:quotation", {})
TITLE: Constraint = ("detectable_format:title", {})
LOWER: Constraint = ("change_case:english_lowercase", {})
UPPER: Constraint = ("change_case:english_capital", {})
JSON: Constraint = ("detectable_format:json_format", {})
TWO: Constraint = ("combination:two_responses", {})
YES_NO: Constraint = ("detectable_format:constrained_response", {})

PROMPTS: list[tuple[str, list[Constraint]]] = [
    ("Describe a rainy street in under 30 words and use no commas.", [_words("less than", 30), NO_COMMA]),
    ("Write a two-sentence advert for a bakery without using any comma. Include the words \"bread\" and \"morning\".", [NO_COMMA, _has("bread", "morning")]),
    ("List exactly 3 reasons to drink water as markdown bullet points (lines that start with \"* \"). Keep every point under six words.", [_bullets(3)]),
    ("Give exactly 4 markdown bullet points (\"* \") with things to pack for a hike. Do not use the word \"map\".", [_bullets(4), _without("map")]),
    ("Explain what a compass does in all lowercase letters, in one or two sentences. No capital letters at all.", [LOWER]),
    ("Warn readers about a wet floor. Your entire reply must be in capital letters, one or two sentences.", [UPPER]),
    ("Wrap your whole reply in double quotation marks and tell me in one sentence why cats purr.", [QUOTED]),
    ("Write a short poem of at most four lines about the sea. Give it a title wrapped in double angular brackets, such as <<blue tide>>.", [TITLE, _words("less than", 60)]),
    ("Name three European rivers. Your entire output must be a JSON object.", [JSON]),
    ("Suggest a name for a café. Give two different replies separated by six asterisk symbols: ******. Keep both under ten words.", [TWO]),
    ("Is a tomato a fruit in the botanical sense? Answer with one of: 'My answer is yes.', 'My answer is no.', 'My answer is maybe.'", [YES_NO]),
    ("Tell me one fact about owls. End your reply with the exact phrase \"That is all.\" and write nothing after it.", [_ends("That is all.")]),
    ("Say in under 25 words how to boil an egg. Finish with the exact phrase \"Enjoy your meal!\"", [_words("less than", 25), _ends("Enjoy your meal!")]),
    ("Write about a lighthouse in at most 40 words. The word \"light\" must appear at least 3 times.", [_words("less than", 41), _often("light", 3)]),
    ("Write two sentences on trains in which the letter \"z\" appears at least 2 times.", [_letter("z", 2, "at least")]),
    ("Write one sentence about a garden in which the letter \"e\" appears less than 4 times.", [_letter("e", 4, "less than")]),
    ("Describe the moon in at least 35 words without the words \"night\" and \"sky\".", [_words("at least", 35), _without("night", "sky")]),
    ("Write a note to a neighbour about a parcel. Use at least 2 placeholders in square brackets, such as [name]. Under 40 words.", [("detectable_content:number_placeholders", {"num_placeholders": 2}), _words("less than", 40)]),
    ("Write a two-sentence thank-you message and add a postscript that starts with P.S.", [("detectable_content:postscript", {"postscript_marker": "P.S."})]),
    ("Explain in one or two sentences why leaves change colour. Highlight at least 2 parts with *asterisks*.", [("detectable_format:number_highlighted_sections", {"num_highlights": 2})]),
    ("Write two very short paragraphs about bicycles, separated by the markdown divider ***. Use no commas.", [("length_constraints:number_paragraphs", {"num_paragraphs": 2}), NO_COMMA]),
    ("Repeat this request word for word first, then answer it: What colour is the sky at noon?", [("combination:repeat_prompt", {"prompt_to_repeat": "What colour is the sky at noon?"})]),
    ("Tell a tiny story (two sentences) that contains the words \"kettle\", \"ladder\" and \"moth\".", [_has("kettle", "ladder", "moth")]),
    ("Give advice about sleep in one sentence. Do not use the words \"sleep\", \"bed\" or \"night\".", [_without("sleep", "bed", "night")]),
    ("Write exactly 2 markdown bullet points (\"* \") about snow, all in lowercase letters.", [_bullets(2), LOWER]),
    ("Answer with a JSON object that holds the name and the age of an invented person. Output nothing else.", [JSON]),
    ("Introduce a robot named Pip in under 30 words. Mention the name Pip at least 2 times and use no commas.", [_words("less than", 30), _often("Pip", 2), NO_COMMA]),
    ("In one sentence, put in double quotation marks from start to end, say what a librarian does. Do not use the word \"books\".", [QUOTED, _without("books")]),
    ("Give a title in double angular brackets, <<like this>>, and one sentence about winter that ends with the phrase \"in the snow\".", [TITLE, _ends("in the snow")]),
    ("Write one or two sentences about a football match. The word \"goal\" should appear less than 2 times and the word \"team\" at least 2 times.", [_often("goal", 2, "less than"), _often("team", 2)]),
    ("Describe coffee to someone who has never had it, in at least 30 and under 60 words.", [_words("at least", 30), _words("less than", 60)]),
    ("Write a one-sentence slogan for a shoe shop in which the letter \"s\" appears at least 8 times.", [_letter("s", 8, "at least")]),
    ("Give me exactly 5 markdown bullet points (\"* \") naming musical instruments, and nothing else. None may be a guitar or piano.", [_bullets(5), _without("guitar", "piano")]),
    ("Shout a greeting to a crowd! All letters must be capitals and there must be no comma. One sentence.", [UPPER, NO_COMMA]),
    ("State a fact about bees without any comma, in at least 20 words.", [NO_COMMA, _words("at least", 20)]),
    ("Write a haiku about autumn and end it with a line that reads exactly: the leaves are falling", [_ends("the leaves are falling")]),
    ("Describe your favourite season in two parts. Start each part with \"PART 1\" and \"PART 2\". One sentence a part.", [("detectable_format:multiple_sections", {"section_spliter": "PART", "num_sections": 2})]),
    ("Give two one-line jokes separated by six asterisks (******) and no other text. Do not use the word \"chicken\".", [TWO, _without("chicken")]),
    ("Invite a friend to dinner in under 35 words, with a postscript that starts with P.S. and no use of the word \"food\".", [_words("less than", 35), ("detectable_content:postscript", {"postscript_marker": "P.S."}), _without("food")]),
    ("Write three words that describe the desert. Lowercase letters only and no commas.", [LOWER, NO_COMMA]),
    ("Tell me what a firewall does in under 20 words. Include the words \"network\" and \"traffic\".", [_words("less than", 20), _has("network", "traffic")]),
    ("Complete the sentence 'Dear [name], ...' into a short invitation with at least 3 placeholders in square brackets. No more than 40 words.", [("detectable_content:number_placeholders", {"num_placeholders": 3}), _words("less than", 41)]),
    ("Write one sentence about a river. Wrap the entire reply in double quotation marks and use no commas.", [QUOTED, NO_COMMA]),
    ("Explain gravity to a child in under 35 words, highlighting at least 1 phrase with *asterisks* and ending with the phrase \"down we go\".", [_words("less than", 35), ("detectable_format:number_highlighted_sections", {"num_highlights": 1}), _ends("down we go")]),
]  # fmt: skip


def queries() -> list[Record]:
    """One query a prompt; the params are what an IFEval row holds."""
    made = []
    for prompt, constraints in PROMPTS:
        params = {
            "instruction_id_list": [name for name, _ in constraints],
            "kwargs": [dict(args) for _, args in constraints],
        }
        made.append({"prompt": prompt, "params": params, "ask": "none"})
    return made
