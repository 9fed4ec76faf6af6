"""The library of terms, and one record in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.market import Facet, Picked


@dataclass(frozen=True)
class LicenceRow:
    key: str = says("Key of the record.")
    href: str = says("Its page.")
    title: str = says("Title of the text.")
    licensor: str = says("Who grants it.")
    effective: str = says("Day of the text, or empty.")
    openness: Word = says("How open it is.")
    review: Word = says("Review status of the record.")


@dataclass(frozen=True)
class LicencesPage:
    template: ClassVar[str] = "licences.html"

    frame: Frame = says("What is around the page.")
    query: str = says("Text being searched for.")
    facets: tuple[Facet, ...] = says("Filters with their counts.")
    picked: tuple[Picked, ...] = says("Filters in force, each with the way out.")
    rows: tuple[LicenceRow, ...] = says("The records that fit.")
    total: int = says("Records there are before filtering.")


@dataclass(frozen=True)
class CiteView:
    clause: str = says("Number or name of the clause.")
    evidence: Word | None = says("How the fact is known.")


@dataclass(frozen=True)
class ConditionView:
    text: str = says("The whole condition as one sentence.")
    joint: str = says("all or any where it has parts; empty where it is one thing.")
    parts: tuple[ConditionView, ...] = says("The parts, of which all or any must hold.")


@dataclass(frozen=True)
class RightView:
    name: str = says("What may be done.")
    word: Word = says("Yes, on conditions, no, not said, not read.")
    reason: str = says("What the text says.")
    when: ConditionView | None = says("Where it is granted; None where nothing limits it.")
    otherwise: Word | None = says("What follows elsewhere.")
    remedy: str = says("What could help, or empty.")
    cite: CiteView = says("Where it stands.")


@dataclass(frozen=True)
class ItemView:
    """A gate, a ban, a duty, an ending or a policy: one clause of the record."""

    id: str = says("Id inside the record, by which verdicts name it.")
    title: str = says("What it is, in a few words; empty where the reason says it.")
    reason: str = says("What the text says.")
    tone: str = says("Colours of what follows from it.")
    effect: str = says("What follows, in a sentence.")
    when: ConditionView | None = says("Where it holds.")
    unless: ConditionView | None = says("Where it does not.")
    notes: tuple[str, ...] = says("Clock, remedy, what would change it, doubts.")
    words: tuple[str, ...] = says("Purposes or places.")
    text: str = says("Text to reproduce word for word; empty where there is none.")
    href: str = says("Address of an incorporated document, or empty.")
    cite: CiteView = says("Where it stands.")


@dataclass(frozen=True)
class ReachView:
    name: str = says("What is made.")
    text: str = says("Whether the terms stay on it, in words.")
    drawn: str = says("full, duty, free, banned or unsaid: how the arrow is drawn.")
    note: str = says("A remark, or empty.")
    cite: CiteView = says("Where it stands.")


@dataclass(frozen=True)
class AmbiguityView:
    id: str = says("Id by which a decision chooses a reading.")
    question: str = says("What the text leaves open.")
    readings: tuple[tuple[str, str, Word, bool], ...] = says("Id, text, answer, and whether we go by it.")
    when: ConditionView | None = says("Where it matters.")
    cite: CiteView = says("Where it stands.")


@dataclass(frozen=True)
class ChangeView:
    section: str = says("Part of the record.")
    word: Word = says("New, gone or changed.")
    before: str = says("What the older text says; empty where it is new.")
    after: str = says("What this text says; empty where it is gone.")


@dataclass(frozen=True)
class UnderView:
    id: str = says("The model.")
    href: str = says("Its page.")
    is_hosted: bool = says("Whether its files are here.")
    is_own: bool = says("Whether the model itself names these terms; else they reach it through its lineage.")


@dataclass(frozen=True)
class LicencePage:
    template: ClassVar[str] = "licence.html"

    frame: Frame = says("What is around the page.")
    key: str = says("Key of the record.")
    title: str = says("Title of the text.")
    openness: Word = says("How open it is.")
    openness_says: str = says("That in a sentence.")
    review: Word = says("Review status of the record.")
    review_says: str = says("That in a sentence, with who and when.")
    binding: str = says("Whom it binds; empty for an ordinary licence.")
    facts: tuple[tuple[str, str], ...] = says("Family, version, day, licensor, names, where the text was read.")
    covers: tuple[str, ...] = says("Artefacts that the text speaks of.")
    rights: tuple[RightView, ...] = says("What may be done.")
    gates: tuple[ItemView, ...] = says("What it depends on.")
    policies: tuple[ItemView, ...] = says("Documents that the text incorporates.")
    bans: tuple[ItemView, ...] = says("What it forbids.")
    duties: tuple[ItemView, ...] = says("What it asks.")
    reaches: tuple[ReachView, ...] = says("How far it reaches down a lineage.")
    propagates: ItemView = says("What goes along with what is made from it.")
    outputs: ItemView = says("What it says of what a model answers.")
    endings: tuple[ItemView, ...] = says("What ends it.")
    ambiguities: tuple[AmbiguityView, ...] = says("Where it can be read in several ways.")
    notes: tuple[str, ...] = says("Remarks of the record.")
    versions: tuple[tuple[str, str, str, bool], ...] = says("Key, address, day and whether it is this one, oldest first.")
    against: str = says("Key of the version that this one is compared with; empty where there is none.")
    changes: tuple[ChangeView, ...] = says("What differs from it.")
    models: tuple[UnderView, ...] = says("Models here and known that stand under it.")
    digest: str = says("Digest of the record.")
    disclaimer: str = says("A reading of the texts, not legal advice.")
