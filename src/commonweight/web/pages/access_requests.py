"""Who asks for access to a gated repository, for whoever administers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, InvalidInput
from commonweight.hub import Repository
from commonweight.identity import Caller
from commonweight.web.contexts import AccessRequestsPage, FilterLink
from commonweight.web.links import with_query
from commonweight.web.pages.access import REFUSALS
from commonweight.web.pages.heads import ACCESS, Heads, Seen
from commonweight.web.pages.sending import kept_page
from commonweight.web.presenting.gating import LISTS, access_address, access_row, table_address
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits

PER_PAGE = 50

Deed = Callable[[Caller, Repository, Form], Awaitable[None]]


class AccessRequestPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads, kind: str) -> None:
        self._hub = services.hub
        self._visits = visits
        self._renderer = renderer
        self._heads = heads
        self._kind = kind

    async def show(self, request: Request) -> Response:
        """Raises MayNotWrite, RepositoryNotFound."""
        visit = await self._visits.visit(request)
        return await self._page(visit, await self._heads.find(visit, self._kind))

    async def decide(self, request: Request) -> Response:
        return await self._do(request, self._decide)

    async def grant(self, request: Request) -> Response:
        return await self._do(request, self._grant)

    async def gate(self, request: Request) -> Response:
        """Set or take away the gate itself."""
        return await self._do(request, self._gate)

    async def _decide(self, caller: Caller, repository: Repository, form: Form) -> None:
        number = form.one("request")
        if not number.isascii() or not number.isdigit() or len(number) > 15:  # what databases hold
            raise InvalidInput(f"{number[:50]!r} is no number of a request.")
        await self._hub.gates.decide(caller, repository, int(number), form.one("status"), form.one("reason"))

    async def _grant(self, caller: Caller, repository: Repository, form: Form) -> None:
        await self._hub.gates.grant(caller, repository, form.one("user"))

    async def _gate(self, caller: Caller, repository: Repository, form: Form) -> None:
        await self._hub.update(caller, repository, gated=form.one("gated"))

    async def _do(self, request: Request, deed: Deed) -> Response:
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, self._kind)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        self._hub.check_administers(visit.caller, seen.repository)
        try:
            if sent.refusal is not None:
                raise sent.refusal
            await deed(visit.caller, seen.repository, sent.form)
        except REFUSALS as error:
            return await self._page(visit, seen, sent.form, error)
        back = [("status", sent.form.one("back"))]
        return RedirectResponse(with_query(f"{access_address(seen.repository)}/requests", back), status_code=303)

    async def _page(
        self, visit: Visit, seen: Seen, form: Form | None = None, error: CommonweightError | None = None
    ) -> Response:
        caller, repository, query = visit.caller, seen.repository, visit.request.query_params
        status = query.get("status", "") if query.get("status", "") in LISTS else "pending"
        after = query.get("after", "")
        behind = int(after) if after.isascii() and after.isdigit() and len(after) < 16 else 0
        found = await self._hub.gates.list(caller, repository, status, behind, PER_PAGE + 1)
        counts = await self._hub.gates.counts(caller, repository)
        base = access_address(repository)
        shown = found[:PER_PAGE]
        further = [("status", status), ("after", str(shown[-1].id))] if len(found) > PER_PAGE else []
        page = AccessRequestsPage(
            frame=visit.frame,
            head=await self._heads.head(seen, ACCESS),
            gated=repository.gated,
            is_public=not repository.is_private,
            status=status,
            statuses=tuple(
                FilterLink(text, with_query(f"{base}/requests", [("status", word)]), word == status)
                for word, text in LISTS.items()
            ),
            counts=tuple(counts.get(word, 0) for word in LISTS),
            rows=tuple(access_row(one) for one in shown),
            more=with_query(f"{base}/requests", further) if further else "",
            base=base,
            typed=form.one("user") if form else "",
            table=table_address(repository),
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)
