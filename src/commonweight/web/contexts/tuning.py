"""One tuning: how far it is, how it went, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.repository import Snippet


@dataclass(frozen=True)
class StageView:
    title: str = says("What is done; translated by the template.")
    state: str = says("done, now, todo, halted or failed.")


@dataclass(frozen=True)
class LineView:
    name: str = says("What it shows; translated by the template.")
    kind: str = says("first or second: how it is drawn.")
    path: str = says("The line in a box of 100 by 100, as SVG draws it.")
    dots: str = says("Its points, as SVG draws them; empty where they are too many.")
    latest: str = says("Its last value.")


@dataclass(frozen=True)
class CurveView:
    """A drawing of how figures moved from step to step."""

    title: str = says("What moved; translated by the template.")
    lines: tuple[LineView, ...] = says("What is drawn.")
    top: str = says("The value at the upper edge.")
    bottom: str = says("The value at the lower edge.")
    last: str = says("The step at the right edge.")
    rows: tuple[tuple[str, ...], ...] = says("Step and values, for whoever reads rather than looks: some of them, evenly.")


@dataclass(frozen=True)
class EventView:
    when: str = says("The time, in UTC.")
    level: Word = says("How grave it is.")
    message: Told = says("What happened.")


@dataclass(frozen=True)
class TrainingView:
    percent: float = says("How far the training is, of 100.")
    facts: tuple[tuple[str, str], ...] = says("Name and value: step, loss, held-out loss, tokens per second, time left.")


@dataclass(frozen=True)
class ArtefactBar:
    """One contestant on what was held out."""

    label: Told = says("What was asked: the base, the adapter on it, a quantisation.")
    is_base: bool = says("Whether it is what the others are compared with.")
    value: str = says("Its score.")
    interval: str = says("Between what the score lies with 95 % certainty.")
    width: float = says("The score, of 100.")
    low: float = says("Lower end of the interval, of 100.")
    high: float = says("Upper end of the interval, of 100.")
    verdict: Word | None = says("How it compares with the base; None for the base.")
    difference: str = says("The difference with its interval; empty for the base.")
    size: str = says("Bytes of its file; empty where it is none of its own.")
    facts: tuple[tuple[str, str], ...] = says("Other measures of it.")
    quantising: str = says("What it lost to what it was quantised from; empty where it was not.", "")
    too_far: bool = says("Whether that is more than the limit allows.", False)


@dataclass(frozen=True)
class PairView:
    """One example that was held out, with what both said."""

    prompt: str = says("What was asked.")
    expected: str = says("What should be answered.")
    base: str = says("What the base said.")
    tuned: str = says("What the tuned one said.")


@dataclass(frozen=True)
class Told:
    """A sentence with places, translated by the template, and what goes into them."""

    text: str = says("The sentence.")
    words: tuple[tuple[str, str], ...] = says("Name of a place and what goes there.", ())


@dataclass(frozen=True)
class ReportView:
    verdict: Word = says("Whether it is better than its base.")
    sentences: tuple[Told, ...] = says("Why, with figures.")
    measure: str = says("What is measured; translated by the template.")
    items: int = says("Examples that were held out.")
    bars: tuple[ArtefactBar, ...] = says("The base, then each artefact.")
    table: tuple[tuple[str, str, str], ...] = says("Measure, base and tuned: stopping, length, variety.")
    forgetting: Told | None = says("What became of what the base could do before; None where it was not looked at.")
    forgets: bool = says("Whether something was forgotten.")
    warnings: tuple[str, ...] = says("What somebody should know of the comparison.")
    won: tuple[PairView, ...] = says("Examples that the tuned one gets right and the base does not.")
    lost: tuple[PairView, ...] = says("The other way round.")
    won_count: int = says("How many were won.")
    lost_count: int = says("How many were lost.")
    settings: tuple[tuple[str, str], ...] = says("How it was measured, so that it can be measured again.")


@dataclass(frozen=True)
class ResultView:
    """What came of it."""

    name: str = says("The name that it is called by.")
    repository: str = says("Where it lies, namespace/name; empty before it is published.")
    href: str = says("Its card; empty before it is published.")
    is_draft: bool = says("Whether somebody still has to accept it.")
    public_refused: str = says("Why it must not be opened to everybody; empty where nothing speaks against it.")
    size: str = says("Bytes of the adapter; empty where there is none.")
    verdict: Word | None = says("Whether it may be used; None before it is decided.")
    headline: str = says("The verdict in a sentence.")
    duties: tuple[str, ...] = says("What is owed.")
    snippets: tuple[Snippet, ...] = says("How to call it.")


@dataclass(frozen=True)
class FailureView:
    message: str = says("What went wrong.")
    hint: str = says("What to do about it; empty where nobody knows.")
    code: str = says("The word for it.")


@dataclass(frozen=True)
class CheckpointRow:
    step: int = says("After which step.")
    name: str = says("The name that it is called by.")
    loss: str = says("Loss on what was held out, or on what is learnt; empty where it was not looked at.")
    when: str = says("When, in UTC.")


@dataclass(frozen=True)
class TuningPage:
    template: ClassVar[str] = "tuning.html"

    frame: Frame = says("What is around the page.")
    id: str = says("Its id.")
    name: str = says("What its owner called it, or the base.")
    base: str = says("The model that it goes on.")
    base_href: str = says("Its page.")
    state: Word = says("How it stands.")
    is_over: bool = says("Whether nothing will happen any more.")
    stages: tuple[StageView, ...] = says("What is done, in order.")
    progress: TrainingView | None = says("How far the training is; None before it has begun.")
    curves: tuple[CurveView, ...] = says("Loss and speed; empty before there are figures.")
    warnings: tuple[Told, ...] = says("What somebody should know.")
    events: tuple[EventView, ...] = says("What happened, the newest first.")
    failure: FailureView | None = says("Why it failed; None otherwise.")
    report: ReportView | None = says("How it compares with its base; None before it is judged.")
    result: ResultView | None = says("What came of it; None before there is something.")
    checkpoints: tuple[CheckpointRow, ...] = says("States of the training that can be called, the newest first.")
    facts: tuple[tuple[str, str], ...] = says("Name and value of what was asked for.")
    used: tuple[tuple[str, str], ...] = says("Name and value of what was really used.")
    again: str = says("The form of a new one, filled in as this one.")
    may_pause: bool = says("Whether it can be halted now.")
    may_resume: bool = says("Whether it can go on.")
    may_cancel: bool = says("Whether it can be given up.")
    error: str = says("Why the last deed failed; empty otherwise.", "")
