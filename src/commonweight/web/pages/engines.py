"""The engines: what runs, what it holds, who waits; loading, unloading and pinning by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotFound
from commonweight.web.contexts import EnginesPage
from commonweight.web.pages.sending import kept_page
from commonweight.web.presenting.engines import ENGINES, host_view, model_view
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits, needs_account

Deed = Callable[[Visit, str], Awaitable[object]]


class EnginesPages:
    """For administrators: `Operating` refuses everybody else."""

    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._operating = services.operating
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        needs_account(visit)
        return self._renderer.answer(await self._page(visit))

    async def load(self, request: Request) -> Response:
        return await self._do(request, lambda visit, name: self._operating.load(visit.caller, name))

    async def unload(self, request: Request) -> Response:
        return await self._do(request, lambda visit, name: self._operating.unload(visit.caller, name))

    async def pin(self, request: Request) -> Response:
        return await self._do(request, lambda visit, name: self._operating.pin(visit.caller, name, True))

    async def unpin(self, request: Request) -> Response:
        return await self._do(request, lambda visit, name: self._operating.pin(visit.caller, name, False))

    async def _do(self, request: Request, deed: Deed) -> Response:
        visit = await self._visits.visit(request)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        try:
            if sent.refusal is not None:
                raise sent.refusal
            await deed(visit, sent.form.one("model").strip())
        except (Conflict, InvalidInput, NotFound) as error:
            return await self._refused(visit, error)
        return RedirectResponse(ENGINES, status_code=303)

    async def _refused(self, visit: Visit, error: CommonweightError) -> Response:
        return self._renderer.answer(await self._page(visit, error.sentence), error.status)

    async def _page(self, visit: Visit, error: str = "") -> EnginesPage:
        seen = await self._operating.look(visit.caller)
        return EnginesPage(visit.frame, tuple(map(host_view, seen.hosts)), tuple(map(model_view, seen.models)), error)
