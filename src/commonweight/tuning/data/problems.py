"""What is wrong with one line: a place in it, what came, what was expected."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

SHOWN: Final = 60  # characters of what came


@dataclass(frozen=True)
class Problem:
    """`param` is the path of the field within the line, as `messages[2].role`; empty: the line as a whole."""

    code: str
    param: str
    message: str


def problem(code: str, param: str, came: str, expected: str) -> Problem:
    """`'messages[2].role': got 'bot'; expected one of …`."""
    return Problem(code, param, f"'{param}': {came}; expected {expected}." if param else f"{came}; expected {expected}.")


def got(value: Any) -> str:
    """What came, in short: a kind for what is long or nested, the value itself for a word or a number."""
    if value is None:
        return "got null"
    if isinstance(value, str):
        return f"got {value!r}" if len(value) <= SHOWN else f"got a string of {len(value)} characters"
    if isinstance(value, (list, dict)):
        kind = "an array" if isinstance(value, list) else "an object"
        return f"got {kind}" if value else f"got {kind} of nothing"
    return f"got {str(value).lower() if isinstance(value, bool) else value}"


def unknown_fields(where: str, document: Mapping[str, Any], known: Collection[str]) -> Iterator[Problem]:
    """Fields that nobody reads. One that says nothing (null, or empty) does no harm: dumps of answers have them."""
    for name, value in document.items():
        if name not in known and value is not None and value != [] and value != {}:
            path = f"{where}.{name[:SHOWN]}" if where else name[:SHOWN]
            yield problem("unknown_field", path, "nothing reads this field", "it to be left out")
