"""Making a repository."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotAllowed
from commonweight.identity import Caller, Right
from commonweight.web.contexts import NewPage
from commonweight.web.links import of_repository
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

KINDS = ("model", "dataset")


class NewPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        return self._page(visit, needs_account(visit), Form({}))

    async def create(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        try:
            repository = await self._services.hub.create(
                caller, form.one("kind"), form.one("namespace"), form.one("name"), form.one("visibility")
            )
        except (InvalidInput, NotAllowed, Conflict) as error:
            return self._page(visit, caller, form, error)
        return RedirectResponse(of_repository(repository), status_code=303)

    def _page(self, visit: Visit, caller: Caller, form: Form, error: CommonweightError | None = None) -> Response:
        names = namespaces(caller)
        kind = form.one("kind")
        page = NewPage(
            frame=visit.frame,
            namespaces=names,
            namespace=form.one("namespace") or next(iter(names), ""),
            name=form.one("name"),
            kind=kind if kind in KINDS else KINDS[0],
            visibility=form.one("visibility") or "private",
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)


def namespaces(caller: Caller) -> tuple[str, ...]:
    """Accounts under which the caller may create: their own, and organisations where they may write."""
    own = (caller.account.name,) if caller.account else ()
    houses = (member for member, _role in caller.organisations.values() if caller.may(Right.CREATE, member.id))
    return own + tuple(member.name for member in houses)
