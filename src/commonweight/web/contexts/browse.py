"""Searching everything that is kept here, by what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.market import Facet, Option, Picked, VerdictBrief


@dataclass(frozen=True)
class FoundRow:
    id: str = says("namespace/name.")
    href: str = says("The repository's page.")
    meta: tuple[str, ...] = says("Task, library, parameters, rows: whatever is known.")
    licences: tuple[str, ...] = says("Licence tags of the card.")
    downloads: str = says("Of the last thirty days, shortened.")
    likes: str = says("How many like it, shortened.")
    changed: str = says("Day of the last change.")
    is_private: bool = says("Whether only some may see it.")
    is_gated: bool = says("Whether its files have to be asked for.")
    verdict: VerdictBrief | None = says("May we use it, for the standing use? None where that was not decided yet.")


@dataclass(frozen=True)
class BrowsePage:
    template: ClassVar[str] = "browse.html"

    frame: Frame = says("What is around the page.")
    kind: Word = says("Of what: model or dataset; its text is the heading.")
    action: str = says("Where the form leads.")
    other: tuple[str, str] = says("Address and text of the page of the other kind.")
    query: str = says("Text being searched for.")
    sorts: tuple[Option, ...] = says("Orders; one is picked.")
    facets: tuple[Facet, ...] = says("Tags by their kind, with how many public repositories have each.")
    sizes: tuple[Option, ...] = says("Spans of parameters, of which one is picked; empty for data sets.")
    picked: tuple[Picked, ...] = says("Filters in force, each with the way out.")
    rows: tuple[FoundRow, ...] = says("One page of what fits.")
    first: str = says("Address of the first page; empty on it.")
    following: str = says("Address of the next page; empty on the last.")
    shows_verdicts: bool = says("Whether there is a column for them.")
