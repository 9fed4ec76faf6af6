"""What changed and why, and what still waits to be decided again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.facts import Choice
from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word


@dataclass(frozen=True)
class CauseDetail:
    label: str = says("What this line speaks of; empty where the text says it.")
    text: str = says("A name, or empty.")
    before: str = says("What was, or empty.")
    after: str = says("What is, or empty.")


@dataclass(frozen=True)
class ChangedRow:
    title: str = says("The model.")
    href: str = says("Its rights page.")
    use: str = says("The use that the verdict is for.")
    before: Word = says("The answer before.")
    after: Word = says("The answer now.")
    direction: Word | None = says("Whether less or more may be done; None where the answer is as it was.")
    headline: str = says("One sentence of the verdict now.")
    verdict_before: str = says("Address of the verdict before; empty where it is the same.")
    verdict_after: str = says("Address of the verdict now.")


@dataclass(frozen=True)
class CauseGroup:
    word: Word = says("Which kind of cause.")
    at: str = says("When it came.")
    by: str = says("Who caused it; empty for nobody in particular.")
    details: tuple[CauseDetail, ...] = says("What exactly.")
    changes: tuple[ChangedRow, ...] = says("The verdicts that came out otherwise.")
    href: str = says("All changes of this cause; empty where they are all here.")


@dataclass(frozen=True)
class WaitingRow:
    word: Word = says("What it waits for.")
    at: str = says("Since when.")
    done: int = says("Verdicts decided already.")
    total: int = says("Verdicts that it touches.")


@dataclass(frozen=True)
class ProgressView:
    waiting: int = says("Verdicts, each for all models of its shape, that wait to be decided again.")
    total: int = says("How many there were.")
    percent: int = says("How much is done.")
    is_running: bool = says("Whether a job is at it, or due.")
    rows: tuple[WaitingRow, ...] = says("Cause by cause.")


@dataclass(frozen=True)
class ChangesPage:
    template: ClassVar[str] = "changes.html"

    frame: Frame = says("What is around the page.")
    progress: ProgressView = says("What still waits.")
    uses: tuple[Choice, ...] = says("Filter by use.")
    kinds: tuple[Choice, ...] = says("Filter by kind of cause.")
    directions: tuple[Choice, ...] = says("Filter by worse or better.")
    subject: str = says("Filter by a part of the model's name.")
    cause: str = says("Number of the one cause that is shown; empty for all.")
    is_filtered: bool = says("Whether any filter is on.")
    groups: tuple[CauseGroup, ...] = says("Causes, the newest first.")
    next: str = says("Address of what is older; empty at the end.")
    feed: str = says("Address of the Atom feed with the same filters.")
