"""A finding: what one clause says about one act, for one way in which its terms reach the subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from commonweight.rights.attachment import Attachment
from commonweight.rights.expression import Missing
from commonweight.rights.said import mark
from commonweight.rights.terms import Cite, Reading
from commonweight.rights.vocabulary import Value

HEARSAY: Final = mark("The lineage from {node} rests on descriptions by others only.")


def once(items: Sequence[str]) -> tuple[str, ...]:
    """Each once, in the order given."""
    return tuple(items) if len(items) < 2 else tuple(dict.fromkeys(items))


class Finding(NamedTuple):
    """
    `local` is the id inside the record; `id` is global and is what decisions and permissions name.

    `kind`: grant, gate, ban, reach, ambiguity, coverage, missing_terms or incompatible.
    """

    act: str
    kind: str
    local: str
    effect: Value
    cite: Cite | None
    reason: str
    found: Attachment
    facts: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    assumed: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    default: str = ""
    remedy: str | None = None
    watch: str | None = None
    decided_by: str = ""
    softened: str = ""

    @property
    def id(self) -> str:
        return f"{self.found.key}#{self.local}"


class OwedDuty(NamedTuple):
    """A duty that an act triggers. `doubts` say why it may not be owed; `settled_by` names a record that meets it."""

    act: str
    local: str
    do: str
    text: str | None
    where: tuple[str, ...]
    cite: Cite
    reason: str
    found: Attachment
    doubts: tuple[str, ...] = ()
    settled_by: str = ""

    @property
    def id(self) -> str:
        return f"{self.found.key}#{self.local}"
