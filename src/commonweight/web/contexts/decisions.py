"""What people decided, and what is held from licensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.facts import Choice, OutcomeView, PreviewView
from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word


@dataclass(frozen=True)
class RecordView:
    """An exception, a reading, or a permission."""

    id: int = says("Its number.")
    kind: Word = says("Exception, reading, bought, granted or registered.")
    name: str = says("The id by which verdicts cite it.")
    href: str = says("Its page.")
    end: str = says("Where the form that ends it goes; empty where it has ended.")
    state: Word = says("In force, about to lapse, not yet, lapsed, ended.")
    licence: str = says("Key of the licence that it speaks of; empty for a finding without one.")
    licence_href: str = says("The record of that licence, at the clause where one is named.")
    clauses: str = says("Ids inside the record that it speaks of; empty for a permission without.")
    chooses: str = says("What it says of them, in words.")
    acts: tuple[str, ...] = says("Acts that it is for; empty for all.")
    model: str = says("The model asked about; empty for any.")
    node: str = says("Where the terms are declared; empty for wherever.")
    use: str = says("The use that it is for; empty for every use.")
    author: str = says("Who decided.")
    reason: str = says("Why; of a permission, where it is written.")
    source: str = says("Where it is written; of a permission empty.")
    since: str = says("First day; empty for at once.")
    until: str = says("Last day; empty for no end.")
    recorded: str = says("When it was recorded, and by whom.")
    ended: str = says("When it was ended, and by whom; empty while it is not.")
    end_reason: str = says("Why it was ended.")
    applied: int = says("Verdicts that rest on it now.")
    beside: int = says("Verdicts that name it without resting on it.")


@dataclass(frozen=True)
class RecordGroup:
    title: str = says("What these have in common.")
    records: tuple[RecordView, ...] = says("The records.")


@dataclass(frozen=True)
class DecisionsPage:
    template: ClassVar[str] = "decisions.html"

    frame: Frame = says("What is around the page.")
    groups: tuple[RecordGroup, ...] = says("Records by how they stand.")
    shows_ended: bool = says("Whether those that were ended are shown too.")
    untried: int = says("Verdicts that were too many to count.")
    documents: int = says("Documents that changed and that nobody has reviewed.")
    may_edit: bool = says("Whether the caller may record and end.")
    error: str = says("Why the last deed was refused; empty otherwise.")
    end_reason: str = says("The reason typed for a deed that was refused.")
    outcome: OutcomeView | None = says("What the deed that has just happened came to.")


@dataclass(frozen=True)
class TouchedRow:
    id: str = says("The model.")
    href: str = says("Its verdict.")
    word: Word = says("The answer.")
    use: str = says("For which use.")


@dataclass(frozen=True)
class DecisionPage:
    template: ClassVar[str] = "decision.html"

    frame: Frame = says("What is around the page.")
    title: str = says("Its name.")
    records: tuple[RecordView, ...] = says("The record; those that went by the same name before come after it.")
    models: tuple[TouchedRow, ...] = says("Models whose verdict rests on it, the first of them.")
    may_edit: bool = says("Whether the caller may end it.")


@dataclass(frozen=True)
class NewDecisionPage:
    template: ClassVar[str] = "new_decision.html"

    frame: Frame = says("What is around the page.")
    kind: str = says("exception, reading or permission.")
    licences: tuple[Choice, ...] = says("Licences that are recorded.")
    licence: str = says("Key of the one chosen; empty while none is.")
    clauses: tuple[Choice, ...] = says("Clauses of it that can be decided on: what the form sends, clause and words.")
    finding: str = says("A finding typed by its id; empty where one was picked.")
    choices: tuple[Choice, ...] = says("What can be decided of a clause, or how something is held.")
    acts: tuple[Choice, ...] = says("Acts that it is for.")
    uses: tuple[Choice, ...] = says("Uses that it is for.")
    texts: dict[str, str] = says("Other answers by name: model, author, reason, source, since, until, name.")
    may_edit: bool = says("Whether the caller may record it.")
    error: str = says("Why the last try was refused; empty otherwise.")
    preview: PreviewView | None = says("What recording it would change; None where nobody asked.")


@dataclass(frozen=True)
class DocumentPage:
    template: ClassVar[str] = "document.html"

    frame: Frame = says("What is around the page.")
    documents: tuple[Choice, ...] = says("Documents that licences bring in, each with the key of its licence.")
    seen_on: str = says("The day on which the change was seen.")
    text: str = says("Its new text, as typed.")
    note: str = says("A remark, as typed.")
    may_edit: bool = says("Whether the caller may tell of it.")
    error: str = says("Why the last try was refused; empty otherwise.")
