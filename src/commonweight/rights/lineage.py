"""
Which terms reach the subject, and by which way.

Terms start at the node that declares them and go down along edges to the children, as far as their own text says
they reach (`Terms.reach`). A child's licence adds and never subtracts. What arrives is a set of attachments:

    materials     the subject's own declared terms
    derivative    the subject is a derivative by the text of an ancestor
    output_model  the subject was made with outputs: only what the text says of such models applies
    outputs       the subject (a data set) is itself output of the licensed model
    banned        a step on the way is one the text forbids
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from commonweight.rights.errors import QuestionError
from commonweight.rights.question import Declared, Edge, Node, Subject
from commonweight.rights.records import Records
from commonweight.rights.terms import Reach, Terms

OWN_WORK: Final = "own"  # in place of a licence key: the asker made it and declared no licence for it
NO_LICENCE: Final = "none"
MATERIALS: Final = "materials"
DERIVATIVE: Final = "derivative"
OUTPUT_MODEL: Final = "output_model"
OUTPUTS: Final = "outputs"
BANNED: Final = "banned"
MAX_ATTACHMENTS: Final = 4_000  # terms that reach one node by different ways; a merge of fifty models has some hundred

# Steps that keep a model what it is, for terms that speak of "a model made with outputs".
_KEEPS_MODEL: Final = frozenset({"finetune", "merge", "quantise", "convert", "adapter", "prune", "includes_code"})
# Steps that leave outputs outputs; `output_of` stands here for a service, whose terms start as terms of its outputs.
_KEEPS_DATA: Final = frozenset({"merge", "convert", "prune", "output_of"})
_FROM_OUTPUTS: Final = {
    "trained_on_data": "trained_on_outputs",
    "trained_on_outputs": "trained_on_outputs",
    "distil_logits": "trained_on_outputs",
}
_OF_DATA: Final = frozenset({"trained_on_data", "trained_on_outputs", "output_of"})
_AFTER: Final = {"full": DERIVATIVE, "duty_only": OUTPUT_MODEL, "banned": BANNED}
# From the strongest to the weakest; a way is as good as its weakest step.
_STRENGTH: Final = {
    word: rank for rank, word in enumerate(("signed", "tensor_match", "declared", "config", "secondary", "suspected"))
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """
    Terms that reach a node. `steps` are the edges from that node up to `node`, where the terms are declared.

    `terms` is None where the licence named has no record. `doubts` say why the reach itself is unsettled.
    """

    key: str
    terms: Terms | None
    node: Node
    artefact: str
    declared: Declared | None
    standing: str
    steps: tuple[Edge, ...]
    relations: tuple[str, ...]
    doubts: tuple[str, ...]
    reach: Reach | None
    assumption: str
    ban_edge: Edge | None

    @property
    def evidence(self) -> str:
        """The weakest evidence on the way; `declared` for the node's own terms."""
        return max((step.evidence for step in self.steps), key=_STRENGTH.__getitem__, default="declared")

    @property
    def identity(self) -> tuple[object, ...]:
        """Two ways with the same identity decide alike; the shorter is kept."""
        return (
            self.key,
            self.node.id,
            self.artefact,
            self.standing,
            frozenset(self.relations),
            self.evidence,
            self.ban_edge,
        )

    @property
    def order(self) -> tuple[int, tuple[tuple[str, str, str], ...], str, str]:
        """Shortest way first, then by name: the order in which parents are given does not matter."""
        return (
            len(self.steps),
            tuple((step.child, step.parent, step.relation) for step in self.steps),
            self.key,
            self.node.id,
        )


class Lineage:
    """Collects the attachments of every node of a subject, each node once."""

    def __init__(self, subject: Subject, records: Records, today: date) -> None:
        self._subject = subject
        self._records = records
        self._today = today
        self._parents: dict[str, list[Edge]] = {}
        for edge in subject.edges:
            self._parents.setdefault(edge.child, []).append(edge)
        self._found: dict[tuple[str, tuple[str, ...]], tuple[Attachment, ...]] = {}

    @property
    def suspected(self) -> tuple[Edge, ...]:
        """Edges that are shown and not relied on."""
        return tuple(edge for edge in self._subject.edges if edge.evidence == "suspected")

    def attachments(self, node_id: str, artefacts: tuple[str, ...]) -> tuple[Attachment, ...]:
        """Everything that reaches a node for these artefacts, shortest ways first."""
        key = (node_id, artefacts)
        if key not in self._found:
            self._found[key] = self._collect(node_id, artefacts)
        return self._found[key]

    def _collect(self, node_id: str, artefacts: tuple[str, ...]) -> tuple[Attachment, ...]:
        kept: dict[tuple[object, ...], Attachment] = {}
        arriving = list(self._own(self._subject.nodes[node_id], artefacts))
        for edge in self._parents.get(node_id, ()):
            if edge.evidence != "suspected":
                parent = self._subject.nodes[edge.parent]
                carried = (_carry(found, edge) for found in self.attachments(edge.parent, artefacts_of(parent)))
                arriving.extend(found for found in carried if found is not None)
        for found in sorted(arriving, key=lambda item: item.order):
            kept.setdefault(found.identity, found)
        if len(kept) > MAX_ATTACHMENTS:
            came = f"{len(kept):,} ways in which terms reach it"
            raise QuestionError(f"subject.nodes[{node_id}]", came, f"at most {MAX_ATTACHMENTS:,}", "Ask about a part.")
        return tuple(kept.values())

    def _own(self, node: Node, artefacts: tuple[str, ...]) -> Iterable[Attachment]:
        for artefact in artefacts:
            declared = node.licences.get(artefact, node.licences.get("*"))
            if declared is None:
                yield _own(OWN_WORK if node.made_by_asker else NO_LICENCE, None, node, artefact, None, "")
                continue
            for entry in declared:
                terms, assumption = self._records.resolve(entry, self._today)
                yield _own(terms.key if terms else entry.key, terms, node, artefact, entry, assumption)


_ARTEFACTS_OF: Final = {
    "model": ("weights", "tokenizer"),
    "dataset": ("data",),
    "code": ("inference_code",),
    "service": ("outputs",),
}


def artefacts_of(node: Node, asked: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The artefacts whose terms matter: those asked for, else by kind. A tokenizer counts only with its own licence."""
    chosen = asked or _ARTEFACTS_OF[node.kind]
    return tuple(name for name in chosen if asked or name != "tokenizer" or name in node.licences)


def _own(
    key: str,
    terms: Terms | None,
    node: Node,
    artefact: str,
    declared: Declared | None,
    assumption: str,
) -> Attachment:
    found = OUTPUTS if node.kind == "service" else MATERIALS
    return Attachment(key, terms, node, artefact, declared, found, (), (), (), None, assumption, None)


def _carry(found: Attachment, edge: Edge) -> Attachment | None:
    """The attachment one step further down, or None where the text does not reach."""
    if found.standing in (OUTPUT_MODEL, BANNED):
        return _step(found, edge, edge.relation, found.standing) if edge.relation in _KEEPS_MODEL else None
    if found.standing == OUTPUTS:
        return _carry_outputs(found, edge)
    if found.key == OWN_WORK:
        return None
    if edge.relation == "output_of":
        return _step(found, edge, "output_of", OUTPUTS)
    return _reached(found, edge, edge.relation)


def _carry_outputs(found: Attachment, edge: Edge) -> Attachment | None:
    relation = _FROM_OUTPUTS.get(edge.relation)
    if relation is None:
        return _step(found, edge, edge.relation, OUTPUTS) if edge.relation in _KEEPS_DATA else None
    return _reached(found, edge, relation)


def _reached(found: Attachment, edge: Edge, relation: str) -> Attachment | None:
    if found.terms is None:
        return _step(found, edge, relation, OUTPUT_MODEL if relation in _OF_DATA else DERIVATIVE)
    reach = found.terms.reach[relation]
    after = _AFTER.get(reach.treat_as)
    return None if after is None else _step(found, edge, relation, after, reach)


def _step(found: Attachment, edge: Edge, relation: str, after: str, reach: Reach | None = None) -> Attachment:
    doubt = reach.note if reach is not None and reach.mode == "silent" and reach.note else ""
    return Attachment(
        key=found.key,
        terms=found.terms,
        node=found.node,
        artefact=found.artefact,
        declared=found.declared,
        standing=after,
        steps=(edge, *found.steps),
        relations=(relation, *found.relations),
        doubts=(*found.doubts, doubt) if doubt and doubt not in found.doubts else found.doubts,
        reach=reach if reach is not None and after in (BANNED, OUTPUT_MODEL, DERIVATIVE) else found.reach,
        assumption=found.assumption,
        ban_edge=edge if after == BANNED and found.standing != BANNED else found.ban_edge,
    )


def keys_that_bind(attachments: Iterable[Attachment]) -> frozenset[str]:
    """Keys and families of the terms under which the subject stands as material or derivative."""
    bound: set[str] = set()
    for found in attachments:
        if found.terms is not None and found.standing in (MATERIALS, DERIVATIVE):
            bound |= {found.terms.key, found.terms.family}
    return frozenset(bound)
