"""From findings and duties to the verdict: merged over acts and ways, sorted, with what is still open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from commonweight.rights import wording
from commonweight.rights.attachment import NO_LICENCE, OUTPUT_MODEL, OUTPUTS, Attachment
from commonweight.rights.conflicts import LabelConflict
from commonweight.rights.finding import Finding, OwedDuty
from commonweight.rights.human import Applied
from commonweight.rights.question import Edge, Node, Question
from commonweight.rights.said import joined, mark, say
from commonweight.rights.verdict import Clause, Doubt, Duty, Expiry, OpenQuestion, Verdict
from commonweight.rights.vocabulary import RELATIONS, REVIEW, Value, severity

_OF_NODE: Final = frozenset({"missing_terms", "coverage"})  # kinds of findings that are about one node
_REVIEW_RANK: Final = {status: rank for rank, status in enumerate(REVIEW)}
_NO_LICENCE: Final = mark("no licence was found for it")
NOT_RECORDED: Final = "none"  # the review status where no record speaks


class Material(NamedTuple):
    """Everything that the engine found, before it is put into words."""

    question: Question
    values: Mapping[str, Value]
    findings: tuple[Finding, ...]
    duties: tuple[OwedDuty, ...]
    reaching: tuple[Attachment, ...]
    conflicts: tuple[LabelConflict, ...]
    applied: tuple[Applied, ...]
    engine_version: str
    chosen: tuple[str, ...] = ()


def summarise(material: Material) -> Verdict:
    """The verdict in its final order: worst clauses first, then by id."""
    value = max(material.values.values(), key=severity)
    clauses = _clauses(material.findings)
    duties = _duties(material.duties)
    questions = _questions(material)
    root = material.question.subject.nodes[material.question.subject.root]
    return Verdict(
        value=value,
        acts=dict(material.values),
        headline=wording.headline(value, material.values, root.name),
        reasons=wording.reasons(value, clauses, duties, questions, material.conflicts),
        clauses=clauses,
        duties=duties,
        questions=questions,
        label_conflicts=material.conflicts,
        doubts=_doubts(material, duties),
        assumptions=_assumptions(material),
        expires_when=_expiries(material),
        remedy=_remedy(material.findings, value),
        decisions=material.applied,
        review=_review(clauses, value),
        subject=material.question.subject.root,
        date=material.question.use.date.isoformat(),
        terms_digests=_digests(material.reaching),
        facts_digest=material.question.facts_digest,
        engine_version=material.engine_version,
    )


def _status(found: Attachment) -> str:
    return found.terms.review.status if found.terms is not None else NOT_RECORDED


def _clauses(findings: Iterable[Finding]) -> tuple[Clause, ...]:
    """One entry per clause and effect: over all acts, by the shortest way."""
    merged: defaultdict[tuple[str, str, int, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        node = finding.found.node.id if finding.kind in _OF_NODE else ""
        merged[finding.found.key, finding.local, finding.effect.rank, node].append(finding)
    clauses = [_clause(group) for group in merged.values()]
    return tuple(sorted(clauses, key=lambda item: (-item.effect.rank, len(item.path), item.id, item.node)))


def _clause(group: list[Finding]) -> Clause:
    alone = len(group) == 1
    first = group[0] if alone else min(group, key=lambda item: item.found.order)
    return Clause(
        id=first.id,
        kind=first.kind,
        licence=first.found.key,
        clause=first.cite.clause if first.cite else "",
        evidence=first.cite.evidence if first.cite else "unverified",
        review=_status(first.found),
        effect=first.effect,
        acts=(first.act,) if alone else _once(item.act for item in group),
        reason=first.reason,
        node=first.found.node.id,
        path=first.found.steps,
        facts=first.facts if alone else _once(fact for item in group for fact in item.facts),
        decided_by=first.decided_by,
    )


def _duties(owed: Iterable[OwedDuty]) -> tuple[Duty, ...]:
    merged: defaultdict[tuple[str, str], list[OwedDuty]] = defaultdict(list)
    for duty in owed:
        merged[duty.found.key, duty.local].append(duty)
    return tuple(sorted([_duty(group) for group in merged.values()], key=lambda item: (item.do == "refrain", item.id)))


def _duty(group: list[OwedDuty]) -> Duty:
    """A way without doubts makes the duty sure, whatever the other ways are."""
    alone = len(group) == 1
    first = group[0] if alone else min(group, key=lambda item: (len(item.doubts), item.found.order))
    return Duty(
        id=first.id,
        do=first.do,
        licence=first.found.key,
        clause=first.cite.clause,
        evidence=first.cite.evidence,
        review=_status(first.found),
        acts=(first.act,) if alone else _once(item.act for item in group),
        text=first.text,
        where=first.where,
        reason=first.reason,
        node=first.found.node.id,
        path=first.found.steps,
        doubts=first.doubts,
        settled_by=first.settled_by,
    )


def _questions(material: Material) -> tuple[OpenQuestion, ...]:
    """
    The facts that would settle the acts that are unknown.

    An act that is already worse needs no answer for its unknown findings, and a fact is asked once.
    """
    settles: dict[tuple[str, str], list[str]] = {}
    for finding in material.findings:
        if finding.effect is Value.UNKNOWN and material.values[finding.act] is Value.UNKNOWN:
            for missing in finding.missing:
                settles.setdefault((missing.fact, missing.question), []).append(finding.id)
    asked = [OpenQuestion(fact, question, _once(ids)) for (fact, question), ids in settles.items()]
    return tuple(sorted(asked, key=lambda item: (item.fact, item.question)))


def _doubts(material: Material, duties: Iterable[Duty]) -> tuple[Doubt, ...]:
    found = {*_unclear(material.findings), *_of_reach(material.reaching), *_of_duties(duties)}
    found |= {_UNSURE[edge.evidence](edge) for edge in material.question.subject.edges if edge.evidence in _UNSURE}
    found |= {_of_data(way) for way in material.reaching if way.terms is None and way.standing in (OUTPUT_MODEL, OUTPUTS)}
    found |= {_not_compared(node, path) for node in material.question.subject.nodes.values() for path in node.unread}
    found |= {_apart(node, material.question) for node in _leading_nowhere(material.question)}
    return tuple(sorted(found, key=lambda item: (item.licence, item.clause, item.about, item.node, item)))


def _unclear(findings: Iterable[Finding]) -> Iterable[Doubt]:
    acts: dict[str, list[str]] = {}
    unclear = [item for item in findings if item.effect is Value.UNCLEAR]
    for item in unclear:
        acts.setdefault(item.id, []).append(item.act)
    for item in unclear:
        readings = tuple((reading.id, reading.says, reading.value) for reading in item.readings)
        clause = item.cite.clause if item.cite else ""
        about = item.reason if not item.softened else item.softened
        node = item.found.node.id
        yield Doubt(about, item.found.key, clause, node, readings, item.default, _once(acts[item.id]))


def _of_reach(reaching: Iterable[Attachment]) -> Iterable[Doubt]:
    for found in reaching:
        clause = found.reach.cite.clause if found.reach else ""
        for doubt in found.doubts:
            yield Doubt(doubt, found.key, clause, found.node.id, (), "", ())


def _of_duties(duties: Iterable[Duty]) -> Iterable[Doubt]:
    """Doubts of a duty that no other way makes sure."""
    for duty in duties:
        for doubt in duty.doubts:
            yield Doubt(
                say("{reason} {doubt}", reason=duty.reason, doubt=doubt),
                duty.licence,
                duty.clause,
                duty.node,
                (),
                "",
                duty.acts,
            )


def _suspicion(edge: Edge) -> Doubt:
    about = say(
        "{child} is suspected to be {relation} ({parent}); this was not relied on.",
        child=edge.child, relation=RELATIONS[edge.relation], parent=edge.parent,
    )  # fmt: skip
    return Doubt(about, "", "", edge.parent, (), "", ())


def _leading_nowhere(question: Question) -> Iterable[str]:
    """Nodes of which nothing was made: only the subject should be one. An edge the wrong way round shows here."""
    subject = question.subject
    return () if len(subject.nodes) == 1 else subject.nodes.keys() - {edge.parent for edge in subject.edges} - {subject.root}


def _apart(node: str, question: Question) -> Doubt:
    about = say(
        "No step leads from {node} to {root}: it was not looked at. The parent of a step is what the child was made from.",
        node=node, root=question.subject.root,
    )  # fmt: skip
    return Doubt(about, "", "", node, (), "", ())


def _of_data(way: Attachment) -> Doubt:
    known = (
        _NO_LICENCE if way.key == NO_LICENCE else say("the text of its licence '{licence}' is not recorded", licence=way.key)
    )
    about = say(
        "{node} went into the training, and {known}; whether terms of data or of answers reach a model trained on them is "
        "unsettled where the text does not say so.",
        node=way.node.id, known=known,
    )  # fmt: skip
    return Doubt(about, way.key, "", way.node.id, (), "", ())


def _not_compared(node: Node, path: str) -> Doubt:
    about = say(
        "{path} of {node} was not compared with the known licence texts: what else names a licence there was taken at its "
        "word.",
        path=path, node=node.id,
    )  # fmt: skip
    return Doubt(about, "", "", node.id, (), "", ())


def _hearsay(edge: Edge) -> Doubt:
    step = {"child": edge.child, "relation": RELATIONS[edge.relation], "parent": edge.parent}
    about = say("{child}: {relation} ({parent}), as described by others only.", **step)
    if edge.source:
        about = say("{child}: {relation} ({parent}), as described by others only ({source}).", **step, source=edge.source)
    return Doubt(about, "", "", edge.parent, (), "", ())


_UNSURE: Final = {"suspected": _suspicion, "secondary": _hearsay}


def _assumptions(material: Material) -> tuple[str, ...]:
    assumed = [*material.chosen, *(text for finding in material.findings for text in finding.assumed)]
    assumed += [
        say("{node}: {assumption}", node=found.node.id, assumption=found.assumption)
        for found in material.reaching
        if found.assumption
    ]
    if any(found.terms is not None and found.terms.over(found.standing).purposes for found in material.reaching):
        if material.question.use.purposes:
            assumed.append(mark("Only the purposes named in use.purposes are pursued."))
        else:
            assumed.append(mark("No purpose that the terms forbid is pursued (use.purposes names none)."))
    return tuple(sorted(set(assumed)))


def _expiries(material: Material) -> tuple[Expiry, ...]:
    found: set[Expiry] = set()
    for finding in material.findings:
        if finding.watch and finding.cite and finding.effect is Value.ALLOWED:
            found.add(Expiry("fact", finding.watch, finding.found.key, finding.cite.clause, ""))
    for attachment in material.reaching:
        for policy in attachment.terms.policies if attachment.terms else ():
            if policy.dynamic:
                what = say(
                    "The licensor changes '{title}', which the text incorporates as it then stands.", title=policy.title
                )
                found.add(Expiry("document", what, attachment.key, policy.cite.clause, ""))
    for decision in material.applied:
        if decision.state == "applied" and decision.until is not None:
            found.add(Expiry("decision", say("'{id}' lapses.", id=decision.id), "", "", decision.until.isoformat()))
    return tuple(sorted(found, key=lambda item: (item.kind, item.licence, item.what, item.clause, item.date)))


def _remedy(findings: Iterable[Finding], value: Value) -> str | None:
    """What would help against the worst findings, each once."""
    if value.rank < Value.UNKNOWN.rank:
        return None
    remedies = _once(item.remedy for item in findings if item.effect is value and item.remedy)
    return joined(remedies) or None


def _review(clauses: Iterable[Clause], value: Value) -> str:
    """A grant is as sure as its weakest record; of several refusals the best reviewed one is enough."""
    target = Value.ALLOWED if value is Value.ALLOWED_WITH_DUTIES else value
    statuses = [clause.review for clause in clauses if clause.effect is target]
    pick = max if value.rank >= Value.NEEDS_PERMISSION.rank else min
    return pick(statuses, key=lambda status: _REVIEW_RANK.get(status, -1), default=NOT_RECORDED)


def _digests(reaching: Iterable[Attachment]) -> dict[str, str]:
    found = {attachment.key: attachment.terms.digest for attachment in reaching if attachment.terms is not None}
    return dict(sorted(found.items()))


def _once(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
