"""
Which terms reach the nodes of a subject, and by which way.

Terms start at the node that declares them and go down along edges to the children, as far as their own text says
they reach (`Terms.reach`). A child's licence adds and never subtracts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from commonweight.rights.attachment import NO_LICENCE, OWN_WORK, Attachment, carry, own
from commonweight.rights.errors import QuestionError
from commonweight.rights.question import Declared, Edge, Node, Subject
from commonweight.rights.records import Records
from commonweight.rights.said import mark, say

# A merge of fifty models with histories takes some thousand steps; this many take about a second.
MAX_STEPS: Final = 200_000

_EXCEPTION: Final = mark("The exception '{exception}' widens what {licence} grants; its text is not recorded.")
_ARTEFACTS_OF: Final = {
    "model": ("weights", "tokenizer"),
    "dataset": ("data",),
    "code": ("inference_code",),
    "service": ("outputs",),
}
_WEIGHTS: Final = ("weights",)
_CODE: Final = frozenset({"inference_code", "training_code", "docs"})
_Place = tuple[str, tuple[str, ...]]  # a node and the artefacts asked for
_StepUp = tuple[int, Edge, _Place]  # a step by its number, and what is asked for above it


class Lineage:
    """Collects what reaches a node, each node once, ancestors first."""

    def __init__(self, subject: Subject, records: Records, today: date) -> None:
        self._subject = subject
        self._records = records
        self._today = today
        self._steps = 0
        self._found: dict[_Place, tuple[Attachment, ...]] = {}
        self._parents: dict[str, list[tuple[int, Edge]]] = {}
        for number, edge in enumerate(subject.edges):
            if edge.evidence != "suspected":
                self._parents.setdefault(edge.child, []).append((number, edge))

    def attachments(self, node_id: str, artefacts: tuple[str, ...]) -> tuple[Attachment, ...]:
        """
        Everything that reaches a node for these artefacts, shortest ways first.

        Raises QuestionError where the ways are too many to follow.
        """
        place = (node_id, artefacts)
        if place not in self._found:
            self._find(place)
        return self._found[place]

    def _find(self, sought: _Place) -> None:
        """Ancestors first, without recursion: a lineage may be deep."""
        waiting = [sought]
        steps: dict[_Place, tuple[_StepUp, ...]] = {}
        while waiting:
            place = waiting[-1]
            if place not in steps:
                steps[place] = tuple(self._above(place))
                waiting.extend(above for _, _, above in steps[place] if above not in self._found)
                continue
            waiting.pop()
            if place not in self._found:
                self._found[place] = self._collect(place, steps[place])

    def _above(self, place: _Place) -> Iterator[_StepUp]:
        """The steps up from a node, and what is asked for there. Code stands only under what its code came from."""
        node_id, artefacts = place
        code_only = _CODE.issuperset(artefacts)
        for number, edge in self._parents.get(node_id, ()):
            by_code = edge.relation == "includes_code"
            if by_code or not code_only:
                parent = self._subject.nodes[edge.parent]
                asked = ("inference_code",) if by_code and parent.kind == "model" else artefacts_of(parent)
                yield number, edge, (edge.parent, asked)

    def _collect(self, place: _Place, above: tuple[_StepUp, ...]) -> tuple[Attachment, ...]:
        node_id, artefacts = place
        arriving = list(self._own(self._subject.nodes[node_id], artefacts))
        for number, edge, parent in above:
            for found in self._found[parent]:
                carried = carry(found, edge, number)
                if carried is not None:
                    arriving.append(carried)
        self._steps += len(arriving)
        if self._steps > MAX_STEPS:
            came = f"a lineage in which terms go more than {MAX_STEPS:,} ways"
            raise QuestionError("subject.edges", came, "fewer", "Ask about a part of it.")
        if len(arriving) == 1:
            return (arriving[0],)
        arriving.sort(key=_order)
        if len({found.key for found in arriving}) == len(arriving):
            return tuple(arriving)
        kept: dict[tuple[object, ...], Attachment] = {}
        for found in arriving:
            kept.setdefault(found.identity, found)
        return tuple(kept.values())

    def _own(self, node: Node, artefacts: tuple[str, ...]) -> Iterator[Attachment]:
        for artefact in artefacts:
            declared = node.licences.get(artefact, node.licences.get("*"))
            if declared is None:
                yield own(OWN_WORK if node.made_by_asker else NO_LICENCE, None, node, artefact, "")
                continue
            for entry in declared:
                terms, assumption = self._records.resolve(entry, self._today)
                key = terms.key if terms else entry.key
                yield own(key, terms, node, artefact, assumption, _widened(entry))


def _widened(entry: Declared) -> tuple[str, ...]:
    """An exception widens what its licence grants and never narrows it; which, only its own text would say."""
    if not entry.exception:
        return ()
    return (say(_EXCEPTION, exception=entry.exception, licence=entry.key),)


def _order(found: Attachment) -> tuple[int, tuple[int, ...], str, str, str]:
    return found.order


def artefacts_of(node: Node, asked: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The artefacts whose terms matter: those asked for, else by kind. A tokenizer counts only with its own licence."""
    if asked:
        return asked
    chosen = _ARTEFACTS_OF[node.kind]
    return chosen if node.kind != "model" or "tokenizer" in node.licences else _WEIGHTS
