"""What other rooms hold in their hands: organisations, uses, subjects, verdicts with an id, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from commonweight.policy.kept import in_language
from commonweight.rights import ENGLISH

#: Terms records whose review is one of these can stop something; a draft warns.
RELIED_ON: Final = frozenset({"checked", "lawyer"})
STOPPING: Final = frozenset({"prohibited", "needs_permission"})
OWN: Final = "own"  # the key of the installation's own organisation


@dataclass(frozen=True)
class Organisation:
    """
    Who asks. `facts` is the `organisation` of docs/rights-io.md without its permissions; `group` says in words who
    belongs to its group.
    """

    id: int
    key: str
    facts: Mapping[str, Any]
    group: str
    updated_at: datetime
    updated_by: int | None


@dataclass(frozen=True)
class Use:
    """
    What for. `own` is the `use` of docs/rights-io.md alone; `facts` the document of a question without its subject: the keys
    organisation, use, decisions, joined from what is recorded of the organisation and by people.
    """

    id: int
    name: str
    description: str
    facts: Mapping[str, Any]
    updated_at: datetime
    updated_by: int | None
    own: Mapping[str, Any]
    template: str = ""
    is_standing: bool = True
    organisation: str = OWN


@dataclass(frozen=True)
class Subject:
    """
    What a verdict is about. `key` is `models/ns/name@commit` or `known/id`; `document` the nodes and edges for a question.

    `private` where it was built from what only readers of the namespace may know. `names` are those that cards and catalogue
    give the nodes, as far as they differ from their ids.
    """

    key: str
    title: str
    document: Mapping[str, Any]
    repository_id: int | None = None
    namespace_id: int | None = None
    private: bool = False
    names: frozenset[str] = frozenset()


@dataclass(frozen=True)
class StoredVerdict:
    """
    A verdict as it was given and kept; `document` has the form of docs/rights-io.md, in English, `lineage` that of a
    subject.

    `facts` are what it was decided on: the question without its subject.
    """

    id: str
    value: str
    subject: str
    use_name: str
    document: Mapping[str, Any]
    lineage: Mapping[str, Any]
    created_at: datetime
    repository_id: int | None = None
    namespace_id: int | None = None
    private: bool = False
    account_id: int | None = None
    use_id: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def in_language(self, language: str = ENGLISH) -> Mapping[str, Any]:
        """The document in a language, as far as its catalogue goes. Raises UnknownLanguage."""
        return in_language(self.document, language)

    @property
    def headline(self) -> str:
        return str(self.document["headline"])

    @property
    def review(self) -> str:
        """The weakest review status among the records that decided: draft, checked or lawyer."""
        return str(self.document["review"])

    @property
    def terms(self) -> tuple[str, ...]:
        """Keys of the terms that reach the subject."""
        keys = {clause["licence"] for clause in self.document["clauses"]} | set(self.document["terms_digests"])
        return tuple(sorted(keys - {"", "none"}))

    @property
    def refusal(self) -> Refusal | None:
        """What stops the subject from being served: a strict value that rests on a record that was checked."""
        if self.value not in STOPPING:
            return None
        for clause in self.document["clauses"]:
            if clause["effect"] == self.value and clause["review"] in RELIED_ON:
                return _refusal(self, clause)
        return None


@dataclass(frozen=True)
class Refusal:
    """Why something is not done here. `message` is one sentence or two that cite the clause."""

    value: str
    licence: str
    clause: str
    reason: str
    remedy: str
    verdict_id: str
    message: str


_WORDS: Final = {"prohibited": "withholds this use", "needs_permission": "asks for the licensor's permission first"}


def _refusal(verdict: StoredVerdict, clause: Mapping[str, Any]) -> Refusal:
    remedy = str(verdict.document.get("remedy") or "")
    message = (
        f"The licence {clause['licence']} ({clause['clause']}) {_WORDS[verdict.value]}: {clause['reason']}"
        f"{f' {remedy}' if remedy else ''} Verdict {verdict.id} for the use '{verdict.use_name}'; "
        "a reading of the texts, not legal advice."
    )
    return Refusal(verdict.value, clause["licence"], clause["clause"], clause["reason"], remedy, verdict.id, message)


@dataclass(frozen=True)
class Admission:
    """What the standing verdict says to whoever wants to run a revision; kept in memory for a few seconds."""

    verdict_id: str
    value: str
    terms: tuple[str, ...]
    refusal: Refusal | None


@dataclass(frozen=True)
class VerdictChange:
    """A standing verdict before and after a change."""

    subject: str
    title: str
    before: str
    after: str
    headline: str


@dataclass(frozen=True)
class Outcome:
    """
    What a change of facts came to. `changes` are verdicts that came out otherwise (of many, the first); `changed`
    counts them all. While `waiting` verdicts (of shapes) still have to be decided again, a job does it.
    """

    cause_id: int
    changes: tuple[VerdictChange, ...]
    changed: int
    waiting: int = 0


@dataclass(frozen=True)
class UseChange:
    """The use as it is now, and the verdicts that came out otherwise than before."""

    use: Use
    changes: tuple[VerdictChange, ...]
    outcome: Outcome
