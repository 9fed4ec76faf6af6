"""Decide about a subject under a use: put the question together, ask `rights`, give the answer an id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.policy.values import StoredVerdict, Subject, Use
from commonweight.rights import ENGINE_VERSION, Question, Records, decide

ID_DIGITS: Final = 32  # 128 bits of a SHA-256: nobody meets another's id by chance, and it fits a header and an address

#: Facts whose answer depends on the day: with one of them a verdict stands for the day on which it was given.
_DATED: Final = ("permissions", "revenue", "mau")


class Decider:
    """Turns a use and a subject into a verdict. Pure but for the clock."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._records_digest = digest([(terms.key, terms.digest) for terms in records])

    def decide(
        self, use_name: str, facts: Mapping[str, Any], subject: Subject, account_id: int | None = None
    ) -> StoredVerdict:
        """
        The verdict. `account_id` marks one that rests on facts of somebody's own: only they may read it again.

        Raises QuestionError (of rights) for facts that cannot be.
        """
        now = self._clock.now()
        document = {**facts, "subject": dict(subject.document)}
        question = Question.from_document(document, today=now.date(), name="question")
        verdict = decide(question, self._records)
        terms = sorted(verdict.terms_digests.items())
        for_whom = [use_name, account_id, subject.key, subject.private]
        went_in = [verdict.facts_digest, terms, verdict.engine_version, *for_whom]
        return StoredVerdict(
            id=digest(went_in)[:ID_DIGITS],
            value=verdict.value.value,
            subject=subject.key,
            use_name=use_name,
            document=verdict.to_document(),
            lineage=subject.document,
            created_at=now,
            repository_id=subject.repository_id,
            namespace_id=subject.namespace_id,
            private=subject.private,
            account_id=account_id,
            facts=dict(facts),
        )

    def basis(self, use: Use) -> str:
        """Digest of all that a standing verdict rests on, but for its subject; it changes when a use or a record does."""
        organisation = use.facts.get("organisation") or {}
        dated = bool(use.facts.get("decisions")) or any(organisation.get(name) for name in _DATED)
        today = self._clock.now().date().isoformat() if dated else ""
        return digest([dict(use.facts), use.name, self._records_digest, ENGINE_VERSION, today])

    def inputs(self, basis: str, subject: Subject) -> str:
        """Digest of the basis and the subject: where it is the same, the verdict is."""
        return digest([basis, dict(subject.document), subject.private])


def digest(value: Any) -> str:
    """SHA-256 in hexadecimal over JSON with sorted keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
