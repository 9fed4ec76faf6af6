"""Searching models and data sets that are kept here: page by page, quick however many there are."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from commonweight.errors import InvalidInput
from commonweight.hub import Cursor, WantedList, read_cursor, write_cursor
from commonweight.web.contexts import BrowsePage
from commonweight.web.presenting import browse
from commonweight.web.presenting.browse import Asked
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits

PER_PAGE = 30
MAX_SEARCH = 200  # characters
MAX_TAG = 200


class BrowsePages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def models(self, request: Request) -> Response:
        return await self._show(request, "model")

    async def datasets(self, request: Request) -> Response:
        return await self._show(request, "dataset")

    async def _show(self, request: Request, kind: str) -> Response:
        visit, asked, hub = await self._visits.visit(request), asked_by(request, kind), self._services.hub
        wanted = WantedList(
            kind,
            tags=asked.tags,
            search=asked.query,
            parameters=asked.parameters,
            sort=asked.sort,
            limit=PER_PAGE,
            cursor=_cursor(asked),
        )
        found = await hub.listings.find(visit.caller, wanted)
        described = await hub.heads_and_contents(found.repositories)
        models = [head.revision for head, _ in described] if kind == "model" else []
        verdicts = await self._services.policy.verdicts_at_hand(models)
        rows = [
            browse.found_row(
                head, contents, await hub.gate(head.repository), verdicts.get(self._services.policy.key_of(head.revision))
            )
            for head, contents in described
        ]
        page = BrowsePage(
            frame=visit.frame,
            kind=browse.KINDS[kind],
            action=browse.ADDRESSES[kind],
            other=browse.OTHERS[kind],
            query=asked.query,
            sorts=browse.sorts(asked),
            facets=browse.facets(asked, await hub.listings.tags_at_hand(kind)),
            sizes=browse.sizes(asked),
            picked=browse.picked(asked),
            rows=tuple(rows),
            first=asked.address() if asked.cursor else "",
            following=asked.address(write_cursor(found.following)) if found.following else "",
            shows_verdicts=kind == "model",
        )
        return self._renderer.answer(page)


def asked_by(request: Request, kind: str) -> Asked:
    """Unknown words are passed over, so that an old bookmark still shows a page."""
    query = request.query_params
    size, sort = query.get("size", ""), query.get("sort", "")
    tags = [tag[:MAX_TAG] for tag in query.getlist("filter") if tag]
    return Asked(
        kind,
        query=" ".join(query.get("q", "").split())[:MAX_SEARCH],
        tags=tuple(dict.fromkeys(tags))[: browse.MAX_PICKED],
        size=size if size in browse.SIZES and kind == "model" else "",
        sort=sort if sort in browse.SORTS else browse.DEFAULT_SORT,
        cursor=query.get("cursor", ""),
    )


def _cursor(asked: Asked) -> Cursor | None:
    try:
        return read_cursor(asked.cursor, asked.sort)
    except InvalidInput:
        return None
