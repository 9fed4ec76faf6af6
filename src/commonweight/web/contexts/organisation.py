"""Who asks: what an organisation records of itself, once for all uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.facts import FieldGroup, OutcomeView, OvertakenView, PreviewView
from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame


@dataclass(frozen=True)
class MonthBar:
    x: float = says("Left edge, of 100.")
    width: float = says("Width, of 100.")
    height: float = says("Height, of 100.")
    text: str = says("Month and number in words.")


@dataclass(frozen=True)
class MonthsView:
    """Exact figures of the whole group by month, drawn."""

    title: str = says("What is counted.")
    bars: tuple[MonthBar, ...] = says("One per month, the oldest first.")
    first: str = says("The first month.")
    last: str = says("The last month.")
    most: str = says("The largest number, as people write it.")


@dataclass(frozen=True)
class OrganisationPage:
    template: ClassVar[str] = "organisation.html"

    frame: Frame = says("What is around the page.")
    groups: tuple[FieldGroup, ...] = says("The questions.")
    group: str = says("Who belongs to its group, in words.")
    seen: str = says("The moment of what is shown: a save after somebody else's is refused.")
    was: str = says("The facts shown, as JSON: after somebody else's save, what was left alone follows theirs.")
    updated: str = says("When it was recorded, and by whom.")
    may_edit: bool = says("Whether the caller may change it.")
    error: str = says("Why the last save was refused; empty otherwise.")
    overtaken: OvertakenView | None = says("What somebody else saved meanwhile.")
    outcome: OutcomeView | None = says("What the save that has just happened came to.")
    preview: PreviewView | None = says("What these facts would change; None where nobody asked.")
    months: tuple[MonthsView, ...] = says("Monthly figures, drawn.")
