"""
Which terms reach the nodes of a subject, and by which way.

Terms start at the node that declares them and go down along edges to the children, as far as their own text says
they reach (`Terms.reach`). A child's licence adds and never subtracts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from operator import attrgetter
from typing import Any, Final

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
_FROM_ANSWERS: Final = frozenset({"output_of", "trained_on_outputs"})
_Place = tuple[str, tuple[str, ...]]  # a node and the artefacts asked for
_StepUp = tuple[Edge, _Place]  # a step, and what is asked for above it


class Stem:
    """What reaches a node for some artefacts: the same in every lineage that has this node and these steps above it."""

    __slots__ = ("_above", "arrived", "attachments", "contested", "declared", "node", "seen")

    def __init__(
        self, node: Node, attachments: tuple[Attachment, ...], arrived: int, above: tuple[tuple[Edge, Stem], ...]
    ) -> None:
        self.node = node
        self._above = above
        self.attachments = attachments
        self.arrived = arrived
        #: Keys of what the node declares for itself.
        self.declared = tuple(sorted({found.key for found in attachments if not found.steps}))
        #: Terms with which a label of the node may not agree, as `conflicts` found before.
        self.contested: tuple[Attachment, ...] | None = None
        #: Labels that do not agree with them, where every question finds the same ones.
        self.seen: tuple[Any, ...] | None = None


#: Gives the stem that was made by a key before, or makes it.
RecallStem = Callable[[object, Callable[[], Stem]], Stem]


class Lineage:
    """
    Collects what reaches a node, each node once, ancestors first. `recall` may remember stems, for one library of records.
    """

    def __init__(self, subject: Subject, records: Records, today: date, recall: RecallStem | None = None) -> None:
        self._subject = subject
        self._records = records
        self._today = today
        self._recall = recall
        self._arrived = 0
        self._found: dict[_Place, Stem] = {}
        self._parents: dict[str, list[Edge]] = {}
        for edge in subject.edges:
            if edge.evidence != "suspected":
                self._parents.setdefault(edge.child, []).append(edge)

    def attachments(self, node_id: str, artefacts: tuple[str, ...]) -> tuple[Attachment, ...]:
        """
        Everything that reaches a node for these artefacts, shortest ways first.

        Raises QuestionError where the ways are too many to follow.
        """
        return self.stem(node_id, artefacts).attachments

    def stem(self, node_id: str, artefacts: tuple[str, ...]) -> Stem:
        """As `attachments`, with what else is known of the place."""
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
                waiting.extend(above for _, above in steps[place] if above not in self._found)
                continue
            waiting.pop()
            if place not in self._found:
                self._found[place] = self._stem(place, steps[place])

    def _above(self, place: _Place) -> Iterator[_StepUp]:
        """The steps up from a node, and what is asked for there. Code stands only under what its code came from."""
        node_id, artefacts = place
        code_only = _CODE.issuperset(artefacts)
        for edge in self._parents.get(node_id, ()):
            by_code = edge.relation == "includes_code"
            if by_code or not code_only:
                parent = self._subject.nodes[edge.parent]
                asked = ("inference_code",) if by_code and parent.kind == "model" else artefacts_of(parent)
                if edge.relation in _FROM_ANSWERS:
                    asked += outputs_of(parent)
                yield edge, (edge.parent, asked)

    def _stem(self, place: _Place, steps: tuple[_StepUp, ...]) -> Stem:
        node, artefacts = self._subject.nodes[place[0]], place[1]
        above = tuple([(edge, self._found[parent]) for edge, parent in steps])
        if self._recall is None or node.id == self._subject.root:  # no other lineage has what reaches the root
            stem = self._collect(node, artefacts, above)
        else:
            # Node, steps and stems stand for themselves: what is kept keeps them, so that no others get their numbers.
            key = (id(node), artefacts, self._today, *[number for edge, stem in above for number in (id(edge), id(stem))])
            stem = self._recall(key, lambda: self._collect(node, artefacts, above))
        self._arrived += stem.arrived
        if self._arrived > MAX_STEPS:
            came = f"a lineage in which terms go more than {MAX_STEPS:,} ways"
            raise QuestionError("subject.edges", came, "fewer", "Ask about a part of it.")
        return stem

    def _collect(self, node: Node, artefacts: tuple[str, ...], above: tuple[tuple[Edge, Stem], ...]) -> Stem:
        arriving = list(self._own(node, artefacts))
        for number, (edge, stem) in enumerate(above):
            for found in stem.attachments:
                carried = carry(found, edge, number)
                if carried is not None:
                    arriving.append(carried)
        return Stem(node, _kept(arriving), len(arriving), above)

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


def _kept(arriving: list[Attachment]) -> tuple[Attachment, ...]:
    """Of those that decide alike from here on down the shortest way, in order."""
    if len(arriving) == 1:
        return (arriving[0],)
    arriving.sort(key=attrgetter("order"))
    if len({found.key for found in arriving}) == len(arriving):
        return tuple(arriving)
    kept: dict[tuple[object, ...], Attachment] = {}
    for found in arriving:
        kept.setdefault(found.identity, found)
    return tuple(kept.values())


def artefacts_of(node: Node, asked: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The artefacts whose terms matter: those asked for, else by kind. A tokenizer counts only with its own licence."""
    if asked:
        return asked
    chosen = _ARTEFACTS_OF[node.kind]
    return chosen if node.kind != "model" or "tokenizer" in node.licences else _WEIGHTS


def outputs_of(node: Node) -> tuple[str, ...]:
    """The answers of a model, where they have terms of their own: these count where answers are used, beside the model's."""
    own_terms = node.licences.get("outputs")
    weights = node.licences.get("weights", node.licences.get("*"))
    return ("outputs",) if node.kind == "model" and own_terms and own_terms != weights else ()
