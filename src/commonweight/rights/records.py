"""The library of terms: records by key, and from the names that others use to the text version that is meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property
from importlib import resources
from typing import Final

from commonweight.rights.documents import parse_document
from commonweight.rights.errors import RecordError
from commonweight.rights.question import Declared
from commonweight.rights.said import mark, say
from commonweight.rights.terms import Terms
from commonweight.rights.terms_reader import read_terms

_NEWEST: Final = mark("The copy came with the text '{key}', the newest known of its name.")
_OTHER_TEXT: Final = mark("The text that came with the copy is none that is recorded, whatever the label '{licence}' says.")
_SCANCODE: Final = "LicenseRef-scancode-"  # how an SPDX expression names a licence that only the scanner knows

MAX_RESOLVED: Final = 20_000  # names, dates and digests as they come; some megabytes, then forgotten


class Records:
    """An unchanging set of records. Two records with one key are refused."""

    def __init__(self, records: Iterable[Terms]) -> None:
        self._by_key: dict[str, Terms] = {}
        self._resolved: dict[tuple[object, ...], tuple[Terms | None, str]] = {}
        for terms in records:
            if terms.key in self._by_key:
                raise RecordError(terms.key, "a second record with this key", "one record per text version")
            self._by_key[terms.key] = terms

    def __iter__(self) -> Iterator[Terms]:
        return iter(sorted(self._by_key.values(), key=lambda terms: terms.key))

    def __len__(self) -> int:
        return len(self._by_key)

    def get(self, key: str) -> Terms | None:
        """The record of a text version, by our key."""
        return self._by_key.get(key)

    def and_more(self, records: Iterable[Terms]) -> Records:
        """These and further ones; one with a key that is here already takes the place of the record that has it."""
        return Records({**self._by_key, **{terms.key: terms for terms in records}}.values())

    def with_text(self, digest: str) -> Terms | None:
        """The record whose normalised text has this digest (`identify.text_digest`)."""
        return self._by_digest.get(digest)

    def resolve(self, declared: Declared, today: date) -> tuple[Terms | None, str]:
        """
        The text version that a declared licence means, and what had to be assumed to say so.

        A text digest decides, also where it is that of no text recorded here; else our key; else a name, SPDX id, hub tag
        or scanner key. Of several versions the newest that is not younger than the text that came with the copy (or than
        `today`) is taken.
        """
        key = (declared.key, declared.text_date, declared.text_digest, today)
        known = self._resolved.get(key)
        if known is None:
            if len(self._resolved) >= MAX_RESOLVED:
                self._resolved.clear()
            known = self._resolved[key] = self._resolve(declared, today)
        return known

    def _resolve(self, declared: Declared, today: date) -> tuple[Terms | None, str]:
        if declared.text_digest is not None:
            read = self._by_digest.get(declared.text_digest)
            return read, "" if read else say(_OTHER_TEXT, licence=declared.key)
        exact = self._by_key.get(declared.key)
        if exact is not None:
            return exact, ""
        versions = self._by_name.get(declared.key.lower(), ())
        limit = declared.text_date or today
        fitting = [terms for terms in versions if terms.effective is None or terms.effective <= limit]
        if not fitting:
            return None, ""
        newest = max(fitting, key=lambda terms: (terms.effective or date.min, terms.key))
        sure = len(versions) == 1 or declared.text_date is not None
        return newest, "" if sure else say(_NEWEST, key=newest.key)

    def named(self, name: str) -> tuple[Terms, ...]:
        """All text versions that go by a name, id or tag (in any case), oldest first."""
        exact = self._by_key.get(name)
        return (exact,) if exact is not None else self._by_name.get(name.lower(), ())

    @cached_property
    def _by_digest(self) -> dict[str, Terms]:
        return {digest: terms for terms in self for digest in terms.text_digests}

    @cached_property
    def _by_name(self) -> dict[str, tuple[Terms, ...]]:
        found: dict[str, set[str]] = {}
        for terms in self:
            scanned = (f"{_SCANCODE}{name}" for name in terms.ids.get("scancode", ()))
            for name in (terms.key, *terms.names, *scanned):
                found.setdefault(name.lower(), set()).add(terms.key)
        return {name: tuple(sorted(map(self._by_key.__getitem__, keys), key=_age)) for name, keys in found.items()}


def _age(terms: Terms) -> tuple[date, str]:
    return (terms.effective or date.min, terms.key)


def load_records() -> Records:
    """The records that come with the package. Raises RecordError for one that contradicts its schema."""
    folder = resources.files("commonweight.rights").joinpath("records")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda entry: entry.name)
    return Records(read_record(entry.read_text(encoding="utf-8"), entry.name) for entry in files)


def read_record(text: str, name: str) -> Terms:
    """One record from its YAML text; `name` is the file, for errors."""
    return read_terms(parse_document(text, name), name)
