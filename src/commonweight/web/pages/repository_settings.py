"""Who sees a repository, what it is called, and whether it stays: for whoever administers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotAllowed, NotFound
from commonweight.hub import Repository
from commonweight.identity import Caller
from commonweight.web.contexts import RepositorySettingsPage
from commonweight.web.links import of_repository
from commonweight.web.pages.heads import SETTINGS, Heads, Seen
from commonweight.web.pages.new import namespaces
from commonweight.web.pages.sending import kept_page
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits

Deed = Callable[[Caller, Repository, Form], Awaitable[str]]
_Refused = (InvalidInput, NotAllowed, NotFound, Conflict)


class RepositorySettingsPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads, kind: str) -> None:
        self._hub = services.hub
        self._visits = visits
        self._renderer = renderer
        self._heads = heads
        self._kind = kind

    async def show(self, request: Request) -> Response:
        """Raises MayNotWrite, RepositoryNotFound."""
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, self._kind)
        self._hub.check_administers(visit.caller, seen.repository)
        return await self._page(visit, seen)

    async def change(self, request: Request) -> Response:
        return await self._do(request, self._change)

    async def move(self, request: Request) -> Response:
        return await self._do(request, self._move)

    async def delete(self, request: Request) -> Response:
        return await self._do(request, self._delete)

    async def _change(self, caller: Caller, repository: Repository, form: Form) -> str:
        changed = await self._hub.update(caller, repository, visibility=form.one("visibility"))
        return f"{of_repository(changed)}/settings"

    async def _move(self, caller: Caller, repository: Repository, form: Form) -> str:
        moved = await self._hub.move(caller, repository, form.one("namespace"), form.one("name"))
        return f"{of_repository(moved)}/settings"

    async def _delete(self, caller: Caller, repository: Repository, form: Form) -> str:
        """Only where the whole name was typed: what is deleted does not come back."""
        if form.one("typed").lower() != repository.full_name.lower():
            raise InvalidInput(f"{form.one('typed')!r:.100} was typed; expected {repository.full_name}.")
        await self._hub.delete(caller, repository)
        return f"/{repository.namespace}"

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
            address = await deed(visit.caller, seen.repository, sent.form)
        except _Refused as error:
            return await self._page(visit, seen, sent.form, error)
        return RedirectResponse(address, status_code=303)

    async def _page(
        self, visit: Visit, seen: Seen, form: Form | None = None, error: CommonweightError | None = None
    ) -> Response:
        repository = seen.repository
        page = RepositorySettingsPage(
            frame=visit.frame,
            head=await self._heads.head(seen, SETTINGS),
            base=f"{seen.href}/settings",
            visibility=repository.visibility,
            namespaces=tuple(dict.fromkeys((repository.namespace, *namespaces(visit.caller)))),
            namespace=(form.one("namespace") if form else "") or repository.namespace,
            name=(form.one("name") if form else "") or repository.name,
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)
