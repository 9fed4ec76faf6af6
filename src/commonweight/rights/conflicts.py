"""Label conflicts: where what is declared, named or enclosed does not agree with the terms that apply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from commonweight.rights.attachment import DERIVATIVE, MATERIALS, NO_LICENCE, OUTPUT_MODEL, OWN_WORK, Attachment
from commonweight.rights.facts import Facts
from commonweight.rights.lineage import Lineage, artefacts_of
from commonweight.rights.question import Node, Question
from commonweight.rights.said import mark, say
from commonweight.rights.terms import Cite, Duty, Terms

_BINDING: Final = frozenset({"terms_remain", "use_restrictions", "same_licence"})
_NOTICE_OF: Final = {"copy_of_terms": "agreement", "notice": "notice", "badge": "badge"}
_NOTICE_NAMES: Final = {
    "agreement": mark("the copy of the agreement"), "notice": mark("the notice"), "badge": mark("the badge"),
}  # fmt: skip
_NO_RIGHT_WITHDRAWN: Final = mark(
    "It is a duty of whoever distributes or makes the model available: the text withdraws no right from those who use what "
    "they received."
)
_AS_IF: Final = "redistribute"  # labels are judged as published ones


@dataclass(frozen=True, slots=True)
class LabelConflict:
    """`kind`: declared_licence, name_prefix or missing_notice. `nodes` starts with the one nearest to the terms."""

    kind: str
    nodes: tuple[str, ...]
    licence: str
    cite: Cite
    says: str
    evidence: str
    why: str
    stops: bool = False


def label_conflicts(question: Question, lineage: Lineage, facts: Facts) -> tuple[LabelConflict, ...]:
    """Conflicts on every model of the lineage, one entry per kind, terms and clause."""
    merged: dict[tuple[str, str, str], LabelConflict] = {}
    for conflict in sorted(_all(question, lineage, facts), key=lambda item: item[0]):
        _, found = conflict
        key = (found.kind, found.licence, found.says if found.kind == "missing_notice" else found.cite.clause)
        known = merged.get(key)
        merged[key] = replace(known, nodes=(*known.nodes, *found.nodes)) if known else found
    return tuple(sorted(merged.values(), key=lambda item: (item.kind, item.licence, item.nodes, item.says)))


def _all(question: Question, lineage: Lineage, facts: Facts) -> Iterator[tuple[tuple[int, str], LabelConflict]]:
    """Each conflict with its distance from the terms, so that the nearest node comes first."""
    for node in question.subject.nodes.values():
        if node.kind != "model":
            continue
        arriving = lineage.attachments(node.id, artefacts_of(node))
        declared = {found.key for found in arriving if not found.steps}
        for found in arriving:
            if found.terms is None:
                continue
            if not found.steps:
                if node.id == question.subject.root and question.use.planned_name:
                    for conflict in _name(question, node, found, found.terms, facts):
                        yield (0, node.id), conflict
                continue
            for conflict in _of(question, node, declared, found, found.terms, facts):
                yield (len(found.steps), node.id), conflict


def _of(
    question: Question, node: Node, declared: Iterable[str], found: Attachment, terms: Terms, facts: Facts
) -> Iterator[LabelConflict]:
    if found.standing == DERIVATIVE:
        yield from _declared(node, sorted(declared), found, terms)
        yield from _missing_notices(node, found, terms, facts)
    if found.standing in (DERIVATIVE, OUTPUT_MODEL):
        yield from _name(question, node, found, terms, facts)


def _declared(node: Node, declared: list[str], found: Attachment, terms: Terms) -> Iterator[LabelConflict]:
    if terms.propagates.mode not in _BINDING or terms.key in declared or declared in ([NO_LICENCE], [OWN_WORK]):
        return
    says = say(
        "{name}: declared {declared}, effective {licence} (from {node}).",
        name=node.name, declared=", ".join(declared), licence=terms.key, node=found.node.id,
    )  # fmt: skip
    why = mark("What applies was decided by the effective terms; the label does not change them.")
    yield _conflict("declared_licence", node, terms, terms.propagates.cite, says, found, why)


def _missing_notices(node: Node, found: Attachment, terms: Terms, facts: Facts) -> Iterator[LabelConflict]:
    for duty in terms.duties:
        notice = _NOTICE_OF.get(duty.do)
        if notice is None or node.notices.get(notice) is not False or not _owed(duty, found, facts):
            continue
        asked = {"name": node.name, "notice": _NOTICE_NAMES[notice], "licence": terms.key}
        says = say("{name}: {notice} asked by {licence} is missing.", **asked)
        if duty.text:
            says = say("{name}: {notice} '{text}' asked by {licence} is missing.", **asked, text=duty.text)
        why = mark("Whoever passed it on owed it; to pass it on further, add it.")
        yield _conflict("missing_notice", node, terms, duty.cite, says, found, why)


def _name(question: Question, node: Node, found: Attachment, terms: Terms, facts: Facts) -> Iterator[LabelConflict]:
    planned = question.use.planned_name if node.id == question.subject.root else None
    name = planned or node.name
    for duty in terms.duties:
        if duty.do != "name_prefix" or duty.text is None or found.standing not in duty.over:
            continue
        if name.lower().startswith(duty.text.lower()) or not _owed(duty, found, facts) or _doubtful(duty, found, facts):
            continue
        says = say(
            "{name}: the name must begin with '{prefix}' ({licence} {clause}).",
            name=name, prefix=duty.text, licence=terms.key, clause=duty.cite.clause,
        )  # fmt: skip
        yield _conflict("name_prefix", node, terms, duty.cite, says, found, _why_a_name_does_not_stop(found))


def _why_a_name_does_not_stop(found: Attachment) -> str:
    if found.evidence != "secondary":
        return _NO_RIGHT_WITHDRAWN
    source = next((step.source for step in found.steps if step.evidence == "secondary" and step.source), "")
    if source:
        return say(
            "{why} The lineage is described by others only ({source}), so it is shown as a doubt and not as a breach.",
            why=_NO_RIGHT_WITHDRAWN, source=source,
        )  # fmt: skip
    return say(
        "{why} The lineage is described by others only, so it is shown as a doubt and not as a breach.",
        why=_NO_RIGHT_WITHDRAWN,
    )


def _owed(duty: Duty, found: Attachment, facts: Facts) -> bool:
    as_if = "publish_derivative" if found.standing == MATERIALS else _AS_IF
    return duty.when.holds(facts.about(as_if, found)) is not False


def _doubtful(duty: Duty, found: Attachment, facts: Facts) -> bool:
    """A doubt with a condition that holds here (such as 'only quantised') makes it no conflict, only a doubt."""
    if duty.doubt is None or duty.doubt.when is None:
        return False
    return duty.doubt.when.holds(facts.about(_AS_IF, found)) is True


def _conflict(kind: str, node: Node, terms: Terms, cite: Cite, says: str, found: Attachment, why: str) -> LabelConflict:
    return LabelConflict(kind, (node.id,), terms.key, cite, says, found.evidence, why)
