"""json_schema against the JSON Schema test suite (required and optional tests) and, on generated schemas, against jsonschema."""

import json
import random

import pytest

HOST = "http://localhost:1234/"


def verdicts(score, rows, remotes, formats):
    made = [
        {
            "params": {"schema": row["schema"], "remotes": remotes, "formats": formats, "fenced": False},
            "response": dumps(row["data"]),
        }
        for row in rows
    ]
    return score("json_schema", made)


def dumps(value):
    return json.dumps(value)


@pytest.fixture
def suite(data):
    remotes = {HOST + row["path"]: row["doc"] for row in data("json-schema-2020-12/remotes.jsonl")}
    return data("json-schema-2020-12/tests.jsonl.gz"), remotes


def wrong(rows, got):
    return [
        (row["file"], row["group"], row["test"], one["status"], one.get("value"), one["reason"])
        for row, one in zip(rows, got)
        if one["status"] != "ok" or (one["value"] == 1) != row["valid"]
    ]


def test_required(score, suite):
    rows, remotes = suite
    rows = [row for row in rows if not row["file"].startswith("optional/")]
    got = verdicts(score, rows, remotes, False)
    assert len(got) == len(rows) > 500
    assert wrong(rows, got) == []


@pytest.mark.parametrize("formats", [False, True])
def test_optional(score, suite, formats):
    rows, remotes = suite
    rows = [
        row
        for row in rows
        if row["file"].startswith("optional/") and row["file"].startswith("optional/format/") == formats
    ]
    assert wrong(rows, verdicts(score, rows, remotes, formats)) == []


def random_value(rng, depth=0):
    kind = rng.randrange(7 if depth < 3 else 5)
    if kind == 0:
        return None
    if kind == 1:
        return rng.random() < 0.5
    if kind == 2:
        return rng.choice([0, 1, -1, 2.5, 3, 10, 1e3, 7])
    if kind in (3, 4):
        return rng.choice(["", "a", "ab", "foo", "bar", "ü", "a1"])
    if kind == 5:
        return [random_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice("abcd"): random_value(rng, depth + 1) for _ in range(rng.randrange(4))}


def random_schema(rng, draft, depth=0):
    """A schema of a few random keywords."""
    if depth > 3 or rng.random() < 0.1:
        return rng.choice([True, False, {}, {"type": "string"}, {"type": ["integer", "null"]}])

    def inner():
        return random_schema(rng, draft, depth + 1)

    makers = {
        "type": lambda: rng.choice(["object", "array", "string", "number", "integer", ["null", "boolean", "object"]]),
        "enum": lambda: [random_value(rng, 2) for _ in range(3)],
        "const": lambda: random_value(rng, 2),
        "minimum": lambda: rng.choice([0, 1, 2.5]),
        "exclusiveMaximum": lambda: rng.choice([3, 10]),
        "multipleOf": lambda: rng.choice([1, 0.5, 2]),
        "minLength": lambda: rng.randrange(3),
        "maxLength": lambda: rng.randrange(4),
        "pattern": lambda: rng.choice(["^a", "b$", "\\d", "^[a-z]*$"]),
        "minItems": lambda: rng.randrange(3),
        "maxItems": lambda: rng.randrange(3),
        "uniqueItems": lambda: True,
        "contains": inner,
        "required": lambda: rng.sample("abcd", 2),
        "properties": lambda: {name: inner() for name in rng.sample("abcd", 2)},
        "patternProperties": lambda: {rng.choice(["^a", "[cd]"]): inner()},
        "additionalProperties": inner,
        "propertyNames": lambda: {"maxLength": 1},
        "minProperties": lambda: rng.randrange(3),
        "allOf": lambda: [inner() for _ in range(2)],
        "anyOf": lambda: [inner() for _ in range(2)],
        "oneOf": lambda: [inner() for _ in range(2)],
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
    }
    if draft == "draft-07":
        makers |= {"items": lambda: rng.choice([inner(), [inner(), inner()]]), "additionalItems": inner}
        makers["dependencies"] = lambda: {"a": rng.choice([["b"], inner()])}
    else:
        makers |= {"items": inner, "prefixItems": lambda: [inner()], "minContains": lambda: rng.randrange(3)}
        makers |= {"unevaluatedProperties": inner, "unevaluatedItems": inner}
        makers |= {"dependentRequired": lambda: {"a": ["b"]}, "dependentSchemas": lambda: {"b": inner()}}
    return {key: makers[key]() for key in rng.sample(sorted(makers), rng.randint(1, 4))}


@pytest.mark.parametrize("draft", ["2020-12", "draft-07"])
def test_generated(score, draft):
    jsonschema = pytest.importorskip("jsonschema")
    peer = jsonschema.Draft202012Validator if draft == "2020-12" else jsonschema.Draft7Validator
    rng = random.Random(11)
    rows, want = [], []
    for _ in range(3000):
        schema = random_schema(rng, draft)
        for _ in range(4):
            value = random_value(rng)
            rows.append({"params": {"schema": schema, "draft": draft}, "response": dumps(value)})
            want.append(peer(schema).is_valid(value))
    assert 0.1 < sum(want) / len(want) < 0.9
    got = score("json_schema", rows)
    bad = [
        (row["params"]["schema"], row["response"], right, one["reason"])
        for row, right, one in zip(rows, want, got)
        if (one.get("value") == 1) != right
    ]
    assert bad == []
