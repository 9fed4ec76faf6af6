"""A verdict and everything behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.market import StandingUse
from commonweight.web.contexts.openness import OpennessDetail, OpennessView


@dataclass(frozen=True)
class ClauseView:
    licence: str = says("Key of the licence.")
    clause: str = says("Number or name of the clause.")
    reason: str = says("What it says for this use, in our words.")
    tone: str = says("Colours of its effect.")
    effect: str = says("What it leads to, in a word; empty where it only informs.")
    evidence: Word | None = says("How the fact is known: text, quoted, secondary, unverified.")
    review: Word | None = says("Review status of the record: draft, checked, lawyer.")
    via: str = says("The way through the lineage by which it reaches this model; empty for its own licence.")
    quote: str = says("Short quotation of the text, or empty.")
    finding: str = says("The id that a decision on it names; empty where none can be made.", default="")


@dataclass(frozen=True)
class DutyView:
    title: str = says("What has to be done.")
    detail: str = says("When and why.")
    text: str = says("Text to reproduce word for word; empty where there is none.")
    places: tuple[str, ...] = says("Where it has to stand.")
    clause: ClauseView | None = says("The clause that asks for it.")
    doubts: tuple[str, ...] = says("Why it may not be owed.")


@dataclass(frozen=True)
class ConflictView:
    title: str = says("Declared against effective, in one line.")
    detail: str = says("What follows from it, and why it does or does not stop this use.")
    clause: ClauseView | None = says("The clause behind it.")


@dataclass(frozen=True)
class ReadingView:
    text: str = says("How the text may be read.")
    is_default: bool = says("Whether we go by this reading.")


@dataclass(frozen=True)
class DoubtView:
    question: str = says("What the text or the law leaves unsettled.")
    readings: tuple[ReadingView, ...] = says("The readings.")
    clause: ClauseView | None = says("Where.")


@dataclass(frozen=True)
class AskView:
    question: str = says("A fact that is missing, as a question.")
    why: str = says("What it would settle.")


@dataclass(frozen=True)
class ActView:
    name: str = says("An act of the use.")
    meaning: str = says("One sentence about it.")
    word: Word = says("The answer for this act.")


@dataclass(frozen=True)
class NodeView:
    id: str = says("Id of the model or data set.")
    kind: str = says("model, dataset, code or service.")
    licences: str = says("Its declared licences, comma separated; empty where unknown.")
    href: str = says("Its page, or empty.")
    is_root: bool = says("Whether it is the subject of the verdict.")


@dataclass(frozen=True)
class EdgeView:
    child: str = says("Id of what was made.")
    parent: str = says("Id of what it was made from.")
    relation: str = says("How, in words.")
    evidence: Word = says("How we know.")
    is_weak: bool = says("Whether it rests on others' descriptions or a suspicion only.")


@dataclass(frozen=True)
class StaleView:
    reason: str = says("Why the verdict may not be the answer any more.")
    about: str = says("Which document changed, or empty.")
    since: str = says("Since when; empty where nobody wrote it down.")
    href: str = says("The verdict that stands instead; empty where it waits to be decided again or reviewed.")
    is_waiting: bool = says("Whether a new decision, or somebody's review, is still to come.")
    changes: str = says("What else changed for the same reason; empty for those without an account.")


@dataclass(frozen=True)
class DoesView:
    measures: tuple[Word, ...] = says("What the policy makes of the verdict; empty where it stops and warns of nothing.")
    is_approved: bool = says("Whether an approval lets it through.")
    approve: str = says("Where it can be let through; empty where that is not asked for, or not for the reader.")


@dataclass(frozen=True)
class DecidedView:
    """What a person decided, in a verdict."""

    kind: Word = says("Exception, reading, bought, granted or registered.")
    name: str = says("Its name.")
    href: str = says("Its page.")
    state: Word = says("Applied, unused, lapsed or not yet.")
    author: str = says("Who decided; may be empty.")
    reason: str = says("Why, or where it is written.")
    until: str = says("Last day; empty for no end.")


@dataclass(frozen=True)
class VerdictView:
    id: str = says("Id of the verdict.")
    word: Word = says("The answer.")
    headline: str = says("One sentence.")
    subject: str = says("Model and revision it is about.")
    decided: str = says("When.")
    acts: tuple[ActView, ...] = says("The answer per act.")
    clauses: tuple[ClauseView, ...] = says("Why, clause by clause.")
    duties: tuple[DutyView, ...] = says("What is owed.")
    conflicts: tuple[ConflictView, ...] = says("Declared against effective terms.")
    doubts: tuple[DoubtView, ...] = says("What the texts leave open.")
    questions: tuple[AskView, ...] = says("The smallest set of facts that would settle it.")
    assumptions: tuple[str, ...] = says("What was taken for granted.")
    changes: tuple[str, ...] = says("What would change the answer.")
    remedy: str = says("What could turn a refusal around, or empty.")
    nodes: tuple[NodeView, ...] = says("The lineage's models and data sets.")
    edges: tuple[EdgeView, ...] = says("Who was made from whom.")
    disclaimer: str = says("A reading of the texts, not legal advice.")
    digests: tuple[tuple[str, str], ...] = says("What went in, by digest: name and value.")
    does: DoesView | None = says("What follows from it here; None where it decides nothing here.", None)
    stale: StaleView | None = says("Why it may not be the answer any more; None where it is.", None)
    decided_by: tuple[DecidedView, ...] = says("What people decided about it, and what is held from licensors.", ())


@dataclass(frozen=True)
class VerdictPage:
    template: ClassVar[str] = "verdict.html"

    frame: Frame = says("What is around the page.")
    title: str = says("What the verdict is about.")
    href: str = says("The model's page, or empty.")
    use: StandingUse | None = says("The use it was given for; None where it was asked ad hoc.")
    verdict: VerdictView = says("The verdict.")


@dataclass(frozen=True)
class AlternativeView:
    name: str = says("The model under other terms, as the catalogue calls it.")
    href: str = says("Its page.")
    licence: str = says("The other terms.")
    word: Word = says("The standing verdict for it.")


@dataclass(frozen=True)
class KnownPage:
    template: ClassVar[str] = "known.html"

    frame: Frame = says("What is around the page.")
    id: str = says("publisher/name in the catalogue.")
    names: tuple[str, ...] = says("Names it goes by.")
    facts: tuple[tuple[str, str], ...] = says("Name and value of what is known.")
    note: str = says("A remark of the catalogue, or empty.")
    conditions: tuple[tuple[str, str], ...] = says("What the terms ask and forbid, as claimed by the catalogue.")
    alternatives: tuple[AlternativeView, ...] = says("The same model under other terms, each with its verdict.")
    sources: tuple[str, ...] = says("Where the facts come from.")
    evidence: Word = says("How well they are known.")
    openness: OpennessView = says("How open it is, by claims.")
    detail: OpennessDetail = says("Everything behind that.")
    use: StandingUse = says("The standing use.")
    ask: str = says("Address of the guided form.")
    verdict: VerdictView | None = says("The standing verdict, None while it cannot be given.")
    verdict_problem: str = says("Why there is no verdict; empty where there is one.")
    is_available: bool = says("Whether weights were released at all, so that it could be brought in.")
    upload: str = says("The command that brings it in.")
