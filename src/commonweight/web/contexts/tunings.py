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
    href: str = says("The page of this conversion.", "")
    answers: str = says("Answers that came for the scores, of how many; empty where none are asked for now.", "")
    is_broken: bool = says("Whether one of its formats is no good.", False)


@dataclass(frozen=True)
class LadderRow:
    path: str = says("Its file.")
    size: str = says("Its size.")
    near: str = says("How often its next word is that of the original; empty for the floats.")
    state: Word | None = says("What it costs; None before that is known.")
    perplexity: str = says("Of general texts, with its interval; empty where nobody knows.")
    rise: str = says("By how much that is higher than the original's, with its interval.")
    agrees: str = says("Answers that are word for word the original's, of how many.")
    knows: str = says("Questions answered rightly, of how many.")
    reason: str = says("Why it has no score, or is broken; empty otherwise.")


@dataclass(frozen=True)
class LadderPoint:
    label: str = says("The format.")
    x: float = says("Where it stands, in units of the drawing: its size.")
    y: float = says("What its perplexity rises by.")
    high: float = says("The end of its interval above.")
    low: float = says("The end of its interval below.")
    label_x: float = says("Where its name stands, across.")
    label_y: float = says("Where its name stands, down.")
    label_from: str = says("start or end: which end of the name stands there.")
    state: Word = says("What it costs.")
    told: str = says("Its figures, for who does not see the drawing.")


@dataclass(frozen=True)
class LadderView:
    points: tuple[LadderPoint, ...] = says("One for each format.")
    top: str = says("The rise at the upper edge.")
    bottom: str = says("That at the lower edge.")
    zero: float = says("Where no rise is, in units of the drawing.")
    right: str = says("The size at the right edge.")


@dataclass(frozen=True)
class ConversionForm:
    source: str = says("The model.", "")
    target: str = says("Where to.", "")
    kinds: tuple[str, ...] = says("Formats that are ticked.", ())
    is_scored: bool = says("Whether what is made is asked questions and compared.", True)


@dataclass(frozen=True)
class ConversionsPage:
    template: ClassVar[str] = "conversions.html"

    frame: Frame = says("What is around the page.")
    rows: tuple[ConversionRow, ...] = says("The reader's own, the newest first.")
    models: tuple[str, ...] = says("Models that can be converted.")
    kinds: tuple[tuple[str, str], ...] = says("Formats: word and what it is for, translated by the template.")
    form: ConversionForm = says("What was typed.")
    error: str = says("Why the last deed failed; empty otherwise.", "")


@dataclass(frozen=True)
class ConversionPage:
    template: ClassVar[str] = "conversion.html"

    frame: Frame = says("What is around the page.")
    row: ConversionRow = says("How it stands.")
    file: str = says("The source's GGUF file; empty for a checkpoint.")
    warning: str = says("What the source costs whatever is made of it; empty otherwise.")
    rows: tuple[LadderRow, ...] = says("Its files, as soon as the draft is there.")
    drawing: LadderView | None = says("Size against cost; None where there is nothing to draw.")
    not_scored: str = says("Why nothing was compared; empty otherwise.")
    original: str = says("What the formats were compared with; empty where they were not.")
    items: int = says("Questions that were asked.")
    warnings: tuple[str, ...] = says("What should be known of single files.")
    error: str = says("Why the last deed failed; empty otherwise.", "")
