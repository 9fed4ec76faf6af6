"""
Model and data set cards: the YAML at the top of README.md.

A broken card never fails anything else: it is read as empty, with an error that says what is wrong and in which line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import yaml

from commonweight.errors import InvalidInput
from commonweight.hub.card_licence import licence_section

CARD = "README.md"
SPACE_SDKS = ("gradio", "streamlit", "docker", "static")
MAX_CARD_BYTES = 2 << 20  # cards with long evaluation tables reach some hundred KB
MAX_BLOCK = 512 << 10  # characters of YAML; reading it costs about a second per MiB
MAX_VALUES = 50_000  # values after aliases are written out: a few lines of aliases can stand for billions
MAX_DEPTH = 40  # the deepest real cards (model-index) reach 10
MAX_INTEGER = 1 << 63  # beyond that JSON readers disagree
MAX_NUMBER = 1000  # characters of one number: working out a long one takes time that grows with the square of its digits
MAX_WORDS = 500  # of one field that is a list of words: licences, tags, languages, data sets
MAX_WORD = 1000  # characters of such a word; licences and addresses stay far below

# The same bounds of the YAML block as the official client's (huggingface_hub, repocard.py).
_BLOCK = re.compile(r"\A(\s*---[\r\n]+)([\S\s]*?)([\r\n]+---(\r\n|\n|\Z))")

_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """
    YAML without merge keys, of which a few lines can stand for billions of values while they are being read, and without
    very long numbers. What the library cannot make of a value is always an error with its place.
    """

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if node.tag in _NUMBERS and len(node.value) > MAX_NUMBER:
            raise _refused(node, f"a number of {len(node.value)} characters; at most {MAX_NUMBER} are read")
        try:
            return super().construct_object(node, deep)
        except (ValueError, ArithmeticError, LookupError, AttributeError, TypeError) as error:  # `!!int ""`, `!!bool x`
            raise _refused(node, f"this value cannot be read: {error}") from None

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise _refused(key, "merge keys (<<) are not read in cards")
        super().flatten_mapping(node)


def _refused(node: yaml.Node, problem: str) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


class CardError(Exception):
    """What is wrong with a card; the text names the line of README.md."""


@dataclass(frozen=True)
class Card:
    """
    `data` is the YAML as plain JSON values; `has_block` is false where there is none. `licence` is the text of a licence
    that stands in a section of its own.
    """

    data: Mapping[str, Any]
    error: str = ""
    has_block: bool = True
    licence: str = ""


def read_card(content: bytes) -> Card:
    """Never raises: what cannot be read is an empty card with an error."""
    try:
        card = _read(content)
    except CardError as error:
        card = Card({}, str(error))
    if len(content) > MAX_CARD_BYTES:
        return card
    return replace(card, licence=licence_section(content.decode(errors="replace")))


def _read(content: bytes) -> Card:
    if len(content) > MAX_CARD_BYTES:
        raise CardError(f"README.md has {len(content)} bytes; cards of at most {MAX_CARD_BYTES} are read.")
    text = _decode(content).removeprefix("\ufeff")
    block = _BLOCK.match(text)
    if block is None:
        return Card({}, has_block=False)
    first_line = text[: block.start(2)].count("\n")
    data = _plain(_load(block[2], first_line), [MAX_VALUES], 0)
    if data is None:
        return Card({})
    if not isinstance(data, dict):
        raise CardError(f"Line {first_line + 1}: the YAML block must be a mapping (key: value), not {_kind(data)}.")
    return Card(_with_languages(data))


def body_of(content: bytes) -> str:
    """What a card says to people: its text below the YAML, or all of it where there is none."""
    text = content.decode(errors="replace").removeprefix("\ufeff")
    block = _BLOCK.match(text)
    return text[block.end() :] if block else text


def _decode(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise CardError(f"Line {line}: README.md is not valid UTF-8 (byte {error.start}).") from None


def _load(text: str, first_line: int) -> Any:
    if len(text) > MAX_BLOCK:
        raise CardError(f"The YAML block has {len(text)} characters; at most {MAX_BLOCK} are read.")
    try:
        _check_depth(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506  _Loader is a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"Line {first_line + mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise CardError(f"{where}{error.problem or error.context or 'this is not YAML'}.") from None
    except yaml.YAMLError as error:
        raise CardError(f"The YAML block cannot be read: {error}.") from None


def _check_depth(text: str) -> None:
    """Raises CardError. The fast loader recurses in C: nesting that is deep enough would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise CardError(f"The YAML block is nested more than {MAX_DEPTH} levels deep.")


def _plain(value: Any, left: list[int], depth: int) -> Any:
    """Values that JSON can carry. `left` counts down over the whole card."""
    left[0] -= 1
    if left[0] < 0 or depth > MAX_DEPTH:
        raise CardError(f"The YAML block is too large or too deep ({MAX_VALUES} values, {MAX_DEPTH} levels are read).")
    if isinstance(value, dict):
        return {_key(key): _plain(one, left, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(one, left, depth + 1) for one in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="replace").decode()
    if isinstance(value, int):
        return value if abs(value) < MAX_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)[:1000]


def _key(key: Any) -> str:
    return str(_scalar(key)) if not isinstance(key, bool) else str(key).lower()


def _with_languages(data: dict[str, Any]) -> dict[str, Any]:
    """YAML reads the language code `no` (Norwegian) as false."""
    language = data.get("language")
    if language is False:
        data["language"] = "no"
    elif isinstance(language, list):
        data["language"] = ["no" if one is False else one for one in language]
    return data


def _kind(value: Any) -> str:
    return {list: "a list", str: "a text", bool: "true or false"}.get(type(value), "a number")


def space_card(name: str, sdk: str) -> bytes:
    """The first card of a space. Raises InvalidInput for an sdk that no client knows."""
    if sdk not in SPACE_SDKS:
        raise InvalidInput(f"{sdk[:50]!r} is no sdk of a space; expected one of {', '.join(SPACE_SDKS)}.")
    return f"---\ntitle: {name}\nsdk: {sdk}\n---\n".encode()


def words(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A field that may be one text or a list of texts. What is longer than MAX_WORD is cut, as is a longer list."""
    value = data.get(key)
    values = value if isinstance(value, list) else [value]
    return tuple(one.strip()[:MAX_WORD] for one in values[:MAX_WORDS] if isinstance(one, str) and one.strip())


def word(data: Mapping[str, Any], key: str) -> str:
    """A field that is one text; of a list, the first."""
    return next(iter(words(data, key)), "")
