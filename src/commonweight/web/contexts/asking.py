"""Can we use it? A short guided form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.facts import Choice, Flip
from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame
from commonweight.web.contexts.market import StandingUse
from commonweight.web.contexts.repository import Head
from commonweight.web.contexts.rights import VerdictView


@dataclass(frozen=True)
class AskField:
    name: str = says("Name of the form's parameter.")
    questions: tuple[str, ...] = says("The question; one per line that a text draws.")
    kind: str = says("pick (radio), many (checkboxes), figure (radio or a number), text (countries), select.")
    choices: tuple[Choice, ...] = says("What can be answered.")
    value: str = says("The text given; empty where there is none.")
    settles: str = says("Licences whose clauses wait for it.")


@dataclass(frozen=True)
class AskPage:
    template: ClassVar[str] = "ask.html"

    frame: Frame = says("What is around the page.")
    head: Head | None = says("Name, tags, tabs of a hosted model; None for one that is only known.")
    title: str = says("The model.")
    href: str = says("Its page.")
    action: str = says("Where the form goes.")
    use: StandingUse = says("The standing use, from which the asking starts.")
    acts: tuple[Choice, ...] = says("What could be done with it.")
    purposes: tuple[Choice, ...] = says("What for.")
    verdict: VerdictView = says("The answer so far.")
    open: tuple[AskField, ...] = says("Questions whose answers can still change it.")
    given: tuple[AskField, ...] = says("Questions that were answered and matter.")
    idle: tuple[tuple[str, str], ...] = says("Name and value of answers that do not matter now, kept in case they do again.")
    unreadable: tuple[str, ...] = says("What only a reading of a text would settle.")
    may_keep: bool = says("Whether the caller may keep answers as facts of the organisation, and there are any.")
    may_share: bool = says("Whether the verdict can be kept under an address of its own.")
    is_kept: bool = says("Whether the answers have just been kept.")
    flips: tuple[Flip, ...] = says("Verdicts that keeping them changed.")
    problem: str = says("Why an answer was refused; empty otherwise.")
