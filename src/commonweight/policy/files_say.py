"""
What the files of a revision say of its licence, beside what its card claims, and where they disagree
(docs/identification.md). What follows from it is what `declared` writes into a question; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from commonweight.hub import CARD, Revision, RevisionFacts
from commonweight.policy.declared import licences_of, named_in_headers, tags_of, was_read_in_vain
from commonweight.rights import Records, TagIdentity
from commonweight.rights.attachment import UNIDENTIFIED
from commonweight.rights.matching import IDENTIFIED, NEAR_BY
from commonweight.vetting import EVERYTHING, WAITING, LicenceClaim, LicenceText, LicenceTexts, progress_of

_TOLD_OF_CARDS: Final = frozenset({IDENTIFIED, NEAR_BY, WAITING})  # else a section tells of a licence and holds none
INSTALL: Final = 'pip install "commonweight[licences]"'


@dataclass(frozen=True)
class Side:
    """One who names licences: the card by tag, a text, or a header of weights. `folder` is that of what it speaks of."""

    path: str
    licences: tuple[str, ...]
    folder: str = ""
    by: str = "file"


@dataclass(frozen=True)
class Disagreement:
    """Several name different licences for the same artefact (`*`: for everything). All of them count."""

    artefact: str
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class FilesSay:
    """
    `declared` is what the card's tags mean; `effective` holds, by artefact, the rows of a question that follow from card and
    files together. `read` of `of` texts have been read. `matcher` is "" where only digests tell.
    """

    declared: tuple[TagIdentity, ...]
    texts: tuple[LicenceText, ...]
    effective: Mapping[str, tuple[Mapping[str, str], ...]]
    disagreements: tuple[Disagreement, ...]
    matcher: str

    @property
    def progress(self) -> tuple[int, int]:
        return progress_of(self.texts)

    def without_differences(self) -> FilesSay:
        """For those who may know of a file and not read it: a difference quotes it."""
        return replace(self, texts=tuple(replace(text, diff=()) for text in self.texts))

    def to_document(self) -> dict[str, Any]:
        read, of = self.progress
        return {
            "matcher": self.matcher or None,
            "install": None if self.matcher else INSTALL,
            "progress": {"read": read, "of": of},
            "declared": [
                {"tag": one.tag, "kind": one.kind, "key": one.key, "title": one.terms.title if one.terms else None}
                for one in self.declared
            ],
            "effective": {artefact: [dict(row) for row in rows] for artefact, rows in self.effective.items()},
            "disagreements": [
                {
                    "artefact": one.artefact,
                    "sides": [
                        {"path": side.path, "by": side.by, "folder": side.folder, "licences": list(side.licences)}
                        for side in one.sides
                    ],
                }
                for one in self.disagreements
            ],
            "texts": [text.to_document() for text in self.texts],
        }


async def files_say(
    revision: Revision,
    facts: RevisionFacts,
    texts: LicenceTexts,
    records: Records,
    headers: Sequence[LicenceClaim] = (),
) -> FilesSay:
    """Everything that is known by now; whoever asks may know of the revision. `headers` are what weights name."""
    found = await texts.of(revision, facts)
    declared = tuple(tags_of(facts, records))
    node = licences_of(facts, found, records, headers)
    effective = {EVERYTHING: node["licence"]} if "licence" in node else {}
    effective |= node.get("licences", {})
    return FilesSay(
        declared,
        tuple(text for text in found if not text.is_of_card or text.state in _TOLD_OF_CARDS),
        {artefact: tuple(rows) for artefact, rows in effective.items()},
        tuple(_disagreements([*_sides(declared, found), *_sides_of_headers(headers, records)])),
        texts.matcher,
    )


_Speaks = tuple[Side, tuple[str, ...]]  # and of which artefacts


def _sides(declared: Iterable[TagIdentity], texts: Iterable[LicenceText]) -> list[_Speaks]:
    tags = tuple(sorted({one.key for one in declared if one.kind != "none"}))
    found: list[_Speaks] = [(Side(CARD, tags, by="tag"), (EVERYTHING,))] if tags else []
    for text in texts:
        keys = tuple(sorted({one.key for one in text.names}))
        if not keys and was_read_in_vain(text):
            keys = (UNIDENTIFIED,)
        if keys:
            found.append((Side(text.path, keys, text.folder), text.artefacts))
    return found


def _sides_of_headers(headers: Iterable[LicenceClaim], records: Records) -> Iterable[_Speaks]:
    for claim, key in named_in_headers(headers, records):
        yield Side(claim.path, (key,), by="header"), (EVERYTHING,)


def _disagreements(sides: Sequence[_Speaks]) -> Iterable[Disagreement]:
    """Of everything, then of each artefact for which some file speaks by itself."""
    artefacts = {artefact for _, spoken in sides for artefact in spoken}
    for artefact in sorted(artefacts):
        own = [side for side, spoken in sides if artefact in spoken]
        is_apart = any(not side.folder for side in own)  # LICENSE-CODE: what speaks of everything does not mean the code
        general = [] if is_apart or artefact == EVERYTHING else [side for side, spoken in sides if EVERYTHING in spoken]
        if len({side.licences for side in [*general, *own]}) > 1:
            yield Disagreement(artefact, (*general, *own))
