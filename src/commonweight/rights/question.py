"""
A question: who asks, what for, about which thing and where that comes from. docs/rights-io.md describes the document.

A fact that is not given stays missing (None): nothing here fills one in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from commonweight.rights.expression import Span


class Figure(NamedTuple):
    """
    A measured fact, within bounds (`low` = `high` where it is known exactly).

    `scope` is licensee, group (with affiliates) or product. `period` is a month (2023-06), a year (2025), `current`,
    or `any` (holds for every period, such as "never more than a million"). `product` names one of several.
    """

    scope: str
    period: str
    low: float
    high: float
    currency: str | None
    source: str
    product: str = ""


@dataclass(frozen=True, slots=True)
class Permission:
    """Something the asker holds from a licensor: bought, granted or registered."""

    id: str
    licence: str
    kind: str
    lifts: tuple[str, ...]
    acts: tuple[str, ...]
    since: date | None
    until: date | None
    author: str
    source: str


@dataclass(frozen=True, slots=True)
class Organisation:
    name: str
    kind: str | None
    principal_place: str | None
    domicile: str | None
    figures: Mapping[str, tuple[Figure, ...]]
    business: frozenset[str] | None
    competes_with: frozenset[str] | None
    permissions: tuple[Permission, ...]
    #: What the figures come to, as it was found before (`facts.Facts`).
    spans: dict[tuple[object, ...], Span] = field(default_factory=dict, compare=False, repr=False)


class Use(NamedTuple):
    """`facts` holds the single facts by name (production, paid, audience, ...), only those that were given."""

    acts: tuple[str, ...]
    purposes: frozenset[str] | None
    artefacts: tuple[str, ...]
    facts: Mapping[str, bool | str]
    where_used: frozenset[str] | None
    where_outputs_shown: frozenset[str] | None
    planned_name: str | None
    date: date


class Declared(NamedTuple):
    """
    A licence named for an artefact: by tag, file, card, header or maker, and which text came with the copy. `exception`
    widens it (SPDX: WITH).
    """

    key: str
    by: str
    text_date: date | None
    text_digest: str | None
    exception: str = ""


class Node(NamedTuple):
    """
    A model, data set or program in the lineage. `notices` says which notices its repository has, `unread` which licence
    texts lie there that nobody compared with the known ones; `choices` holds, by
    artefact, the sets of licences among which an expression leaves the choice.
    """

    id: str
    kind: str
    name: str
    licences: Mapping[str, tuple[Declared, ...]]
    released: date | None
    modality: frozenset[str] | None
    made_by_asker: bool | None
    notices: Mapping[str, bool]
    unread: tuple[str, ...]
    choices: Mapping[str, tuple[tuple[Declared, ...], ...]]


class Edge(NamedTuple):
    """
    `child` was made from `parent`. `part`: only some of the parent, or only some of the child. `alike`: it was trained in
    order to perform similarly to the parent.
    """

    child: str
    parent: str
    relation: str
    evidence: str
    by_asker: bool | None
    part: bool
    source: str
    alike: bool | None = None

    def to_document(self) -> dict[str, Any]:
        """As a step of the way from a subject up to the terms (commonweight.verdict/1)."""
        return {
            "child": self.child,
            "parent": self.parent,
            "relation": self.relation,
            "evidence": self.evidence,
            **({"source": self.source} if self.source else {}),
        }


class Subject(NamedTuple):
    """`digest` is that of its canonical document; empty where something was chosen that the document leaves open."""

    root: str
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A human decision: an exception that sets the value of a finding, or counsel's reading of an ambiguity."""

    id: str
    kind: str
    finding: str
    choose: str
    acts: tuple[str, ...]
    node: str | None
    author: str
    reason: str
    since: date | None
    expires: date | None


@dataclass(frozen=True, slots=True)
class Question:
    organisation: Organisation
    use: Use
    subject: Subject
    decisions: tuple[Decision, ...]
    document: Mapping[str, Any] = field(compare=False, repr=False)
    facts_digest: str

    @classmethod
    def from_document(cls, document: Any, *, today: date | None = None, name: str = "question") -> Question:
        """
        Read the document form (commonweight.question/1).

        `today` stands in for a `use.date` that is not given. Raises QuestionError naming path and expectation.
        """
        from commonweight.rights.question_reader import read_question  # the reader builds this class

        return read_question(document, today, name)

    def to_document(self) -> dict[str, Any]:
        """The document in its canonical form: sorted nodes and edges, dates as text, the day filled in."""
        return dict(self.document)
