"""The market: every model, hosted and known, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.openness import OpennessView


@dataclass(frozen=True)
class VerdictBrief:
    word: Word = says("The answer.")
    headline: str = says("One sentence: why.")
    href: str = says("Page with the whole verdict.")
    stale: str = says("Why it may not be the answer any more, in a sentence; empty where it is.", "")


@dataclass(frozen=True)
class Deed:
    word: Word = says("try, download, read_why_not or see_terms.")
    href: str = says("Where the deed is done.")


@dataclass(frozen=True)
class RowView:
    id: str = says("namespace/name.")
    href: str = says("The model's page.")
    is_hosted: bool = says("Whether the files are here.")
    meta: tuple[str, ...] = says("Publisher, size, modality, date: whatever is known.")
    openness: OpennessView = says("How open it is.")
    verdict: VerdictBrief = says("May we use it, for the standing use?")
    licences: tuple[str, ...] = says("Licence keys.")
    offer: str = says("How it is offered: free, by plan, ask.")
    deed: Deed = says("What can be done next.")


@dataclass(frozen=True)
class Option:
    value: str = says("What the form sends.")
    word: Word = says("What people read.")
    count: int = says("Rows that would be shown with this option, everything else left as it is.")
    picked: bool = says("Whether it is chosen now.")


@dataclass(frozen=True)
class Facet:
    name: str = says("Name of the query parameter.")
    title: str = says("Name for people.")
    options: tuple[Option, ...] = says("Its values that occur.")


@dataclass(frozen=True)
class Heading:
    title: str = says("Text of the column's heading; empty for the column of deeds.")
    href: str = says("Address that sorts by it; empty where it cannot.")
    sorted: str = says("ascending, descending or empty.")


@dataclass(frozen=True)
class Picked:
    text: str = says("The filter that is on.")
    href: str = says("Address without it.")


@dataclass(frozen=True)
class StandingUse:
    name: str = says("What the verdicts are for, in words.")
    href: str = says("Where it is edited, or read by those who may not edit it.")
    may_edit: bool = says("Whether the caller may change it.")


@dataclass(frozen=True)
class MarketPage:
    template: ClassVar[str] = "market.html"

    frame: Frame = says("What is around the page.")
    use: StandingUse = says("The use that all verdicts on this page are for.")
    query: str = says("Text being searched for.")
    sort: str = says("Sort key in force.")
    facets: tuple[Facet, ...] = says("Filters with their counts.")
    picked: tuple[Picked, ...] = says("Filters in force, each with the way out.")
    headings: tuple[Heading, ...] = says("The six columns.")
    rows: tuple[RowView, ...] = says("The models that fit.")
    total: int = says("Models there are before filtering.")
    hosted: int = says("How many of those are hosted here.")
