"""The library of terms: the list, and one record in plain words beside its clauses."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import NotFound
from commonweight.rights import Records, Terms, described, differences, languages, version_before, versions_of
from commonweight.web.contexts import ChangeView, LicencePage, LicencesPage
from commonweight.web.presenting.licences import (
    KINDS,
    LICENCES,
    LicenceSelection,
    ambiguity_view,
    ban_view,
    change_view,
    duty_view,
    ending_view,
    gate_view,
    licence_address,
    licence_facets,
    licence_facts,
    licence_row,
    licences_picked,
    outputs_view,
    policy_view,
    propagates_view,
    reach_view,
    review_text,
    right_view,
    under_views,
)
from commonweight.web.presenting.words import OPENNESS_WORDS, REVIEW_WORDS
from commonweight.web.rendering import DEFAULT_LANGUAGE, Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits

MAX_SEARCH = 200  # characters; the longest title has some seventy


class LicenceNotFound(NotFound):
    code = "licence_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"No record is called {name[:80]!r}.",
            hint=f"Search the library at {LICENCES}; docs/adding-a-licence.md says how to add to it.",
        )


class LicencePages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    @property
    def _records(self) -> Records:
        return self._services.policy.records

    async def list(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        records, selection = tuple(self._records), selection_of(request)
        page = LicencesPage(
            frame=visit.frame,
            query=selection.query,
            facets=licence_facets(records, selection),
            picked=licences_picked(selection),
            rows=tuple(licence_row(terms) for terms in records if selection.fits(terms)),
            total=len(records),
        )
        return self._renderer.answer(page)

    async def show(self, request: Request) -> Response:
        """By key; any other name of a licence leads to its newest version. Raises LicenceNotFound."""
        visit = await self._visits.visit(request)
        name = visit.params["key"]
        terms = self._records.get(name)
        if terms is not None:
            return self._renderer.answer(await self._page(visit, terms))
        versions = self._records.named(name)
        if not versions:
            raise LicenceNotFound(name)
        return RedirectResponse(licence_address(versions[-1].key), status_code=303)

    async def _page(self, visit: Visit, terms: Terms) -> LicencePage:
        language = language_of(visit)
        told = described(terms, self._records, language)
        other = self._against(visit, terms)
        rows = await self._services.market.rows(visit.caller)
        return LicencePage(
            frame=visit.frame,
            key=terms.key,
            title=terms.title,
            openness=OPENNESS_WORDS[terms.openness],
            openness_says=told["openness"]["says"],
            review=REVIEW_WORDS[terms.review.status],
            review_says=review_text(told),
            binding=told["binding"]["says"] if terms.binding == "contract" else "",
            facts=licence_facts(told),
            covers=tuple(told["covers"]["artefacts"]),
            rights=tuple(map(right_view, told["rights"])),
            gates=tuple(map(gate_view, told["depends"])),
            policies=tuple(map(policy_view, told["policies"])),
            bans=tuple(map(ban_view, told["forbids"])),
            duties=tuple(map(duty_view, told["asks"])),
            reaches=tuple(map(reach_view, told["reaches"])),
            propagates=propagates_view(told),
            outputs=outputs_view(told),
            endings=tuple(map(ending_view, told["ends"])),
            ambiguities=tuple(map(ambiguity_view, told["readings"])),
            notes=tuple(told["notes"]),
            versions=_versions(terms, self._records),
            against=other.key if other else "",
            changes=self._changes(other, terms, language),
            models=under_views(rows, terms),
            digest=terms.digest,
            disclaimer=told["disclaimer"],
        )

    def _against(self, visit: Visit, terms: Terms) -> Terms | None:
        """The version that `?against=` names, else the one that this one replaced. Raises LicenceNotFound."""
        asked = visit.request.query_params.get("against", "")
        other = self._records.get(asked) if asked else version_before(terms, self._records)
        if asked and other is None:
            raise LicenceNotFound(asked)
        return other

    def _changes(self, other: Terms | None, terms: Terms, language: str) -> tuple[ChangeView, ...]:
        return tuple(map(change_view, differences(other, terms, self._records, language))) if other else ()


def _versions(terms: Terms, records: Records) -> tuple[tuple[str, str, str, bool], ...]:
    return tuple(
        (one.key, licence_address(one.key), one.effective.isoformat() if one.effective else "", one.key == terms.key)
        for one in versions_of(terms, records)
    )


def language_of(visit: Visit) -> str:
    """The page's language where verdicts and records can be told in it, else English."""
    return visit.frame.language if visit.frame.language in languages() else DEFAULT_LANGUAGE


def selection_of(request: Request) -> LicenceSelection:
    query = request.query_params
    words = " ".join(query.get("q", "").split())[:MAX_SEARCH]
    return LicenceSelection(words, {kind.name: frozenset(filter(kind.knows, query.getlist(kind.name))) for kind in KINDS})
