"""The market: every model, kept here or only known, in one table for the standing use."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from commonweight.choosing.grades import Grades
from commonweight.choosing.rows import MarketFilters, MarketRow, in_order
from commonweight.hub import (
    Hub,
    KnownModel,
    KnownModels,
    Repository,
    Revision,
    RevisionFacts,
    RevisionNotFound,
    searchable_text,
)
from commonweight.identity import Caller
from commonweight.policy import Policy, StoredVerdict
from commonweight.rights import Openness

MAX_HOSTED: Final = 500  # rows of one page without turning it; a larger installation searches
REMEMBERED: Final = 2_000  # repositories whose card is kept in memory; some kilobytes each

_SIZE = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)([mbt])(?![a-z0-9])", re.IGNORECASE)
_STOPPED = frozenset({"prohibited", "needs_permission"})
_OFFER_OF = {
    "free": "free", "free_below_threshold": "free", "register": "ask", "paid_or_permission": "plan", "forbidden": "ask",
    "unclear": "ask",
}  # fmt: skip
_NOTE_OF = {
    "free_below_threshold": "below a threshold", "register": "after registration", "forbidden": "not for commercial use",
    "unclear": "terms are not clear", "paid_or_permission": "commercial use is paid or by permission",
}  # fmt: skip
_OPENNESS_OF_ACCESS = frozenset({"form", "manual_approval"})


@dataclass(frozen=True)
class _Look:
    """What was seen of a repository at its newest commit. Holds while the repository has not changed."""

    updated_at: datetime
    revision: Revision
    facts: RevisionFacts


class Market:
    """Builds rows. What was read of a repository is remembered until it changes. `grades` says how open each model is."""

    def __init__(self, hub: Hub, known: KnownModels, policy: Policy, grades: Grades | None = None) -> None:
        self._hub = hub
        self._known = known
        self._policy = policy
        self.grades = grades or Grades(hub, known, policy)
        self._looks: OrderedDict[int, _Look] = OrderedDict()

    async def use_name(self) -> str:
        """The name of the standing use, for which the verdicts in the rows are."""
        return (await self._policy.standing_use()).name

    async def rows(self, caller: Caller, filters: MarketFilters | None = None) -> list[MarketRow]:
        """Every model that the caller may know of and the filters let through, in their order. Raises InvalidInput."""
        filters = (filters or MarketFilters()).checked()
        rows: list[MarketRow] = []
        if filters.hosted is not False:
            rows += await self._hosted(caller)
        if filters.hosted is not True:
            rows += await self._known_rows()
        return in_order([row for row in rows if filters.fits(row)], filters.sort)

    async def row(self, model: Revision | KnownModel) -> MarketRow:
        """The row of one model, as for the model's page. `model` was found for a caller who may read it."""
        verdict = await self._policy.standing_verdict(model)
        if isinstance(model, KnownModel):
            return self._known_row(model, verdict, await self.grades.of_known(model, verdict.lineage))
        look = await self._look_at(model)
        repository = await self._with_gate(model.repository)
        return self._hosted_row(look, repository, verdict, await self.grades.hosted(model, verdict.lineage))

    async def _hosted(self, caller: Caller) -> list[MarketRow]:
        repositories = await self._hub.list(caller, "model", limit=MAX_HOSTED)
        looks = [(repository, await self._look(repository)) for repository in repositories]
        there = [(repository, look) for repository, look in looks if look is not None]
        revisions = [Revision(repository, look.revision.commit, look.revision.ref) for repository, look in there]
        verdicts = await self._policy.standing_verdicts(revisions)
        keys = [self._policy.key_of(revision) for revision in revisions]
        decided = [  # one that cannot be decided on is left out, and logged
            (look, repository, verdicts[key]) for (repository, look), key in zip(there, keys, strict=True) if key in verdicts
        ]
        rows = []
        for look, repository, verdict in decided:
            openness = await self.grades.hosted(look.revision, verdict.lineage)
            rows.append(self._hosted_row(look, await self._with_gate(repository), verdict, openness))
        return rows

    async def _look(self, repository: Repository) -> _Look | None:
        """None where the repository has no main branch: then there is nothing to offer."""
        kept = self._looks.get(repository.id)
        if kept is not None and kept.updated_at == repository.updated_at:
            return kept
        try:
            revision = await self._hub.resolve(repository)
        except RevisionNotFound:
            return None
        look = self._looks[repository.id] = await self._look_at(revision)
        self._looks.move_to_end(repository.id)
        if len(self._looks) > REMEMBERED:
            self._looks.popitem(last=False)
        return look

    async def _with_gate(self, repository: Repository) -> Repository:
        """Gated too where what it carries is."""
        return replace(repository, gated=await self._hub.gate(repository)) if repository.carries else repository

    async def _look_at(self, revision: Revision) -> _Look:
        return _Look(revision.repository.updated_at, revision, await self._hub.facts(revision))

    def _hosted_row(self, look: _Look, repository: Repository, verdict: StoredVerdict, openness: Openness) -> MarketRow:
        facts, modality = look.facts, _root_modality(verdict)
        offer, note = _offer_hosted(repository)
        licences = _declared(verdict)
        text = (repository.full_name, *facts.tags, facts.pipeline_tag, facts.library_name, *licences, *modality)
        return MarketRow(
            key=f"models/{repository.full_name}",
            id=repository.full_name,
            name=repository.name,
            publisher=repository.namespace,
            hosted=True,
            page=f"/{repository.full_name}",
            parameters=parameters_in(repository.name),
            size=facts.bytes,
            modality=modality,
            released=repository.updated_at.date().isoformat(),
            openness=openness,
            evidence="files",
            offer=offer,
            offer_note=note,
            deed=_deed_hosted(facts, verdict),
            licences=licences,
            terms=verdict.terms,
            private=repository.is_private,
            downloads=repository.downloads,
            commit=look.revision.commit,
            tags=facts.tags,
            text=" ".join(text).lower(),
            value=verdict.value,
            headline=verdict.headline,
            reason=next(iter(verdict.document["reasons"]), ""),
            review=verdict.review,
            verdict_id=verdict.id,
            stale=verdict.stale is not None,
            stale_reason=verdict.stale.reason if verdict.stale else "",
        )

    async def _known_rows(self) -> list[MarketRow]:
        models = await self._known.list("model")
        verdicts = await self._policy.standing_verdicts(models)
        decided = [(model, self._policy.key_of(model)) for model in models]
        return [
            self._known_row(model, verdicts[key], await self.grades.of_known(model, verdicts[key].lineage))
            for model, key in decided
            if key in verdicts
        ]

    def _known_row(self, known: KnownModel, verdict: StoredVerdict, openness: Openness) -> MarketRow:
        offer, note = _offer_known(known)
        return MarketRow(
            key=f"known/{known.id}",
            id=known.id,
            name=known.name,
            publisher=known.publisher,
            hosted=False,
            page=f"/models/{known.id}",
            parameters=", ".join(known.parameters),
            size=0,
            modality=known.modality,
            released=known.released,
            openness=openness,
            evidence=known.evidence,
            offer=offer,
            offer_note=note,
            deed="read_why_not" if verdict.value in _STOPPED else "see_terms",
            licences=_declared(verdict),
            terms=verdict.terms,
            tags=known.tags,
            text=searchable_text(known),
            value=verdict.value,
            headline=verdict.headline,
            reason=next(iter(verdict.document["reasons"]), ""),
            review=verdict.review,
            verdict_id=verdict.id,
            stale=verdict.stale is not None,
            stale_reason=verdict.stale.reason if verdict.stale else "",
        )


def _root(verdict: StoredVerdict) -> dict[str, object]:
    root = verdict.lineage["root"]
    return next(node for node in verdict.lineage["nodes"] if node["id"] == root)


def _root_modality(verdict: StoredVerdict) -> tuple[str, ...]:
    modality = _root(verdict).get("modality")
    return tuple(modality) if isinstance(modality, list) else ()


def _declared(verdict: StoredVerdict) -> tuple[str, ...]:
    """Licences that the model itself names; the effective ones are `verdict.terms`."""
    root = _root(verdict)
    rows = root.get("licence")
    return tuple(row["key"] for row in rows) if isinstance(rows, list) else ()


def _deed_hosted(facts: RevisionFacts, verdict: StoredVerdict) -> str:
    if verdict.refusal is not None:
        return "read_why_not"
    return "try" if facts.has_gguf else "download"


def _offer_hosted(repository: Repository) -> tuple[str, str]:
    return ("ask", "access is asked for") if repository.gated else ("free", "")


def _offer_known(known: KnownModel) -> tuple[str, str]:
    if known.access == "api_only":
        return "plan", "by its maker's service only"
    offer = _OFFER_OF[known.commercial]
    if offer == "free" and known.access in _OPENNESS_OF_ACCESS:
        return "ask", "given out against a form" if known.access == "form" else "somebody decides who gets it"
    return offer, _NOTE_OF.get(known.commercial, "")


def parameters_in(name: str) -> str:
    """The size that a name claims: "SmolLM2-135M-Instruct" -> "135M"; empty where it claims none."""
    found = _SIZE.search(name)
    return f"{found[1]}{found[2].upper()}" if found else ""
