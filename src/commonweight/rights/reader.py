"""
Typed reading of a parsed document: every refusal names the file, the path, what came and what was expected.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import Any, Final

from commonweight.rights.countries import COUNTRIES, MEANT
from commonweight.rights.errors import RightsError

MAX_TEXT: Final = 20_000  # characters of one field; a reason or a notice is a few hundred
MAX_NUMBER: Final = 10**15  # more than all people and all the money there are; JSON holds no integer above 64 bits
MAX_ITEMS: Final = 20_000  # entries of one list; a lineage that is larger belongs into a database
MAX_SHOWN: Final = 80  # characters of a wrong value in an error
MAX_WORDS_SHOWN: Final = 20  # words of a vocabulary in an error; the suggestion names the nearest anyway
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


class Reader:
    """
    A value, the path to it, and the error to raise when it is not what it should be.

    The path is put together only when it is asked for: a question is read with some two hundred of these, and nearly all
    of them find nothing to refuse.
    """

    __slots__ = ("_key", "_parent", "error", "value")

    def __init__(self, value: Any, key: str | int, error: type[RightsError], parent: Reader | None = None) -> None:
        """`key`: the field or the place in the list of `parent`; without one, the path."""
        self.value = value
        self.error = error
        self._key = key
        self._parent = parent

    @property
    def path(self) -> str:
        """Where the value stands in the document, such as `question.use.acts[0]`."""
        if self._parent is None:
            return str(self._key)
        return self._parent.path + (f"[{self._key}]" if isinstance(self._key, int) else f".{self._key}")

    def refuse(self, expected: str, next_step: str = "") -> RightsError:
        """The error for this value, to be raised by the caller."""
        return self.error(self.path, _describe(self.value), expected, next_step)

    @property
    def missing(self) -> bool:
        return self.value is None

    def fields(self, allowed: Collection[str]) -> Reader:
        """This value as a mapping with no other keys than `allowed`."""
        if not isinstance(self.value, dict):
            raise self.refuse("a mapping")
        for key in self.value:
            if key not in allowed:
                close = difflib.get_close_matches(str(key), allowed, n=1)
                hint = f"Did you mean '{close[0]}'?" if close else ""
                raise self.error(self.path, f"the key {key!r}", f"one of {', '.join(sorted(allowed))}", hint)
        return self

    def at(self, key: str) -> Reader:
        """The field `key` of this mapping; its value is None where it is not given."""
        return Reader(self.value.get(key), key, self.error, self)

    def given(self, readers: Mapping[str, Callable[[Reader], Any]]) -> dict[str, Any]:
        """What is given of this mapping, each field read by the reader of its name; no other fields may stand in it."""
        found = self.fields(readers).value
        return {key: readers[key](Reader(value, key, self.error, self)) for key, value in found.items() if value is not None}

    def has(self, key: str) -> bool:
        return isinstance(self.value, dict) and self.value.get(key) is not None

    def items(self) -> Iterator[tuple[str, Reader]]:
        """The entries of a mapping with free keys; nothing where the value is not given."""
        if self.value is None:
            return
        if not isinstance(self.value, dict):
            raise self.refuse("a mapping")
        for key, value in self.value.items():
            if not isinstance(key, str):
                raise self.error(self.path, f"the key {key!r}", "text as keys", "Put the key in quotes.")
            yield key, Reader(value, key, self.error, self)

    def each(self, most: int = MAX_ITEMS) -> Iterator[Reader]:
        """The entries of a list, at most so many; nothing where the value is not given."""
        if self.value is None:
            return
        if not isinstance(self.value, list):
            raise self.refuse("a list")
        if len(self.value) > most:
            raise self.error(self.path, f"{len(self.value):,} entries", f"at most {most:,}")
        for index, value in enumerate(self.value):
            yield Reader(value, index, self.error, self)

    def text(self) -> str:
        text = self.value.strip() if isinstance(self.value, str) else ""
        if not text:
            raise self.refuse("text")
        if len(text) > MAX_TEXT:
            raise self.error(self.path, f"{len(text):,} characters", f"at most {MAX_TEXT:,}")
        return text

    def text_or(self, default: str) -> str:
        return default if self.missing else self.text()

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.refuse("true or false", "Leave the field out where it is not known.")
        return self.value

    def flag_or_none(self) -> bool | None:
        return None if self.missing else self.flag()

    def number(self) -> float:
        """A finite number that is not negative."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.refuse("a number", "Write digits without separators or units.")
        if not 0 <= self.value < float("inf"):
            raise self.refuse("a number that is not negative and finite")
        if self.value > MAX_NUMBER:
            raise self.refuse(f"a number of at most {MAX_NUMBER:,}")
        return float(self.value)

    def day(self) -> date:
        """A calendar day, as YAML date or ISO 8601 text."""
        if isinstance(self.value, date):
            return date(self.value.year, self.value.month, self.value.day)
        try:
            return date.fromisoformat(self.value)
        except (TypeError, ValueError):
            raise self.refuse("a day such as 2024-07-23") from None

    def day_or_none(self) -> date | None:
        return None if self.missing else self.day()

    def month(self) -> str:
        """A calendar month such as 2023-06."""
        if not isinstance(self.value, str) or not _MONTH.fullmatch(self.value):
            raise self.refuse("a month such as 2023-06")
        return self.value

    def country(self) -> str:
        """A country code of ISO 3166-1, two capital letters."""
        if self.value is False:
            raise self.refuse("a country code", 'YAML reads NO as "false": write "NO" in quotes for Norway.')
        if not isinstance(self.value, str) or not _COUNTRY.fullmatch(self.value):
            raise self.refuse("a country code of two capital letters such as DE")
        if self.value not in COUNTRIES:
            raise self.refuse("a country code of ISO 3166-1 such as DE", MEANT.get(self.value, ""))
        return self.value

    def word(self, vocabulary: Collection[str]) -> str:
        """One of the words of a vocabulary."""
        if isinstance(self.value, str) and self.value in vocabulary:
            return self.value
        close = difflib.get_close_matches(str(self.value), vocabulary, n=1)
        shown = ", ".join(list(vocabulary)[:MAX_WORDS_SHOWN])
        more = ", ..." if len(vocabulary) > MAX_WORDS_SHOWN else ""
        raise self.refuse(f"one of {shown}{more}", f"Did you mean '{close[0]}'?" if close else "")

    def word_or(self, vocabulary: Collection[str], default: str) -> str:
        return default if self.missing else self.word(vocabulary)

    def words(self, vocabulary: Collection[str]) -> tuple[str, ...]:
        """A list of words of a vocabulary, each once, in the order given."""
        given = self.value
        if (
            type(given) is list
            and len(given) <= MAX_ITEMS
            and all(type(word) is str and word in vocabulary for word in given)
        ):
            return tuple(dict.fromkeys(given))
        return tuple(dict.fromkeys(entry.word(vocabulary) for entry in self.each()))

    def texts(self) -> tuple[str, ...]:
        return tuple(entry.text() for entry in self.each())


def _describe(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):  # never printed: it may be deep
        return f"a {'mapping' if isinstance(value, dict) else 'list'} of {len(value)}"
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
