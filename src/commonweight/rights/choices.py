"""Where a licence leaves a choice (`MIT OR Apache-2.0`), each way of choosing is a subject of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final

from commonweight.rights.errors import QuestionError
from commonweight.rights.question import Declared, Node, Subject
from commonweight.rights.said import say

MAX_WAYS: Final = 64  # a handful of dual licences in one lineage; each way is decided once


@dataclass(frozen=True, slots=True)
class Way:
    """The subject with every choice made, and what was chosen, in sentences."""

    subject: Subject
    chosen: tuple[str, ...]


def ways_of(subject: Subject) -> Iterator[Way]:
    """Every way of choosing. Raises QuestionError where they are too many."""
    open_choices = [(node, artefact) for node in subject.nodes.values() for artefact in sorted(node.choices)]
    if prod(len(node.choices[artefact]) for node, artefact in open_choices) > MAX_WAYS:
        came = f"licences that leave more than {MAX_WAYS} ways to choose"
        raise QuestionError("subject.nodes", came, "fewer", "Name the licence that was chosen.")
    for picks in product(*(node.choices[artefact] for node, artefact in open_choices)):
        yield _with(subject, list(zip(open_choices, picks, strict=True)))


def _with(subject: Subject, picked: list[tuple[tuple[Node, str], tuple[Declared, ...]]]) -> Way:
    nodes, chosen = dict(subject.nodes), []
    for (node, artefact), licences in picked:
        current = nodes[node.id]
        nodes[node.id] = current._replace(licences={**current.licences, artefact: licences})
        names = ", ".join(licence.key for licence in licences)
        chosen.append(say("{node}: of its licences, {chosen} was chosen.", node=node.id, chosen=names))
    return Way(subject._replace(nodes=nodes, digest=""), tuple(chosen))
