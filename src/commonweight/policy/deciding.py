"""Decide about a shape under a use, or about a subject on facts of somebody's own; give the answers their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.policy.asking import Asked
from commonweight.policy.dating import good_until
from commonweight.policy.kept import KeptDocument
from commonweight.policy.library import Library, digest
from commonweight.policy.values import StoredVerdict, Subject
from commonweight.rights import Engine, Question, Verdict, decide

ID_DIGITS: Final = 32  # 128 bits of a SHA-256: nobody meets another's id by chance, and it fits a header and an address
PART_DIGITS: Final = 24  # 96 bits for each half of a standing verdict's id: the subject, and what was said of its shape

#: What differs between two verdicts that say the same.
_BESIDE_THE_POINT: Final = ("date", "facts_digest")


@dataclass(frozen=True)
class Decided:
    """A verdict on a shape under a use, and how long it stands."""

    shape_digest: str
    use_id: int
    use_name: str
    part: str
    value: str
    acts: Mapping[str, tuple[str, str]]
    content: str
    template: Mapping[str, Any]
    facts: Mapping[str, Any]
    facts_digest: str
    basis: str
    good_until: date | None
    decided_at: datetime


class Decider:
    """Turns questions into verdicts. Pure but for the clock."""

    def __init__(self, library: Library, clock: Clock) -> None:
        self._library = library
        self._engine = Engine(library.records)
        self._clock = clock

    def decide_shape(self, asked: Asked, shape_digest: str, shape: Mapping[str, Any]) -> Decided:
        """Raises RightsError for facts or a lineage that cannot be."""
        now = self._clock.now()
        today = now.date()
        terms = self._library.terms_of(shape_digest, shape, today)
        nodes = {node["id"] for node in shape["nodes"]} if asked.decisions else frozenset()
        facts = asked.facts(terms.licences, shape["root"], nodes, today)
        facts["use"] = {"date": today.isoformat(), **facts["use"]}
        verdict = self._engine.decide({**facts, "subject": shape}, today=today)
        template = verdict.to_template()
        said = {name: part for name, part in template.items() if name not in _BESIDE_THE_POINT}
        went_in = [verdict.facts_digest, sorted(verdict.terms_digests.items()), verdict.engine_version, asked.use_id]
        return Decided(
            shape_digest=shape_digest,
            use_id=asked.use_id,
            use_name=asked.use_name,
            part=digest(went_in)[:PART_DIGITS],
            value=verdict.value.value,
            acts=_acts(verdict),
            content=digest(said),
            template=template,
            facts=facts,
            facts_digest=digest(facts),
            basis=terms.basis,
            good_until=good_until(asked, terms, shape["root"], nodes, today),
            decided_at=now,
        )

    def decide_own(self, name: str, facts: Mapping[str, Any], subject: Subject, account_id: int) -> StoredVerdict:
        """The verdict on facts of somebody's own: only they may read it again. Raises RightsError."""
        now = self._clock.now()
        question = Question.from_document({**facts, "subject": dict(subject.document)}, today=now.date())
        verdict = decide(question, self._library.records)
        terms = sorted(verdict.terms_digests.items())
        went_in = [verdict.facts_digest, terms, verdict.engine_version, name, account_id, subject.key, subject.private]
        return StoredVerdict(
            id=digest(went_in)[:ID_DIGITS],
            value=verdict.value.value,
            subject=subject.key,
            use_name=name,
            document=KeptDocument(verdict.to_template),
            lineage=subject.document,
            created_at=now,
            repository_id=subject.repository_id,
            namespace_id=subject.namespace_id,
            private=subject.private,
            account_id=account_id,
            facts=dict(facts),
        )


def _acts(verdict: Verdict) -> dict[str, tuple[str, str]]:
    """For each act its value, and the best review among the records of the clauses that made it so."""
    return {act: (value.value, _review(verdict, act, value.value)) for act, value in verdict.acts.items()}


def _review(verdict: Verdict, act: str, value: str) -> str:
    target = "allowed" if value == "allowed_with_duties" else value
    found = {clause.review for clause in verdict.clauses if clause.effect.value == target and act in clause.acts}
    return next((status for status in ("lawyer", "checked", "draft") if status in found), "none")
