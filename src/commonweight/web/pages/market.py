"""The front page: every model in one table."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from commonweight.choosing import SORTS, MarketFilters
from commonweight.rights import in_language
from commonweight.web.contexts import MarketPage
from commonweight.web.pages.openness import language_of
from commonweight.web.presenting.market import KINDS, Selection, facets, headings, picked, row_view, use_view
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits

MAX_SEARCH = 200  # characters; what the market searches for at most


class FrontPage:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        selection = selection_of(request)
        rows = await self._services.market.rows(visit.caller, MarketFilters(search=selection.query, sort=selection.sort))
        everything = await self._services.market.rows(visit.caller) if selection.query else rows
        use, speak = await self._services.policy.standing_use(), in_language(language_of(visit))
        page = MarketPage(
            frame=visit.frame,
            use=use_view(use, may_edit=visit.caller.is_admin),
            query=selection.query,
            sort=selection.sort,
            facets=facets(rows, selection),
            picked=picked(selection),
            headings=headings(selection),
            rows=tuple(row_view(row, speak) for row in rows if selection.fits(row)),
            total=len(everything),
            hosted=sum(row.hosted for row in everything),
        )
        return self._renderer.answer(page)


def selection_of(request: Request) -> Selection:
    """What the query asks for; unknown words are passed over, so that an old bookmark still shows a page."""
    query = request.query_params
    sort = query.get("sort", "")
    return Selection(
        query=" ".join(query.get("q", "").split())[:MAX_SEARCH],
        sort=sort if sort in SORTS else "best",
        picked={kind.name: frozenset(filter(kind.knows, query.getlist(kind.name))) for kind in KINDS},
    )
