"""How open a licence is, by its key: from its record, else from the packaged table, else unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from importlib import resources
from typing import Final

from commonweight.rights.documents import parse_document
from commonweight.rights.question import Declared
from commonweight.rights.records import Records
from commonweight.rights.said import mark
from commonweight.rights.spdx import LicenceName, alternatives_of
from commonweight.rights.terms import Terms

NO_LICENCE: Final = "none"


class Legal(StrEnum):
    """Under which terms something is, most open first."""

    OPEN = "open"
    OPEN_BUT_UNSUITED = "open_but_unsuited"
    USE_RESTRICTED = "use_restricted"
    SIZE_OR_FEE_RESTRICTED = "size_or_fee_restricted"
    NON_COMMERCIAL = "non_commercial"
    NONE_OR_UNKNOWN = "none_or_unknown"

    @property
    def rank(self) -> int:
        """How far from open; the larger one wins where several apply."""
        return _RANK[self]


def _rank_of(found: tuple[Legal, str]) -> int:
    return found[0].rank


_RANK: Final = {legal: rank for rank, legal in enumerate(Legal)}
LEGAL_SENTENCES: Final = {
    Legal.OPEN: mark("may be used, changed and passed on for any purpose"),
    Legal.OPEN_BUT_UNSUITED: mark("may be used for any purpose under conditions unusual for models"),
    Legal.USE_RESTRICTED: mark("may not be used for a list of purposes"),
    Legal.SIZE_OR_FEE_RESTRICTED: mark("is restricted by size, fee, registration or territory"),
    Legal.NON_COMMERCIAL: mark("is for research or non-commercial use only"),
    Legal.NONE_OR_UNKNOWN: mark("gives no rights that are known"),
}
#: How the terms were learned, by the evidence marks of records.
HOW_KNOWN: Final = {
    "text": mark("read in the text"),
    "quoted": mark("quoted elsewhere"),
    "secondary": mark("told by others"),
    "unverified": mark("unverified"),
}
FAR_FUTURE: Final = date(9999, 1, 1)  # "the newest text of that name", whatever the day: openness has no clock


class LicenceClasses:
    """The openness class of licence keys, over a set of records."""

    def __init__(self, records: Records, table: Mapping[str, tuple[Legal, str]]) -> None:
        self._records = records
        self._table = table

    def of(self, key: str) -> tuple[Legal, str]:
        """
        The class and the evidence mark for it. Of an SPDX expression: the best of what may be chosen, the worst of what
        applies together.
        """
        ways = alternatives_of(key)
        return min((max(map(self._of_name, way), key=_rank_of) for way in ways), key=_rank_of)

    def _of_name(self, licence: LicenceName) -> tuple[Legal, str]:
        """An exception widens what its licence grants and never narrows it."""
        key = licence.key
        terms = self.record(key)
        if terms is not None:
            return Legal(terms.openness), terms.covers_cite.evidence
        return self._table.get(key.lower(), (Legal.NONE_OR_UNKNOWN, "unverified"))

    def record(self, key: str) -> Terms | None:
        """The record of a key, id, tag or name; of several text versions the newest."""
        exact = self._records.get(key)
        return exact if exact is not None else self._records.resolve(Declared(key, "tag", None, None), FAR_FUTURE)[0]

    def worst(self, keys: Iterable[str]) -> Legal:
        """The class of what several licences leave together; nothing at all gives no rights."""
        return max((self.of(key)[0] for key in keys), key=lambda legal: legal.rank, default=Legal.NONE_OR_UNKNOWN)

    def spdx(self, key: str) -> tuple[str, ...]:
        """The SPDX ids of a licence, in lower case; the key itself where no record says."""
        terms = self.record(key)
        named = terms.ids.get("spdx", ()) if terms is not None else ()
        return tuple(name.lower() for name in (*named, key))


def load_licence_classes(records: Records) -> LicenceClasses:
    """The table that comes with the package, over the records given."""
    text = resources.files("commonweight.rights.openness").joinpath("licence_classes.yaml").read_text(encoding="utf-8")
    table = {
        key: (Legal(legal), evidence)
        for legal, by_evidence in parse_document(text, "licence_classes.yaml").items()
        for evidence, keys in by_evidence.items()
        for key in keys
    }
    return LicenceClasses(records, table)
