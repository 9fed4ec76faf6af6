"""
Decide a question: collect the terms that reach the subject, apply each to each act, let the answers meet.

The numbers are those of the rules in docs/rights.md.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from commonweight.rights.applying import findings_of
from commonweight.rights.attachment import Attachment, keys_that_bind
from commonweight.rights.choices import Way, ways_of
from commonweight.rights.conflicts import label_conflicts
from commonweight.rights.duties import duties_of
from commonweight.rights.facts import Facts
from commonweight.rights.finding import Finding, OwedDuty
from commonweight.rights.human import HumanDecisions
from commonweight.rights.incompatible import incompatible_terms
from commonweight.rights.lineage import Lineage, artefacts_of, outputs_of
from commonweight.rights.question import Question
from commonweight.rights.records import Records
from commonweight.rights.summary import Material, summarise
from commonweight.rights.verdict import Verdict
from commonweight.rights.vocabulary import Value, severity

ENGINE_VERSION: Final = "2"
ABOUT_ANSWERS: Final = frozenset({"train_on_outputs", "share_outputs"})


def decide(question: Question, records: Records, lineage: Lineage | None = None) -> Verdict:
    """
    The verdict on a question under a library of terms. Pure: the same two always give the same verdict. `lineage` is that of
    the subject on the day of the question, where somebody has followed it already.

    Raises QuestionError where a human decision names a reading that does not exist, or the lineage is beyond bounds.
    """
    if not any(node.choices for node in question.subject.nodes.values()):
        return _decided(question, (), lineage or Lineage(question.subject, records, question.use.date))
    return min((_chosen(question, way, records) for way in ways_of(question.subject)), key=_severity)


def _chosen(question: Question, way: Way, records: Records) -> Verdict:
    lineage = Lineage(way.subject, records, question.use.date)
    return _decided(replace(question, subject=way.subject), way.chosen, lineage)


def _severity(verdict: Verdict) -> tuple[int, int]:
    """Of several ways to choose, the mildest is taken, and of equal ones that with the fewest duties."""
    return (verdict.value.rank, sum(not duty.settled_by for duty in verdict.duties))


def _decided(question: Question, chosen: tuple[str, ...], lineage: Lineage) -> Verdict:
    subject = question.subject
    root, asked = subject.nodes[subject.root], question.use.artefacts
    answers = outputs_of(root) if not asked and not ABOUT_ANSWERS.isdisjoint(question.use.acts) else ()
    reaching = lineage.attachments(root.id, artefacts_of(root, asked) + answers)
    facts = Facts(question, keys_that_bind(reaching))
    human = HumanDecisions(question)
    concerned = {act: _concerned(act, reaching) if answers else reaching for act in question.use.acts}
    findings = {act: _findings(act, concerned[act], facts, human) for act in question.use.acts}
    duties = {act: _duties(act, concerned[act], facts, human) for act in question.use.acts}
    values = {act: meet(findings[act], duties[act]) for act in question.use.acts}
    material = Material(
        question=question,
        values=values,
        findings=tuple([finding for act in findings for finding in findings[act]]),
        duties=tuple([duty for act in duties if values[act].rank < Value.NEEDS_PERMISSION.rank for duty in duties[act]]),
        reaching=reaching,
        conflicts=label_conflicts(question, lineage, facts),
        applied=human.applied(),
        engine_version=ENGINE_VERSION,
        chosen=chosen,
    )
    return summarise(material)


def meet(findings: tuple[Finding, ...], duties: tuple[OwedDuty, ...]) -> Value:
    """Rule 3: the worst finding wins; what is only allowed is allowed with duties where any is open."""
    worst = max([finding.effect for finding in findings], key=severity, default=Value.UNKNOWN)
    if worst is Value.ALLOWED and any(not duty.settled_by for duty in duties):
        return Value.ALLOWED_WITH_DUTIES
    return worst


def _concerned(act: str, reaching: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    """Terms that the model's answers have of their own matter for what is done with answers (rule 5)."""
    if act in ABOUT_ANSWERS:
        return reaching
    return tuple(found for found in reaching if found.steps or found.artefact != "outputs")


def _findings(act: str, reaching: tuple[Attachment, ...], facts: Facts, human: HumanDecisions) -> tuple[Finding, ...]:
    """Rules 1, 2, 4, 5 for one act, then rule 6. A model made by the asker with no terms on it stands free."""
    found = [finding for attachment in reaching for finding in findings_of(act, attachment, facts)]
    found += incompatible_terms(act, reaching)
    return tuple([human.decide(finding) for finding in found]) if human.given else tuple(found)


def _duties(act: str, reaching: tuple[Attachment, ...], facts: Facts, human: HumanDecisions) -> tuple[OwedDuty, ...]:
    owed = [duty for attachment in reaching for duty in duties_of(act, attachment, facts)]
    return tuple([human.settle(duty) for duty in owed]) if human.given else tuple(owed)
