"""Label conflicts: where what is declared, named or enclosed does not agree with the terms that apply."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Final, NamedTuple

from commonweight.rights.attachment import DERIVATIVE, MATERIALS, NO_LICENCE, OUTPUT_MODEL, OWN_WORK, Attachment
from commonweight.rights.facts import Facts
from commonweight.rights.lineage import Lineage, Stem, artefacts_of
from commonweight.rights.naming import begins_with
from commonweight.rights.question import Declared, Node, Question
from commonweight.rights.said import joined, mark, say
from commonweight.rights.terms import Cite, Duty, Terms
from commonweight.rights.terms_reader import NOTICE_OF

_NOTHING_DECLARED: Final = ((NO_LICENCE,), (OWN_WORK,))
_BINDING: Final = frozenset({"terms_remain", "use_restrictions", "same_licence"})
_NOTICE_NAMES: Final = {
    "agreement": mark("the copy of the agreement"), "notice": mark("the notice"), "badge": mark("the badge"),
}  # fmt: skip
_NO_RIGHT_WITHDRAWN: Final = mark(
    "It is a duty of whoever distributes or makes the model available: the text withdraws no right from those who use what "
    "they received."
)
#: Who names a licence in a repository itself; what others say of it is no label.
_SPEAKERS: Final = {
    "tag": mark("the card"), "card": mark("the card"), "file": mark("the licence text"),
    "header": mark("the header of a file"),
}  # fmt: skip
_AS_IF: Final = "redistribute"  # labels are judged as published ones


class LabelConflict(NamedTuple):
    """
    `kind`: declared_licence, name_prefix, missing_notice or named_otherwise. `nodes` starts with the one nearest to the
    terms; `says` speaks of the subject where it is among them.
    """

    kind: str
    nodes: tuple[str, ...]
    licence: str
    cite: Cite
    says: str
    evidence: str
    why: str
    stops: bool = False


class _Seen(NamedTuple):
    """A conflict before it is put into words: on a node, by terms that reach it, for a duty where one is broken."""

    kind: str
    node: Node
    found: Attachment
    terms: Terms
    duty: Duty | None
    declared: tuple[str, ...] = ()

    @property
    def group(self) -> tuple[str, ...]:
        """What is said once, for all the nodes that it holds of."""
        clause = self.terms.propagates.cite.clause if self.duty is None else self.duty.cite.clause
        if self.kind == "missing_notice" and self.duty is not None:
            return (self.kind, self.terms.key, self.node.name, self.duty.id)
        if self.kind == "named_otherwise":
            return (self.kind, self.terms.key, self.node.id)
        return (self.kind, self.terms.key, clause)

    @property
    def distance(self) -> tuple[int, str]:
        """The node nearest to the terms comes first."""
        return (len(self.found.steps), self.node.id)


def label_conflicts(question: Question, lineage: Lineage, facts: Facts) -> tuple[LabelConflict, ...]:
    """Conflicts on every model of the lineage, one entry per kind, terms and clause."""
    seen: list[_Seen] = []
    for node in question.subject.nodes.values():
        if node.kind != "model":
            continue
        stem = lineage.stem(node.id, artefacts_of(node))
        if node.id == question.subject.root:
            seen += _on(stem, _contested(stem), question, facts)
        else:
            seen += _on_ancestor(stem, question, facts)
    if not seen:
        return ()
    groups: dict[tuple[str, ...], list[_Seen]] = {}
    for one in sorted(seen, key=attrgetter("distance")):
        groups.setdefault(one.group, []).append(one)
    conflicts = (_said(group, question) for group in groups.values())
    return tuple(sorted(conflicts, key=lambda item: (item.kind, item.licence, item.nodes, item.says)))


def _on_ancestor(stem: Stem, question: Question, facts: Facts) -> tuple[_Seen, ...]:
    """The conflicts at a place, kept with it where they rest on nothing but the way of the terms and the name there."""
    if stem.seen is not None:
        return stem.seen
    contested = _contested(stem)
    seen = tuple(_on(stem, contested, question, facts))
    if all(found.terms is not None and found.terms.labels_by_way for found in contested):
        stem.seen = seen
    return seen


def _contested(stem: Stem) -> tuple[Attachment, ...]:
    """The terms with which some label at a place may not agree, whatever the question."""
    if stem.contested is None:
        stem.contested = tuple(found for found in stem.attachments if _may_be_contested(found, stem))
    return stem.contested


def _may_be_contested(found: Attachment, stem: Stem) -> bool:
    if found.terms is None:
        return False
    if found.terms.naming or _is_named_otherwise(stem.node, found):
        return True
    derived = bool(found.steps) and found.standing == DERIVATIVE
    return derived and (bool(stem.node.notices) or _is_declared_otherwise(found.terms, stem))


def _is_declared_otherwise(terms: Terms, stem: Stem) -> bool:
    declared = stem.declared
    return terms.propagates.mode in _BINDING and terms.key not in declared and declared not in _NOTHING_DECLARED


def _on(stem: Stem, contested: tuple[Attachment, ...], question: Question, facts: Facts) -> Iterator[_Seen]:
    node = stem.node
    planned = question.use.planned_name if node.id == question.subject.root else None
    for found in contested:
        terms = found.terms
        assert terms is not None, "only terms that are recorded are contested"
        if found.steps and found.standing == DERIVATIVE:
            if _is_declared_otherwise(terms, stem):
                yield _Seen("declared_licence", node, found, terms, None, stem.declared)
            if node.notices:
                yield from _missing_notices(node, found, terms, facts)
        if _is_named_otherwise(node, found):
            yield _Seen("named_otherwise", node, found, terms, None)
        if terms.naming and (planned if not found.steps else found.standing in (DERIVATIVE, OUTPUT_MODEL)):
            yield from _names(planned or node.name, node, found, terms, facts)


def _own_words(node: Node, artefact: str) -> list[Declared]:
    """The licences of an artefact that the repository itself names."""
    return [one for one in node.licences.get(artefact) or node.licences.get("*", ()) if one.by in _SPEAKERS]


def _is_named_otherwise(node: Node, found: Attachment) -> bool:
    """Whether a header names a licence that neither the card nor a text of the repository names."""
    if found.steps:
        return False
    said = _own_words(node, found.artefact)
    if len(said) < 2:
        return False  # what is said once agrees with itself
    others = {one.key for one in said if one.by != "header"}
    return bool(others) and found.key not in others and any(one.key == found.key for one in said)


def _missing_notices(node: Node, found: Attachment, terms: Terms, facts: Facts) -> Iterator[_Seen]:
    for duty in terms.noticing:
        if node.notices.get(NOTICE_OF[duty.do]) is False and _owed(duty, found, facts):
            yield _Seen("missing_notice", node, found, terms, duty)


def _names(name: str, node: Node, found: Attachment, terms: Terms, facts: Facts) -> Iterator[_Seen]:
    for duty in terms.naming:
        assert duty.text is not None, "a duty to name has its prefix"
        if found.standing not in duty.over or begins_with(name, duty.text):
            continue
        if _owed(duty, found, facts) and not _doubtful(duty, found, facts):
            yield _Seen("name_prefix", node, found, terms, duty)


def _said(group: list[_Seen], question: Question) -> LabelConflict:
    """What is asked about is spoken of, where it is among them: its label is the one that the asker holds in hand."""
    one = next((seen for seen in group if seen.node.id == question.subject.root), group[0])
    nodes = tuple(seen.node.id for seen in group)
    cite = one.terms.propagates.cite if one.duty is None else one.duty.cite
    says, why = _WORDS[one.kind](one, question)
    return LabelConflict(one.kind, nodes, one.terms.key, cite, says, one.found.evidence, why)


def _declared(seen: _Seen, question: Question) -> tuple[str, str]:
    says = say(
        "{name}: declared {declared}, effective {licence} (from {node}).",
        name=seen.node.name, declared=", ".join(seen.declared), licence=seen.terms.key, node=seen.found.node.id,
    )  # fmt: skip
    return says, mark("What applies was decided by the effective terms; the label does not change them.")


def _named(seen: _Seen, question: Question) -> tuple[str, str]:
    words = dict.fromkeys(
        say("{who} says {licence}", who=_SPEAKERS[one.by], licence=one.key)
        for one in _own_words(seen.node, seen.found.artefact)
        if one.by != "header"
    )
    says = say(
        "{name}: {who} says {licence}, {others}.",
        name=seen.node.name, who=_SPEAKERS["header"], licence=seen.terms.key, others=joined(words, ", "),
    )  # fmt: skip
    return says, mark("Both were taken to apply: neither undoes the other.")


def _notice(seen: _Seen, question: Question) -> tuple[str, str]:
    assert seen.duty is not None, "a missing notice is one that a duty asks for"
    notice = _NOTICE_NAMES[NOTICE_OF[seen.duty.do]]
    asked = {"name": seen.node.name, "notice": notice, "licence": seen.terms.key}
    says = say("{name}: {notice} asked by {licence} is missing.", **asked)
    if seen.duty.text:
        says = say("{name}: {notice} '{text}' asked by {licence} is missing.", **asked, text=seen.duty.text)
    return says, mark("Whoever passed it on owed it; to pass it on further, add it.")


def _name(seen: _Seen, question: Question) -> tuple[str, str]:
    assert seen.duty is not None, "a name breaks a duty"
    assert seen.duty.text is not None, "a duty to name has its prefix"
    planned = question.use.planned_name if seen.node.id == question.subject.root else None
    says = say(
        "{name}: the name must begin with '{prefix}' ({licence} {clause}).",
        name=planned or seen.node.name, prefix=seen.duty.text, licence=seen.terms.key, clause=seen.duty.cite.clause,
    )  # fmt: skip
    return says, _why_a_name_does_not_stop(seen.found)


_WORDS: Final = {
    "declared_licence": _declared, "missing_notice": _notice, "name_prefix": _name, "named_otherwise": _named,
}  # fmt: skip


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
    return facts.answer(duty.when, as_if, found) is not False


def _doubtful(duty: Duty, found: Attachment, facts: Facts) -> bool:
    """A doubt with a condition that holds here (such as 'only quantised') makes it no conflict, only a doubt."""
    if duty.doubt is None or duty.doubt.when is None:
        return False
    return facts.answer(duty.doubt.when, _AS_IF, found) is True
