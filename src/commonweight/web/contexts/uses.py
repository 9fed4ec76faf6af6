"""What for: the uses of an organisation, and one of them with its models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.facts import FieldGroup, OutcomeView, OvertakenView, PreviewView
from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word


@dataclass(frozen=True)
class CountView:
    word: Word = says("An answer.")
    models: int = says("How many models have it.")
    x: float = says("Where its part of the bar begins, of 100.")
    width: float = says("How wide it is, of 100.")
    href: str = says("These models.")
    is_picked: bool = says("Whether these are shown.")


@dataclass(frozen=True)
class UseRow:
    id: int = says("Number of the use.")
    name: str = says("Its name.")
    description: str = says("A sentence or two.")
    href: str = says("Its page.")
    is_default: bool = says("Whether its verdicts decide what is served.")
    counts: tuple[CountView, ...] = says("Models by answer, the mildest first.")
    total: int = says("Models in all.")


@dataclass(frozen=True)
class TemplateView:
    name: str = says("Its name.")
    description: str = says("A sentence about it.")
    href: str = says("The form that starts from it.")


@dataclass(frozen=True)
class UsesPage:
    template: ClassVar[str] = "uses.html"

    frame: Frame = says("What is around the page.")
    uses: tuple[UseRow, ...] = says("The uses, the default first.")
    templates: tuple[TemplateView, ...] = says("Ready uses to start from.")
    waiting: int = says("Verdicts (of shapes of lineages) that wait to be decided again.")
    may_edit: bool = says("Whether the caller may change them.")
    error: str = says("Why the last deed was refused; empty otherwise.")
    outcome: OutcomeView | None = says("What the deed that has just happened came to.")


@dataclass(frozen=True)
class ModelRow:
    id: str = says("The model.")
    href: str = says("Its verdict for this use.")
    word: Word = says("The answer.")


@dataclass(frozen=True)
class ModelsView:
    rows: tuple[ModelRow, ...] = says("Models of this page.")
    query: str = says("What was searched for.")
    picked: str = says("The answer that is shown alone; empty for all.")
    next: str = says("Address of the next page; empty on the last.")
    first: str = says("Address of the first page; empty there.")


@dataclass(frozen=True)
class UsePage:
    template: ClassVar[str] = "use.html"

    frame: Frame = says("What is around the page.")
    use: UseRow | None = says("The use; None for one that is being made.")
    action: str = says("Where the form goes.")
    name: str = says("The name, as typed.")
    description: str = says("The use in a sentence or two, as typed.")
    made_from: str = says("Key of the template that a new one starts from; empty for none.")
    groups: tuple[FieldGroup, ...] = says("The questions.")
    seen: str = says("The moment of what is shown: a save after somebody else's is refused.")
    was: str = says("The facts shown, as JSON: after somebody else's save, what was left alone follows theirs.")
    updated: str = says("When it was recorded, and by whom; empty for a new one.")
    may_edit: bool = says("Whether the caller may change it.")
    error: str = says("Why the last save was refused; empty otherwise.")
    overtaken: OvertakenView | None = says("What somebody else saved meanwhile.")
    outcome: OutcomeView | None = says("What the deed that has just happened came to.")
    preview: PreviewView | None = says("What these facts would change; None where nobody asked.")
    compared_with: str = says("Name of the use that a new one is compared with; empty for one that is there.")
    models: ModelsView | None = says("Its models; None for a new one, and beside a preview.")
