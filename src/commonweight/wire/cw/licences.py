"""GET /cw/v1/licences, GET /cw/v1/licences/{key}."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query

from commonweight.choosing import Market
from commonweight.errors import NotFound
from commonweight.identity import Caller
from commonweight.policy import Policy
from commonweight.rights import Records, Terms, described, differences, in_brief, version_before, versions_of
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.languages import Language
from commonweight.wire.cw.shapes import LicenceAnswer, LicenceBrief, UnderAnswer

MAX_SEARCH: Final = 200  # characters; the longest title has some seventy


def licence_routes(callers: Callers, policy: Policy, market: Market) -> APIRouter:
    """The library of terms."""
    router = APIRouter(tags=["rights"], dependencies=[Depends(callers.anybody)])

    @router.get("/licences", operation_id="list_licences")
    async def rows(
        search: Annotated[str, Query(description="words that must all occur", max_length=MAX_SEARCH)] = "",
        family: Annotated[str, Query(description="only texts of this family")] = "",
        openness: Annotated[str, Query(description="open, use_restricted, non_commercial, ...")] = "",
        review: Annotated[str, Query(description="draft, checked or lawyer")] = "",
    ) -> list[LicenceBrief]:
        """The texts that are recorded, one version each, by key."""
        words = search.lower().split()
        wanted = {"family": family, "openness": openness, "review": review}
        found = [in_brief(terms) for terms in policy.records if all(word in _text(terms) for word in words)]
        kept = [row for row in found if all(not value or row[name] == value for name, value in wanted.items())]
        return [LicenceBrief.model_validate(row) for row in kept]

    @router.get("/licences/{key}", operation_id="read_licence")
    async def read(
        key: str,
        caller: Annotated[Caller, Depends(callers.anybody)],
        language: Language,
        against: Annotated[str, Query(description="key of a version to compare with; the one before where left out")] = "",
    ) -> LicenceAnswer:
        """A record in plain words beside its clauses, what differs from another version, and the models under it."""
        terms = _record(policy.records, key)
        other = _record(policy.records, against) if against else version_before(terms, policy.records)
        under = [row for row in await market.rows(caller) if terms.key in row.terms]
        return LicenceAnswer(
            licence=described(terms, policy.records, language),
            versions=[one.key for one in versions_of(terms, policy.records)],
            against=other.key if other else None,
            differences=_changes(other, terms, policy.records, language),
            models=[UnderAnswer(id=row.id, hosted=row.hosted, page=row.page, licences=list(row.licences)) for row in under],
        )

    return router


def _text(terms: Terms) -> str:
    return " ".join((terms.key, terms.title, terms.family, terms.licensor, *terms.names)).lower()


def _record(records: Records, key: str) -> Terms:
    found = records.get(key)
    if found is None:
        versions = ", ".join(terms.key for terms in records.named(key))
        hint = f"By that name there are: {versions}." if versions else "GET /cw/v1/licences lists the keys."
        raise NotFound(f"No record has the key {key[:80]!r}.", hint=hint)
    return found


def _changes(other: Terms | None, terms: Terms, records: Records, language: str) -> list[dict[str, Any]]:
    return [dict(one) for one in differences(other, terms, records, language)] if other else []
