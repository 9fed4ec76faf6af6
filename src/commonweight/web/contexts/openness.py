"""How open a release is: four axes, never one badge."""

from __future__ import annotations

from dataclasses import dataclass

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Word


@dataclass(frozen=True)
class AxisView:
    key: str = says("completeness, legal, access or usability.")
    name: str = says("Its name for people.")
    word: str = says("The grade in a word or two.")
    level: int = says("0 (nothing) to 4 (all); only for drawing, never a score to be added up.")
    state: str = says("checked (files were looked at), claimed (the publisher says so) or unknown.")
    reason: str = says("One sentence: why this grade.")


@dataclass(frozen=True)
class OpennessView:
    label: str = says("The label where the worst axis wins, such as 'open weights, permissive'.")
    axes: tuple[AxisView, ...] = says("The four axes, always in the same order.")

    @property
    def spoken(self) -> str:
        """All of it in one line, for those who do not see the drawing."""
        return "; ".join(f"{axis.name}: {axis.word} ({axis.state})" for axis in self.axes)

    @property
    def is_claimed(self) -> bool:
        return any(axis.state == "claimed" for axis in self.axes)


@dataclass(frozen=True)
class SeenFile:
    path: str = says("Path, name of a branch, architecture, or address.")
    digest: str = says("Beginning of its digest; empty where there is none.")
    where: str = says("What holds it where that is not this repository; empty where it is.")
    href: str = says("Where it can be read; empty where it cannot.")


@dataclass(frozen=True)
class PartView:
    key: str = says("Key of the component; the row's anchor is part-KEY.")
    number: int = says("Number of the component in the framework.")
    name: str = says("Its name.")
    short: str = says("A name short enough for the map.")
    level: str = says("The first class that needs it: III, II or I.")
    required: bool = says("Whether that class needs it, or only knows it.")
    word: Word = says("Found, found and not counted, claimed, not found, not known.")
    evidence: Word = says("A, B, C or none: how it is known.")
    detail: str = says("What was seen, or said, in a sentence; may be empty.")
    why: str = says("Why it does not count for a class; empty where it does.")
    licences: tuple[str, ...] = says("Licences that apply to it together.")
    source: str = says("Where they were named: for it, its kind, the whole release, or where it lies.")
    terms: Word | None = says("How open they are for this kind; None where it is absent.")
    warning: str = says("What the framework would rather see, or empty.")
    files: tuple[SeenFile, ...] = says("Where it was seen.")
    lacks: tuple[str, ...] = says("What keeps it from being whole.")


@dataclass(frozen=True)
class ClassView:
    level: str = says("III, II or I.")
    name: str = says("What the framework calls a release of this class.")
    met: int = says("Needs of this class and those below that are met by what was seen.")
    claimed: int = says("Needs that are met if claims are true.")
    of: int = says("How many there are.")
    reached: bool = says("Whether all are met, and those of the classes below.")
    parts: tuple[PartView, ...] = says("The components that this class is the first to need or know.")


@dataclass(frozen=True)
class DeedView:
    name: str = says("What one may want to do with the release.")
    word: Word = says("Yes, yes as claimed, no, not known.")
    reason: str = says("What it rests on, or what is missing.")


@dataclass(frozen=True)
class ElementView:
    name: str = says("Data information, code or parameters.")
    word: Word = says("Met, not met, not evaluable.")
    lacks: tuple[tuple[str, bool], ...] = says("Each thing still wanting, and whether it is known to be missing.")


@dataclass(frozen=True)
class ParagraphView:
    paragraphs: str = says("Paragraphs of the guidelines.")
    asks: str = says("The condition.")
    word: Word = says("Met, not met, to be judged, not known.")
    reason: str = says("Why.")
    clauses: tuple[str, ...] = says("Clauses that it rests on.")


@dataclass(frozen=True)
class TuneView:
    action: str = says("Address that the form leads to.")
    values: tuple[tuple[str, str], ...] = says("What was filled in, by field.")
    word: Word | None = says("The answer; None where nothing was asked.")
    reason: str = says("Why.")
    paragraphs: str = says("Paragraphs of the guidelines.")
    duties: tuple[str, ...] = says("What is owed for the change.")
    asks: tuple[str, ...] = says("Facts that are still missing.")
    problem: str = says("What is wrong with the figures, or empty.")

    def value(self, name: str) -> str:
        return dict(self.values).get(name, "")


@dataclass(frozen=True)
class OpennessDetail:
    rules: str = says("Framework, its day, and the version of our reading.")
    figures: tuple[tuple[str, str, str], ...] = says("By which rule, the class by what was seen, the class if claims hold.")
    missing: tuple[str, ...] = says("What the next class still wants.")
    next_level: str = says("The next class; empty where the first is reached.")
    classes: tuple[ClassView, ...] = says("III, II, I with their components.")
    deeds: tuple[DeedView, ...] = says("What the release lets one do.")
    beside: tuple[PartView, ...] = says("Tokenizer and configuration: looked for, and no part of the framework.")
    definition: str = says("Name and version of the Open Source AI Definition.")
    defined: Word = says("Whether it is met.")
    elements: tuple[ElementView, ...] = says("Its three elements.")
    exemption: Word = says("The open-source exemption of the EU AI Act for its provider.")
    exemption_text: str = says("The answer in a sentence.")
    paragraphs: tuple[ParagraphView, ...] = says("The conditions, by paragraph.")
    assumptions: tuple[str, ...] = says("What was taken for granted.")
    note: str = says("Whom the conditions concern, and whom not.")
    source: str = says("Where the conditions stand.")
    checks: tuple[tuple[str, Word, str], ...] = says("What was looked at in the files: name, outcome, detail.")
    differences: tuple[str, ...] = says("Where this reading differs from the framework's own tool.")
    tune: TuneView = says("Does our fine-tune make us a provider?")
