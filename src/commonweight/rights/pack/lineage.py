"""Who the subject was made from, as a pack names them."""

from __future__ import annotations

from collections.abc import Iterator

from commonweight.rights.question import Edge, Node, Question
from commonweight.rights.records import Records


def ancestors(question: Question) -> tuple[tuple[Node, tuple[Edge, ...]], ...]:
    """Everything below the root in the order of its distance, with the steps that lead to it; suspicions are left out."""
    subject = question.subject
    steps: dict[str, list[Edge]] = {}
    waiting, seen = [subject.root], {subject.root}
    for child in waiting:  # grows while it is walked
        for edge in (edge for edge in subject.edges if edge.child == child and edge.evidence != "suspected"):
            steps.setdefault(edge.parent, []).append(edge)
            if edge.parent not in seen:
                seen.add(edge.parent)
                waiting.append(edge.parent)
    return tuple((subject.nodes[name], tuple(steps[name])) for name in waiting[1:])


def keys_of(node: Node, question: Question, records: Records) -> tuple[str, ...]:
    """Keys of the licences that a node declares or lets one choose from; ours, where the text is recorded."""
    return tuple(dict.fromkeys(_keys(node, question, records)))


def _keys(node: Node, question: Question, records: Records) -> Iterator[str]:
    chosen = [declared for ways in node.choices.values() for way in ways for declared in way]
    for declared in [*(one for rows in node.licences.values() for one in rows), *chosen]:
        terms, _ = records.resolve(declared, question.use.date)
        yield terms.key if terms is not None else declared.key


def nodes_under(licence: str, question: Question, records: Records) -> tuple[Node, ...]:
    """The nodes that declare a licence, the nearest first."""
    nodes = (question.subject.nodes[question.subject.root], *(node for node, _ in ancestors(question)))
    return tuple(node for node in nodes if licence in keys_of(node, question, records))
