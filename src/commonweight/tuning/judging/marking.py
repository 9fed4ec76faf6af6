"""One answer against what was expected: a mark between 0 and 1 by each measure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from commonweight.tuning.judging.asking import Said
from commonweight.tuning.judging.chrf import chrf
from commonweight.tuning.judging.looking import JSON, LABEL, TEXT, TOOLS
from commonweight.tuning.judging.values import Target

MOST_EXACT: Final = 2**53  # beyond that a float is no exact integer
_NOTHING: Final = object()
_ENDS: Final = re.compile(r"[\s.!?;,:]+$")


def marks(kind: str, said: Said, target: Target) -> dict[str, float]:
    """By the names of the measures for this kind of targets (`looking.MEASURES`)."""
    return {name: float(mark) for name, mark in _MARKERS[kind](said, target).items()}


def same_text(text: str) -> str:
    """
    What counts of a short text: not its capitals, nor how it is spaced, composed (Unicode NFKC) or ended.
    """
    return _ENDS.sub("", " ".join(unicodedata.normalize("NFKC", text).casefold().split()))


def same_value(value: Any) -> bytes:
    """What counts of a JSON value: neither the order of keys, nor white space around texts, nor 1 against 1.0."""
    return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS)


def canonical_text(said: Said) -> str:
    """An answer by which the same ones are counted: its text and its calls."""
    calls = same_value(_calls(said.calls)).decode() if said.calls else ""
    value = _document(said.text)
    if isinstance(value, Mapping | list):
        return same_value(value).decode() + calls
    return same_text(said.text) + calls


def _json(said: Said, target: Target) -> dict[str, bool]:
    value, wanted = _document(said.text), _document(target.text)
    if wanted is _NOTHING:  # a slip in the data: nothing but the same text is right
        same = same_text(said.text) == same_text(target.text)
        return {"exact": same, "keys": same, "parses": value is not _NOTHING or same}
    exact = value is not _NOTHING and same_value(value) == same_value(wanted)
    return {"exact": exact, "keys": exact or _shape(value) == _shape(wanted), "parses": value is not _NOTHING}


def _label(said: Said, target: Target) -> dict[str, bool]:
    return {"exact": same_text(said.text) == same_text(target.text)}


def _text(said: Said, target: Target) -> dict[str, float]:
    same = same_text(said.text) == same_text(target.text)
    return {"chrf": 1.0 if same else chrf(said.text, target.text), "exact": same}


def _tools(said: Said, target: Target) -> dict[str, bool]:
    """Of an item that expects no call, none is right whatever the text says."""
    ours, wanted = _calls(said.calls), _calls(target.calls)
    names = [one["name"] for one in ours] == [one["name"] for one in wanted]
    return {"exact": ours == wanted, "names": names}


_MARKERS: Final[Mapping[str, Callable[[Said, Target], Mapping[str, float]]]] = {
    JSON: _json,
    LABEL: _label,
    TEXT: _text,
    TOOLS: _tools,
}


def _calls(calls: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Names and arguments as values, in an order of their own: that of calls made at once does not count."""
    read = [{"name": str(call.get("name")), "arguments": _plain(_arguments(call.get("arguments")))} for call in calls]
    return sorted(read, key=lambda one: (one["name"], same_value(one["arguments"])))


def _arguments(given: Any) -> Any:
    """A text that is no JSON stands for itself."""
    value = _document(given or "{}") if isinstance(given, str | None) else given
    return given if value is _NOTHING else value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, str):
        return " ".join(unicodedata.normalize("NFC", value).split())
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < MOST_EXACT else value


def _document(text: str) -> Any:
    """
    The value that a text is, as JSON; a mark of its own where it is none. Fences around it make it none: programs fail.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _NOTHING


def _shape(value: Any) -> Any:
    """Keys and types, all the way down; of a list the shapes that occur in it."""
    if isinstance(value, Mapping):
        return {key: _shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return ["list", *sorted({repr(_shape(one)) for one in value})]
    if isinstance(value, bool) or value is None:
        return str(type(value))
    return "number" if isinstance(value, int | float) else "text" if isinstance(value, str) else "nothing"
