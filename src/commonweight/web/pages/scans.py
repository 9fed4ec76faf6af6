"""What was found in the files of a repository that may run code."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from commonweight.web.contexts import ScansPage
from commonweight.web.links import in_repository
from commonweight.web.pages.heads import Heads
from commonweight.web.presenting.scans import scan_views
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits


class ScanPages:
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
        guard = self._services.unsafe_guard
        scanned = await guard.scans.of_revision(seen.revision)
        page = ScansPage(
            frame=visit.frame,
            head=await self._heads.head(seen, _("Files")),
            files=scan_views(scanned.files, lambda path: in_repository(seen.repository, "blob", seen.asked, path)),
            refuses=guard.refuses,
        )
        return self._renderer.answer(page)
