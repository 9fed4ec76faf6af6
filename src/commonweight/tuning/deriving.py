"""Whether the terms of a base let a model be derived from it, and let that be used as intended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.hub import Revision
from commonweight.identity import Caller
from commonweight.policy import InvalidUse, Met, Policy, UseNotFound
from commonweight.rights import Verdict, identify_tag
from commonweight.tuning.errors import NotDerivable, TuningRefused

ACTS: Final = ("modify",)  # tuning changes it and keeps the result; passing that on is asked about when it is published
MAX_DIGITS: Final = 18  # of a number; longer ones are no use's
STOPS: Final = frozenset({"refuse_serving", "require_approval"})  # measures under which nothing is made of it


@dataclass(frozen=True)
class Deriving:
    """Asks the policy of this installation."""

    policy: Policy

    async def check(self, caller: Caller, revision: Revision, use: str) -> Mapping[str, Any]:
        """
        The verdict on deriving from a revision under a use (its name or number; empty: the default one), shortened.

        Raises NotDerivable with the clause, TuningRefused for a use that is not there.
        """
        number = await self._use(use)
        try:
            verdict = (await self.policy.guided(caller, revision, {"acts": list(ACTS)}, {}, of=number)).verdict
        except InvalidUse as error:
            raise TuningRefused(error.detail, hint=error.hint, param="options.use") from None
        await self._stop(revision, verdict)
        admission = await self.policy.admit(revision, number, caller)
        if admission.refusal is not None:
            raise NotDerivable(admission.refusal.message)
        return _short(verdict, use)

    async def check_data(self, caller: Caller, revision: Revision, use: str) -> None:
        """Whether the standing verdict on a data set lets it be used so. Raises NotDerivable, TuningRefused."""
        admission = await self.policy.admit(revision, await self._use(use), caller)
        if admission.refusal is not None:
            message = f"datasets/{revision.repository.full_name} must not be learnt from here: {admission.refusal.message}"
            raise NotDerivable(message, hint="Choose another data set, or have its terms settled.")

    def check_stated(self, licence: str) -> None:
        """Whether somebody's word for the licence of a file is one that is known. Raises TuningRefused."""
        if identify_tag(licence, self.policy.records).terms is None:
            hint = "Say a tag as cards have them (cc-by-4.0, apache-2.0, …); of your own data nothing has to be said."
            message = f"{licence[:100]!r} is no licence that is recorded here."
            raise TuningRefused(message, hint=hint, param="options.licence", kind="unknown_licence")

    async def _use(self, use: str) -> int | None:
        if not use:
            return None
        try:
            return (await self.policy.uses.get(int(use) if use.isdecimal() and len(use) <= MAX_DIGITS else use)).id
        except UseNotFound as error:
            raise TuningRefused(error.detail, hint=error.hint, param="options.use", kind="use_not_found") from None

    async def _stop(self, revision: Revision, verdict: Verdict) -> None:
        """Raises NotDerivable where the standing policy stops what this verdict says."""
        rules = (await self.policy.standing.held()).rules
        acts = {act: (str(value), _review(verdict, act, str(value))) for act, value in verdict.acts.items()}
        met = next((one for one in rules.met(acts) if one.measure in STOPS), None)
        if met is not None:
            raise _refused(revision, verdict, met)


def _refused(revision: Revision, verdict: Verdict, met: Met) -> NotDerivable:
    name, document = revision.repository.full_name, verdict.to_document()
    clauses = [one for one in document["clauses"] if met.act in one["acts"] and one["effect"] == met.value]
    clause = clauses[0] if clauses else {"licence": "none", "clause": "", "reason": document["headline"]}
    message = f"{name} must not be tuned here: {clause['licence']} {clause['clause']}: {clause['reason']}"
    remedy = document.get("remedy") or f"Choose another base, or see what would change it at /{name}/rights."
    return NotDerivable(message, hint=str(remedy))


def _review(verdict: Verdict, act: str, value: str) -> str:
    """The best review among the records behind the value of an act."""
    effect = "allowed" if value == "allowed_with_duties" else value
    found = {clause.review for clause in verdict.clauses if str(clause.effect) == effect and act in clause.acts}
    return next((status for status in ("lawyer", "checked", "draft") if status in found), "none")


def _short(verdict: Verdict, use: str) -> dict[str, Any]:
    """What a job and its estimate show of it."""
    document = verdict.to_document()
    duties = [{name: one[name] for name in ("licence", "clause", "do", "reason")} for one in document["duties"]]
    said = {"value": document["value"], "headline": document["headline"], "acts": list(ACTS), "use": use}
    return {**said, "duties": duties, "terms": sorted({one["licence"] for one in document["clauses"]})}
