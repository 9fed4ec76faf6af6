"""The history of a repository."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from commonweight.hub import Commit
from commonweight.web.contexts import CommitRow, CommitsPage
from commonweight.web.links import in_repository
from commonweight.web.pages.heads import Heads, Seen
from commonweight.web.presenting.measures import minute_text
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits

PER_PAGE = 50


class CommitPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer
        self._heads = heads

    async def model(self, request: Request) -> Response:
        return await self._show(request, "model")

    async def dataset(self, request: Request) -> Response:
        return await self._show(request, "dataset")

    async def _show(self, request: Request, kind: str) -> Response:
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, kind, visit.params["revision"])
        after = request.query_params.get("after") or None
        commits = await self._services.hub.history(seen.revision, PER_PAGE + 1, after)
        shown = commits[:PER_PAGE]
        older = f"?after={shown[-1].id}" if len(commits) > PER_PAGE else ""
        page = CommitsPage(
            visit.frame, await self._heads.head(seen, _("Commits")), tuple(_row(seen, one) for one in shown), older
        )
        return self._renderer.answer(page)


def _row(seen: Seen, commit: Commit) -> CommitRow:
    return CommitRow(
        id=commit.id,
        href=in_repository(seen.repository, "tree", commit.id),
        title=commit.title,
        message=commit.message,
        author=commit.author,
        when=minute_text(commit.date),
    )
