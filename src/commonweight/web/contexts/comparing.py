"""Two models for one use, or one model under two uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.facts import Choice
from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word


@dataclass(frozen=True)
class SideView:
    model: str = says("The model, as it was asked for.")
    href: str = says("Its page.")
    word: Word = says("The answer.")
    headline: str = says("One sentence.")
    remedy: str = says("What could help, or empty.")
    use: str = says("The use that it is for.")


@dataclass(frozen=True)
class CellView:
    text: str = says("What this side has; empty where it has it not.")
    word: Word | None = says("As a word, where there is one.")


@dataclass(frozen=True)
class CompareRow:
    name: str = says("What is compared; in the reader's language.")
    first: CellView = says("On the first side.")
    second: CellView = says("On the second side.")
    differs: bool = says("Whether the sides differ.")


@dataclass(frozen=True)
class CompareSection:
    title: str = says("Subject of the rows.")
    rows: tuple[CompareRow, ...] = says("The rows.")


@dataclass(frozen=True)
class ComparePage:
    template: ClassVar[str] = "compare.html"

    frame: Frame = says("What is around the page.")
    models: tuple[str, str] = says("The names typed on each side.")
    acts: tuple[tuple[Choice, ...], tuple[Choice, ...]] = says("What is done with it, on each side.")
    uses: tuple[tuple[Choice, ...], tuple[Choice, ...]] = says("The uses to pick from; none where there is but one.")
    known: tuple[str, ...] = says("Names that can be picked.")
    sides: tuple[SideView, ...] = says("Both sides; empty before anything was asked.")
    sections: tuple[CompareSection, ...] = says("What was compared.")
    problem: str = says("Why nothing could be compared; empty otherwise.")
