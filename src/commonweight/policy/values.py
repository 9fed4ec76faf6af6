"""What other rooms hold in their hands: organisations, uses, subjects, verdicts with an id, refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from commonweight.policy.kept import in_language
from commonweight.policy.rules import DEFAULT_RULES, Met, Rules
from commonweight.rights import ENGLISH

#: Terms records whose review is one of these can stop something; a draft warns.
RELIED_ON: Final = frozenset({"checked", "lawyer"})
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
class Stale:
    """
    That a verdict is not, or may not be, the answer any more. `kind` is a word of STALE_KINDS, `reason` a sentence; `since`
    None where nobody wrote down when; `about` names the document. With `superseded_by` another verdict stands in its place;
    without, it waits to be decided again, or to be reviewed by somebody.
    """

    kind: str
    reason: str
    since: datetime | None = None
    superseded_by: str = ""
    cause_id: int | None = None
    about: str = ""


@dataclass(frozen=True)
class StoredVerdict:
    """
    A verdict as it was given and kept; `document` has the form of docs/rights-io.md, in English, `lineage` that of a
    subject.

    `facts` are what it was decided on: the question without its subject; `acts` of each act its value and the best
    review among the records behind it. `rules` are this installation's policy; `approved`: somebody let it through;
    `stale`: why it may not be the answer any more.
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
    acts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rules: Rules = field(default=DEFAULT_RULES, repr=False, compare=False)
    approved: bool = field(default=False, compare=False)
    stale: Stale | None = field(default=None, compare=False)

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
    def met(self) -> tuple[Met, ...]:
        """What the policy of this installation makes of it."""
        return self.rules.met(self.acts or _acts(self.document))

    @property
    def refusal(self) -> Refusal | None:
        """What stops the subject from being served."""
        return self._refused("refuse_serving")

    @property
    def download_refusal(self) -> Refusal | None:
        """What stops its bytes from going out."""
        return self._refused("refuse_download")

    def _refused(self, measure: str) -> Refusal | None:
        for met in self.met:
            if met.measure == measure or (met.measure == "require_approval" and not self.approved):
                return _refusal(self, met)
        return None


def _acts(document: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Of each act its value and the best review among the records behind it, out of a verdict that was kept whole."""
    found = {}
    for one in document["acts"]:
        effect = "allowed" if one["value"] == "allowed_with_duties" else one["value"]
        clauses = [clause for clause in document["clauses"] if clause["effect"] == effect and one["act"] in clause["acts"]]
        reviews = {clause["review"] for clause in clauses}
        best = next((status for status in ("lawyer", "checked", "draft") if status in reviews), "none")
        found[one["act"]] = (one["value"], best)
    return found


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


_WORDS: Final = {
    "prohibited": "withholds this use",
    "needs_permission": "asks for the licensor's permission first",
    "unclear": "leaves it unclear whether this use is allowed",
    "unknown": "does not let it be said whether this use is allowed",
}


#: What whoever is refused does next; the page is where it is given, with a reason and for a time.
_ASK: Final = "It needs an approval here: ask an administrator of this server, who gives it at /rights/policy."


def _refusal(verdict: StoredVerdict, met: Met) -> Refusal:
    clauses = [clause for clause in verdict.document["clauses"] if clause["effect"] == met.value]
    relied = [clause for clause in clauses if clause["review"] in RELIED_ON] or clauses
    clause = next((one for one in relied if met.act in one["acts"]), relied[0] if relied else _NO_CLAUSE)
    remedy = str(verdict.document.get("remedy") or "")
    asks = f" {_ASK}" if met.measure == "require_approval" else ""
    message = (
        f"The licence {clause['licence']} ({clause['clause']}) {_WORDS.get(met.value, met.value)}: {clause['reason']}"
        f"{f' {remedy}' if remedy else ''}{asks} Verdict {verdict.id} for the use '{verdict.use_name}'; "
        "a reading of the texts, not legal advice."
    )
    return Refusal(met.value, clause["licence"], clause["clause"], clause["reason"], remedy, verdict.id, message)


_NO_CLAUSE: Final[Mapping[str, Any]] = {"licence": "none", "clause": "", "reason": "No clause speaks of it.", "acts": ()}


@dataclass(frozen=True)
class Admission:
    """What the standing verdict says to whoever wants to run a revision; kept in memory for a few seconds."""

    verdict_id: str
    value: str
    terms: tuple[str, ...]
    refusal: Refusal | None
    download: Refusal | None = None


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
    counts them all. While `waiting` verdicts (of shapes) still have to be decided again, a job does it; `touched` is how
    many there were, where that was asked.
    """

    cause_id: int
    changes: tuple[VerdictChange, ...]
    changed: int
    waiting: int = 0
    touched: int = 0


@dataclass(frozen=True)
class UseChange:
    """The use as it is now, and the verdicts that came out otherwise than before."""

    use: Use
    changes: tuple[VerdictChange, ...]
    outcome: Outcome
