"""What somebody has tuned, and models put into another format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word


@dataclass(frozen=True)
class TuningRow:
    id: str = says("Its id, ftjob-….")
    href: str = says("Its page.")
    name: str = says("What its owner called it, or the base where they did not.")
    base: str = says("The model that it goes on.")
    state: Word = says("How it stands.")
    now: str = says("What is being done, translated by the template; empty where nothing is.")
    percent: float = says("How far it is, of 100.")
    left: str = says("How long it will still take; empty where nobody knows.")
    scores: str = says("Score of the base and of the tuned one, on what was held out; empty before they are known.")
    verdict: Word | None = says("Whether it is better than its base; None before that is known.")
    created: str = says("When it was asked for, in UTC.")
    may_pause: bool = says("Whether it can be halted now.")
    may_resume: bool = says("Whether it can go on.")
    may_cancel: bool = says("Whether it can be given up.")


@dataclass(frozen=True)
class TuningsPage:
    template: ClassVar[str] = "tunings.html"

    frame: Frame = says("What is around the page.")
    rows: tuple[TuningRow, ...] = says("The reader's own, the newest first.")
    more: str = says("The page with older ones; empty where there are none.")
    error: str = says("Why the last deed failed; empty otherwise.", "")


@dataclass(frozen=True)
class ConversionRow:
    id: str = says("Its id, conv-….")
    source: str = says("The model that is converted.")
    source_href: str = says("Its page.")
    target: str = says("The repository that comes of it.")
    target_href: str = says("Its page; empty before it is there.")
    state: Word = says("How it stands.")
    now: str = says("What is being done; empty where nothing is.")
    percent: float = says("How far it is, of 100.")
    files: tuple[tuple[str, str, str], ...] = says("Name, size, and how often it says what the floats say.")
    problem: str = says("Why it failed; empty otherwise.")
    may_cancel: bool = says("Whether it can be given up.")
    is_draft: bool = says("Whether what was made waits to be accepted.", False)


@dataclass(frozen=True)
class ConversionForm:
    source: str = says("The model.", "")
    target: str = says("Where to.", "")
    kinds: tuple[str, ...] = says("Formats that are ticked.", ())


@dataclass(frozen=True)
class ConversionsPage:
    template: ClassVar[str] = "conversions.html"

    frame: Frame = says("What is around the page.")
    rows: tuple[ConversionRow, ...] = says("The reader's own, the newest first.")
    models: tuple[str, ...] = says("Models that can be converted.")
    kinds: tuple[tuple[str, str], ...] = says("Formats: word and what it is for, translated by the template.")
    form: ConversionForm = says("What was typed.")
    error: str = says("Why the last deed failed; empty otherwise.", "")
