"""
Terms on their way: as what a node stands under them, and what a step down the lineage makes of that.

    materials     the node's own declared terms
    derivative    the node is a derivative by the text of an ancestor
    output_model  the node was made with outputs: only what the text says of such models applies
    outputs       the node (a data set) is itself output of the licensed model
    banned        a step on the way is one the text forbids
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from commonweight.rights.question import Edge, Node
from commonweight.rights.terms import Reach, Terms

OWN_WORK: Final = "own"  # in place of a licence key: the asker made it and declared no licence for it
NO_LICENCE: Final = "none"
UNIDENTIFIED: Final = "unidentified-text"  # in place of a key: a text lies there that is none of the known ones
MATERIALS: Final = "materials"
DERIVATIVE: Final = "derivative"
OUTPUT_MODEL: Final = "output_model"
OUTPUTS: Final = "outputs"
BANNED: Final = "banned"

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
    word: rank
    for rank, word in enumerate(("signed", "tensor_match", "confirmed", "declared", "config", "secondary", "suspected"))
}


class Attachment(NamedTuple):
    """
    Terms that reach a node. `steps` are the edges from that node up to `node`, where the terms are declared.

    `terms` is None where the licence named has no record. `doubts` say why the reach itself is unsettled. `way` holds
    the number of each step among those of its child, for sorting.
    """

    key: str
    terms: Terms | None
    node: Node
    artefact: str
    standing: str
    assumption: str
    steps: tuple[Edge, ...] = ()
    relations: tuple[str, ...] = ()
    way: tuple[int, ...] = ()
    evidence: str = "declared"
    doubts: tuple[str, ...] = ()
    reach: Reach | None = None
    ban_edge: Edge | None = None

    @property
    def order(self) -> tuple[int, tuple[int, ...], str, str, str]:
        """Shortest way first, then by name: the order in which parents are given does not matter."""
        return (len(self.way), self.way, self.node.id, self.key, self.artefact)

    @property
    def identity(self) -> tuple[object, ...]:
        """
        Two ways with the same identity decide alike from here on down; the shorter is kept.

        Which node carries recorded terms matters only through its modality; the steps between matter only through
        what the conditions of those terms ask about them.
        """
        if self.terms is None:
            return (self.key, self.node.id, self.artefact, self.standing, self.evidence)
        node = self.node.id if self.node.modality is None else str(self.node.modality == {"text"})
        covered = self.artefact in self.terms.covers
        return (self.key, node, covered, self.standing, self.evidence, self.doubts, *self._way_identity(self.terms))

    def _way_identity(self, terms: Terms) -> tuple[object, ...]:
        asked = tuple([passes(name, words, self.relations) for name, words in terms.path_tests])
        ban = self.ban_edge
        first = ban is not None and ban == self.steps[0]
        taken = (ban.relation, ban.by_asker, first, self.steps[-1].by_asker) if ban is not None else ()
        return (asked, taken, True in [step.by_asker for step in self.steps], self.reach and self.reach.cite)


def passes(name: str, words: tuple[str, ...], relations: tuple[str, ...]) -> bool:
    """The tests of conditions about the way: `path_only` (every step is one of these), `path_has` (some step is)."""
    if name == "path_only":
        return bool(relations) and set(relations).issubset(words)
    return not set(relations).isdisjoint(words)


def own(
    key: str, terms: Terms | None, node: Node, artefact: str, assumption: str, doubts: tuple[str, ...] = ()
) -> Attachment:
    """The terms that a node declares for itself. What a service declares are terms of its outputs."""
    standing = OUTPUTS if node.kind == "service" else MATERIALS
    return Attachment(key, terms, node, artefact, standing, assumption, doubts=doubts)


def carry(found: Attachment, edge: Edge, number: int) -> Attachment | None:
    """The attachment one step further down, or None where the text does not reach."""
    if found.standing in (OUTPUT_MODEL, BANNED):
        return _step(found, edge, number, edge.relation, found.standing) if edge.relation in _KEEPS_MODEL else None
    if found.standing == OUTPUTS:
        return _carry_outputs(found, edge, number)
    if found.key == OWN_WORK:
        return None
    if edge.relation == "output_of":
        return _step(found, edge, number, "output_of", OUTPUTS)
    return _reached(found, edge, number, edge.relation)


def _carry_outputs(found: Attachment, edge: Edge, number: int) -> Attachment | None:
    relation = _FROM_OUTPUTS.get(edge.relation)
    if relation is None:
        return _step(found, edge, number, edge.relation, OUTPUTS) if edge.relation in _KEEPS_DATA else None
    return _reached(found, edge, number, relation)


def _reached(found: Attachment, edge: Edge, number: int, relation: str) -> Attachment | None:
    if found.terms is None:
        return _step(found, edge, number, relation, OUTPUT_MODEL if relation in _OF_DATA else DERIVATIVE)
    reach = found.terms.reach[relation]
    known = bool(reach.unlike) and edge.alike is not None
    after = _AFTER.get(reach.unlike if known and not edge.alike else reach.treat_as)
    doubt = reach.note if reach.mode == "silent" and not known else ""
    return None if after is None else _step(found, edge, number, relation, after, reach, doubt)


def _step(
    found: Attachment, edge: Edge, number: int, relation: str, after: str, reach: Reach | None = None, doubt: str = ""
) -> Attachment:
    return Attachment(
        key=found.key,
        terms=found.terms,
        node=found.node,
        artefact=found.artefact,
        standing=after,
        assumption=found.assumption,
        steps=(edge, *found.steps),
        relations=(relation, *found.relations),
        way=(number, *found.way),
        evidence=_weaker(found.evidence, edge.evidence) if found.steps else edge.evidence,
        doubts=(*found.doubts, doubt) if doubt and doubt not in found.doubts else found.doubts,
        reach=reach if reach is not None else found.reach,
        ban_edge=edge if after == BANNED and found.standing != BANNED else found.ban_edge,
    )


def _weaker(one: str, other: str) -> str:
    return one if _STRENGTH[one] > _STRENGTH[other] else other


def keys_that_bind(attachments: Iterable[Attachment]) -> frozenset[str]:
    """Keys and families of the terms under which the subject stands as material or derivative."""
    binding = [found.terms for found in attachments if found.standing in (MATERIALS, DERIVATIVE)]
    return frozenset([name for terms in binding if terms is not None for name in (terms.key, terms.family)])
