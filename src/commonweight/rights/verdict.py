"""The answer: values, clauses, duties, questions, and what would change it. docs/rights-io.md describes the document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from commonweight.rights.conflicts import LabelConflict
from commonweight.rights.human import Applied
from commonweight.rights.question import Edge
from commonweight.rights.said import ENGLISH, Say, apart, in_language, mark, plain
from commonweight.rights.vocabulary import Value

FORMAT: Final = "commonweight.verdict/1"
DISCLAIMER: Final = mark("A reading of the texts, not legal advice.")


#: How a way goes into a document.
Ways = Callable[[tuple[Edge, ...]], list[dict[str, Any]]]


def _steps(path: tuple[Edge, ...]) -> list[dict[str, Any]]:
    return [step.to_document() for step in path]


class _Once:
    """Each way put down once: many clauses and duties of a verdict go by the same."""

    def __init__(self) -> None:
        self._made: dict[int, list[dict[str, Any]]] = {}

    def steps(self, path: tuple[Edge, ...]) -> list[dict[str, Any]]:
        """For paths that live on meanwhile, which those of the verdict do."""
        made = self._made.get(id(path))
        if made is None:
            made = self._made[id(path)] = _steps(path)
        return made


class Clause(NamedTuple):
    """What one clause says here: `effect` on the acts named, for the terms at `node`, reached by `path`."""

    id: str
    kind: str
    licence: str
    clause: str
    evidence: str
    review: str
    effect: Value
    acts: tuple[str, ...]
    reason: str
    node: str
    path: tuple[Edge, ...]
    facts: tuple[str, ...]
    decided_by: str

    def to_document(self, speak: Say = plain, ways: Ways = _steps) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "licence": self.licence,
            "clause": self.clause,
            "evidence": self.evidence,
            "review": self.review,
            "effect": str(self.effect),
            "acts": list(self.acts),
            "reason": speak(self.reason),
            "node": self.node,
            "path": ways(self.path),
            "facts": list(self.facts),
            **({"decided_by": self.decided_by} if self.decided_by else {}),
        }


class Duty(NamedTuple):
    """
    Something owed. `do` is a word of `terms_reader.DUTY_KINDS` or `refrain`; `text` is to be reproduced as it stands.

    `settled_by` names the record that already meets it; such a duty does not weigh on the value.
    """

    id: str
    do: str
    licence: str
    clause: str
    evidence: str
    review: str
    acts: tuple[str, ...]
    text: str | None
    where: tuple[str, ...]
    reason: str
    node: str
    path: tuple[Edge, ...]
    doubts: tuple[str, ...]
    settled_by: str

    def to_document(self, speak: Say = plain, ways: Ways = _steps) -> dict[str, Any]:
        return {
            "id": self.id,
            "do": self.do,
            "licence": self.licence,
            "clause": self.clause,
            "evidence": self.evidence,
            "review": self.review,
            "acts": list(self.acts),
            **({"text": self.text} if self.text else {}),
            "where": [speak(place) for place in self.where],
            "reason": speak(self.reason),
            "node": self.node,
            "path": ways(self.path),
            "doubts": [speak(doubt) for doubt in self.doubts],
            **({"settled_by": self.settled_by} if self.settled_by else {}),
        }


class OpenQuestion(NamedTuple):
    """A fact that is missing, where it belongs in the question document, and the findings that it would settle."""

    fact: str
    question: str
    settles: tuple[str, ...]

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        return {"fact": self.fact, "question": speak(self.question), "settles": list(self.settles)}


class Doubt(NamedTuple):
    """Something unsettled: in a text (with its readings and our default) or in the lineage."""

    about: str
    licence: str
    clause: str
    node: str
    readings: tuple[tuple[str, str, Value], ...]
    default: str
    acts: tuple[str, ...]

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        readings = [{"id": name, "says": speak(says), "value": str(value)} for name, says, value in self.readings]
        return {
            "about": speak(self.about),
            "licence": self.licence,
            "clause": self.clause,
            "node": self.node,
            "acts": list(self.acts),
            **({"readings": readings, "default": self.default} if readings else {}),
        }


class Expiry(NamedTuple):
    """A fact, document, day or decision that would change the verdict."""

    kind: str
    what: str
    licence: str
    clause: str
    date: str

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        pairs = {"licence": self.licence, "clause": self.clause, "date": self.date}
        return {"kind": self.kind, "what": speak(self.what), **{key: value for key, value in pairs.items() if value}}


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    The whole answer. `value` is the worst over `acts`; `review` the weakest review status among the records that decided.

    `headline` and `reasons` are sentences for people; the rest is for both.
    """

    value: Value
    acts: Mapping[str, Value]
    headline: str
    reasons: tuple[str, ...]
    clauses: tuple[Clause, ...]
    duties: tuple[Duty, ...]
    questions: tuple[OpenQuestion, ...]
    label_conflicts: tuple[LabelConflict, ...]
    doubts: tuple[Doubt, ...]
    assumptions: tuple[str, ...]
    expires_when: tuple[Expiry, ...]
    remedy: str | None
    decisions: tuple[Applied, ...]
    review: str
    subject: str
    date: str
    terms_digests: Mapping[str, str]
    facts_digest: str
    engine_version: str
    disclaimer: str = DISCLAIMER

    @property
    def deciding(self) -> tuple[Clause, ...]:
        """The clauses that made the value what it is."""
        target = Value.ALLOWED if self.value is Value.ALLOWED_WITH_DUTIES else self.value
        return tuple(clause for clause in self.clauses if clause.effect is target)

    @property
    def licences(self) -> tuple[str, ...]:
        """Keys of the terms that reach the subject, recorded or not, sorted."""
        return tuple(sorted({clause.licence for clause in self.clauses} | set(self.terms_digests)))

    def to_document(self, language: str = ENGLISH) -> dict[str, Any]:
        """
        The document form (commonweight.verdict/1): the same verdict gives the same JSON.

        Sentences are in the language given, as far as its catalogue goes. Raises UnknownLanguage.
        """
        return self._document(in_language(language))

    def to_template(self) -> dict[str, Any]:
        """The document with each sentence apart from its names, for keeping; `said.render` makes the document of it."""
        return self._document(apart)

    def _document(self, speak: Say) -> dict[str, Any]:
        ways = _Once().steps
        return {
            "format": FORMAT,
            "value": str(self.value),
            "headline": speak(self.headline),
            "reasons": [speak(reason) for reason in self.reasons],
            "subject": self.subject,
            "date": self.date,
            "acts": [{"act": act, "value": str(value)} for act, value in self.acts.items()],
            "clauses": [clause.to_document(speak, ways) for clause in self.clauses],
            "duties": [duty.to_document(speak, ways) for duty in self.duties],
            "questions": [question.to_document(speak) for question in self.questions],
            "label_conflicts": [_conflict(conflict, speak) for conflict in self.label_conflicts],
            "doubts": [doubt.to_document(speak) for doubt in self.doubts],
            "assumptions": [speak(assumption) for assumption in self.assumptions],
            "expires_when": [expiry.to_document(speak) for expiry in self.expires_when],
            "remedy": None if self.remedy is None else speak(self.remedy),
            "decisions": [_applied(decision) for decision in self.decisions],
            "review": self.review,
            "terms_digests": dict(self.terms_digests),
            "facts_digest": self.facts_digest,
            "engine_version": self.engine_version,
            "disclaimer": speak(self.disclaimer),
        }


def _conflict(conflict: LabelConflict, speak: Say) -> dict[str, Any]:
    return {
        "kind": conflict.kind,
        "nodes": list(conflict.nodes),
        "licence": conflict.licence,
        "clause": conflict.cite.clause,
        "clause_evidence": conflict.cite.evidence,
        "says": speak(conflict.says),
        "lineage_evidence": conflict.evidence,
        "stops": conflict.stops,
        "why": speak(conflict.why),
    }


def _applied(decision: Applied) -> dict[str, Any]:
    return {
        "id": decision.id,
        "kind": decision.kind,
        "state": decision.state,
        "findings": list(decision.findings),
        "author": decision.author,
        "reason": decision.reason,
        "until": None if decision.until is None else decision.until.isoformat(),
    }
