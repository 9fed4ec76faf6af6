"""Access to a gated repository: asking for it, and deciding on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.discussions import FilterLink
from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.repository import Head


@dataclass(frozen=True)
class GateFieldView:
    name: str = says("What the form calls it.")
    label: str = says("As the card words it.")
    kind: str = says("text, checkbox, date, country or select.")
    options: tuple[tuple[str, str], ...] = says("Of a select: value and label.")
    value: str = says("What was typed.")


@dataclass(frozen=True)
class AcceptedView:
    when: str = says("When it was accepted.")
    commit: str = says("Of which commit: eight digits.")
    text: str = says("Address of the text.")


@dataclass(frozen=True)
class AccessPage:
    template: ClassVar[str] = "access.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, tabs.")
    state: Word = says("How the reader stands with it.")
    reason: str = says("Why the reader was rejected; empty where no reason was given.")
    may_ask: bool = says("Whether the form is for the reader.")
    may_withdraw: bool = says("Whether there is something to take back.")
    is_automatic: bool = says("Whether access comes with accepting.")
    heading: str = says("The card's words above the conditions; may be empty.")
    prompt: str = says("The conditions, rendered and sanitised; may be empty.")
    description: str = says("The card's words below them; may be empty.")
    fields: tuple[GateFieldView, ...] = says("What is asked for.")
    licence: str = says("The card's words for the licence; may be empty.")
    licence_texts: tuple[tuple[str, str], ...] = says("Path and text of each licence file.")
    button: str = says("The card's words on the button; may be empty.")
    terms: str = says("Hash of all of it, which the form sends back.")
    action: str = says("Where the form goes.")
    withdraw: str = says("Where the form goes that takes the request back.")
    accepted: tuple[AcceptedView, ...] = says("What the reader has accepted before.")
    error: str = says("Why something was refused; empty where it was not.")


@dataclass(frozen=True)
class AccessRow:
    user: str = says("Who.")
    fullname: str = says("Their name for people.")
    when: str = says("When they asked, or were let in.")
    notes: tuple[str, ...] = says("Whether nobody asked, or the person did not accept anything; translated by the template.")
    decided_by: str = says("Who decided last; empty where nobody did.")
    reason: str = says("Why they were rejected.")
    fields: tuple[tuple[str, str], ...] = says("What they filled in.")
    number: int = says("Number of the request.")
    deeds: tuple[tuple[str, str], ...] = says("State to set and words on the button.")


@dataclass(frozen=True)
class AccessRequestsPage:
    template: ClassVar[str] = "access_requests.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, tabs.")
    gated: str = says("How it is gated: empty, auto or manual.")
    is_public: bool = says("Whether everybody sees it: else nobody can ask.")
    status: str = says("pending, accepted or rejected: which are shown.")
    statuses: tuple[FilterLink, ...] = says("The three lists.")
    counts: tuple[int, ...] = says("How many each has.")
    rows: tuple[AccessRow, ...] = says("The oldest first.")
    more: str = says("Address of the next page; empty on the last.")
    base: str = says("Address that all forms begin with.")
    typed: str = says("The name that was typed.")
    table: str = says("Address of the table of all that was accepted.")
    error: str = says("Why something was refused; empty where it was not.")
