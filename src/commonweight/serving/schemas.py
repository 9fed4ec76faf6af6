"""
Which JSON schemas llama.cpp holds its answers to, which it would pass over in silence, and which it holds to another way.

Beside a chat it turns a schema into rules of its own (as in xllamacpp 2026.10) and leaves out what these cannot say: a
schema with `not` lets everything through. For a part of what is left out there is a second way, a grammar of llguidance.
That one, too, lets everything through when it cannot read the schema, so only what is known to be read goes there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MAX_DEPTH = 64  # deeper schemas are a mistake or an attack

Own = Callable[[Mapping[str, Any]], Iterator[str]]
"""The keywords of one schema, without those within it, that an answer would not be held to."""

_NEVER_HELD = """
    not if then else dependentSchemas dependentRequired dependencies patternProperties propertyNames minProperties
    maxProperties contains minContains maxContains multipleOf unevaluatedItems additionalItems $dynamicRef
"""
_GUIDED = """
    type properties required additionalProperties patternProperties items prefixItems minItems maxItems minimum maximum
    exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern enum const anyOf format $ref $defs
    title description default examples $schema
"""
_NEVER, _READ_BY_GUIDANCE = frozenset(_NEVER_HELD.split()), frozenset(_GUIDED.split())
_FORMATS = frozenset(("date-time", "date", "time", "email", "ipv4", "ipv6", "uuid"))
_BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))
_LENGTHS = frozenset(("minLength", "maxLength"))
_WHOLE = ("$ref", "oneOf", "anyOf", "const", "enum")  # beside one of these llama.cpp looks at nothing else
_ASSERTIONS = frozenset(
    ("properties", "items", "prefixItems", "pattern", "required", "additionalProperties", "allOf", "minItems", "maxItems")
)
_LISTS, _MAPS = ("oneOf", "anyOf", "allOf", "prefixItems"), ("properties", "patternProperties", "$defs", "definitions")
_UNSAID_PATTERN = re.compile(r"\(\?(?!:)|\\[1-9bBkKpPAzZG]")


def unheld(schema: Any) -> str:
    """
    The first part of a schema that an answer would not be held to, as `#/properties/a/pattern`; empty where all is held.

    What is no JSON schema at all is left to the engine, which refuses it.
    """
    return next(_unheld(schema, "#", 0, _left_out), "")


def guidance(schema: Any) -> str:
    """A grammar that holds an answer to a schema where `unheld` names something; empty where that is not known to work."""
    definitions = schema.get("$defs", {}) if isinstance(schema, Mapping) else {}

    def unread(one: Mapping[str, Any]) -> Iterator[str]:
        yield from _unread(one, definitions)

    if not isinstance(schema, Mapping) or next(_unheld(schema, "#", 0, unread), ""):
        return ""
    return f"%llguidance {{}}\nstart: %json {json.dumps(schema)}"


def _unheld(schema: Any, where: str, depth: int, own: Own) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        return
    if depth > MAX_DEPTH:
        yield f"{where} (nested more than {MAX_DEPTH} deep)"
        return
    for name in own(schema):
        yield f"{where}/{name}"
    for name in _LISTS:
        for number, part in enumerate(schema[name] if isinstance(schema.get(name), list) else ()):
            yield from _unheld(part, f"{where}/{name}/{number}", depth + 1, own)
    for name in _MAPS:
        for key, part in (schema[name] if isinstance(schema.get(name), Mapping) else {}).items():
            yield from _unheld(part, f"{where}/{name}/{key}", depth + 1, own)
    for name in ("items", "additionalProperties"):
        yield from _unheld(schema.get(name), f"{where}/{name}", depth + 1, own)


def _left_out(schema: Mapping[str, Any]) -> Iterator[str]:
    """What llama.cpp's own rules leave out."""
    names = frozenset(schema)
    yield from sorted(names & _NEVER)
    for flag, held in (("uniqueItems", False), ("unevaluatedProperties", False)):
        if schema.get(flag, held) is not held:
            yield flag
    if names & _BOUNDS and schema.get("type") != "integer":
        yield from sorted(names & _BOUNDS)
    if "pattern" in names:
        text = str(schema["pattern"])
        yield from () if _is_said(text) and text.startswith("^") and text.endswith("$") else ("pattern",)
        yield from sorted(names & _LENGTHS)
    whole = [name for name in _WHOLE if name in names]
    if whole:
        yield from sorted(names & _ASSERTIONS | set(whole[1:]) | names & _LENGTHS)
    elif not _named(schema.get("required")) <= _named(schema.get("properties", schema.get("required"))):
        yield "required"


def _unread(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    """What llguidance does not read, or cannot satisfy: then it would let everything through."""
    yield from sorted(frozenset(schema) - _READ_BY_GUIDANCE)
    if "format" in schema and schema["format"] not in _FORMATS:
        yield "format"
    if "pattern" in schema and not _is_said(str(schema["pattern"])):
        yield "pattern"
    if "$ref" in schema and str(schema["$ref"]).removeprefix("#/$defs/") not in definitions:
        yield "$ref"
    if not _named(schema.get("required")) <= _named(schema.get("properties", schema.get("required"))):
        yield "required"


def _named(part: Any) -> set[str]:
    return set(map(str, part)) if isinstance(part, list | Mapping) else set()


def _is_said(pattern: str) -> bool:
    """Plain groups, no word boundaries, no back references."""
    return not _UNSAID_PATTERN.search(pattern)
