"""Which JSON schemas llama.cpp would pass over in silence."""

from __future__ import annotations

from typing import Any

import pytest

from commonweight.serving import guidance, unheld

HELD: list[dict[str, Any]] = [
    {},
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False},
    {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 5}, "minItems": 1, "maxItems": 3},
    {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "A", "description": "of ours"},
    {"$defs": {"P": {"type": "object", "properties": {"x": {"type": "number"}}}}, "allOf": [{"$ref": "#/$defs/P"}]},
    {"type": "string", "pattern": "^(?:a|b)[0-9]{2}$"},
    {"type": "string", "format": "date-time"},
    {"enum": ["a", "b"]},
    {"type": "object", "properties": {"not": {"type": "string"}}},
]
NOT_HELD = [
    ({"not": {"type": "string"}}, "#/not"),
    ({"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}}, "#/properties/a/uniqueItems"),
    ({"type": "number", "minimum": 3}, "#/minimum"),
    ({"type": "integer", "multipleOf": 5}, "#/multipleOf"),
    ({"type": "object", "patternProperties": {"^a": {}}}, "#/patternProperties"),
    ({"type": "string", "pattern": "(?=x)y"}, "#/pattern"),
    ({"type": "string", "pattern": "^(?<n>a)\\k<n>$"}, "#/pattern"),
    ({"type": "string", "pattern": "^a+$", "maxLength": 3}, "#/maxLength"),
    ({"anyOf": [{"required": ["a"]}], "properties": {"a": {}}}, "#/properties"),
    ({"type": "object", "properties": {"a": {}}, "required": ["b"]}, "#/required"),
    ({"items": {"oneOf": [{"if": {}}]}}, "#/items/oneOf/0/if"),
]


@pytest.mark.parametrize("schema", HELD)
def test_what_the_grammar_says_is_let_through(schema: dict[str, Any]) -> None:
    assert unheld(schema) == ""


@pytest.mark.parametrize(("schema", "where"), NOT_HELD)
def test_what_the_grammar_would_leave_out_is_named(schema: dict[str, Any], where: str) -> None:
    assert unheld(schema) == where


def test_a_schema_without_end_is_not_followed() -> None:
    schema: dict[str, Any] = {}
    for _ in range(1000):
        schema = {"items": schema}
    assert "nested more than" in unheld(schema)


@pytest.mark.parametrize(
    "schema", ["x", None, 3, {"properties": 3, "anyOf": "x", "required": {}, "items": [1]}, {"$defs": 3, "not": 1}]
)
def test_nonsense_is_left_to_the_engine(schema: Any) -> None:
    assert isinstance(unheld(schema), str)
    guidance(schema)


GUIDED: list[dict[str, Any]] = [
    {"type": "number", "minimum": 3, "maximum": 4},
    {"type": "integer", "multipleOf": 5, "minimum": 0, "maximum": 1000},
    {"type": "string", "pattern": "b+", "maxLength": 8},
    {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/P"}},
        "required": ["a"],
        "additionalProperties": False,
        "$defs": {"P": {"type": "number", "minimum": 0, "maximum": 1}},
    },
]
NOT_GUIDED: list[dict[str, Any]] = [
    {"not": {"type": "string"}},
    {"type": "number", "minimum": 1, "x-ours": 1},
    {"type": "number", "minimum": 1, "$ref": "http://example.com/x"},
    {"type": "object", "properties": {"a": {"type": "number", "minimum": 3}}, "required": ["b"]},
    {"type": "string", "format": "iban", "pattern": "b"},
]


@pytest.mark.parametrize("schema", GUIDED)
def test_what_only_the_other_grammar_says_goes_there(schema: dict[str, Any]) -> None:
    assert unheld(schema)
    assert guidance(schema).startswith("%llguidance")


@pytest.mark.parametrize("schema", NOT_GUIDED)
def test_what_the_other_grammar_would_not_read_does_not_go_there(schema: dict[str, Any]) -> None:
    assert unheld(schema)
    assert guidance(schema) == ""
