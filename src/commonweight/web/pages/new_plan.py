"""A publisher makes a plan, changes it, and stops offering it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, InvalidInput, NotAllowed, NotFound
from commonweight.identity import Caller
from commonweight.plans import Plan, PlanNotFound
from commonweight.web.contexts import NewPlanPage
from commonweight.web.presenting.new_plan import edit_of, plan_fields, typed_of
from commonweight.web.presenting.selling import PLANS
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits, needs_account


class NewPlanPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._selling = services.selling
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Empty, or as the plan `plan` (publisher/name) is. Raises PlanNotFound."""
        visit = await self._visits.visit(request)
        caller, wanted = needs_account(visit), request.query_params.get("plan", "")
        typed: dict[str, str] = {}
        if wanted:
            plan = await self._selling.offering.get(wanted)
            typed = {**typed_of(plan), "publisher": plan.publisher}
        return self._page(visit, caller, typed)

    async def send(self, request: Request) -> Response:
        """Leads to the publisher's plans."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        typed = {name: form.one(name) for name in form.values if name != "csrf"}
        publisher = typed.get("publisher", "")
        try:
            edit = edit_of(typed, await self._there(f"{publisher}/{typed.get('name', '')}"))
            await self._selling.offering.offer(caller, publisher, edit)
        except (InvalidInput, NotAllowed, NotFound) as error:
            return self._page(visit, caller, typed, error)
        return self._done(publisher)

    async def withdraw(self, request: Request) -> Response:
        """Raises PlanNotFound, NotAllowed."""
        visit = await self._visits.visit(request)
        caller, _form = needs_account(visit), await self._visits.form(visit)
        given = visit.params["id"]
        number = int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else 0
        return self._done((await self._selling.offering.withdraw(caller, number)).publisher)

    async def _there(self, name: str) -> Plan | None:
        try:
            return await self._selling.offering.get(name)
        except PlanNotFound:
            return None

    def _done(self, publisher: str) -> Response:
        self._selling.entitlements.forget()
        return RedirectResponse(f"{PLANS}?{urlencode({'publisher': publisher})}", status_code=303)

    def _page(
        self, visit: Visit, caller: Caller, typed: Mapping[str, str], error: CommonweightError | None = None
    ) -> Response:
        page = NewPlanPage(
            frame=visit.frame,
            publishers=publishers_of(caller),
            publisher=typed.get("publisher", ""),
            fields=plan_fields({"currency": "EUR", **typed}),
            join=typed.get("join", "self"),
            use=typed.get("use", "commercial"),
            prepaid=typed.get("prepaid", "") == "yes",
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)


def publishers_of(caller: Caller) -> tuple[str, ...]:
    """Accounts for which the caller may make plans: their own first."""
    own = [caller.account.name] if caller.account and caller.may_administer(caller.account.id) else []
    return (
        *own,
        *sorted(one.name for number, (one, _role) in caller.organisations.items() if caller.may_administer(number)),
    )
