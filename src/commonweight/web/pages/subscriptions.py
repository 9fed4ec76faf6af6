"""Subscriptions: one's own, and those to plans of one's own; each with its history and what can be done with it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotAllowed, NotFound
from commonweight.identity import Caller
from commonweight.plans import Join, Shown, State, SubscriptionNotFound
from commonweight.web.contexts import PlanView, SubscriptionPage, SubscriptionsPage
from commonweight.web.pages.plans import payers_of
from commonweight.web.presenting.selling import SUBSCRIPTIONS, event_row, plan_view, subscription_row
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

_TOLD = (InvalidInput, NotAllowed, NotFound, Conflict)  # what a reader can mend, on the page they came from


class SubscriptionPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._selling = services.selling
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        return await self._list(visit, needs_account(visit))

    async def subscribe(self, request: Request) -> Response:
        """Leads to the new subscription."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        try:
            plan, commercial = _number(form.one("plan")), form.one("use") != "other"
            made = await self._selling.subscribing.subscribe(caller, plan, form.one("subscriber"), commercial=commercial)
        except _TOLD as error:
            return await self._list(visit, caller, error)
        return self._done(made.id)

    async def one(self, request: Request) -> Response:
        """Raises SubscriptionNotFound."""
        visit = await self._visits.visit(request)
        return await self._page(visit, needs_account(visit))

    async def deed(self, request: Request) -> Response:
        """approve, refuse, change, cancel, keep. Raises SubscriptionNotFound."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        number = _number(visit.params["id"])
        try:
            await self._do(caller, number, visit.params["deed"], form)
        except SubscriptionNotFound:
            raise
        except _TOLD as error:
            return await self._page(visit, caller, error)
        return self._done(number)

    async def _do(self, caller: Caller, number: int, deed: str, form: Form) -> None:
        subscribing, at_once = self._selling.subscribing, form.one("when") == "now"
        if deed == "approve":
            await subscribing.approve(caller, number)
        elif deed == "refuse":
            await subscribing.refuse(caller, number, form.one("reason"))
        elif deed == "change":
            await subscribing.change_plan(caller, number, _number(form.one("plan")), at_once=at_once)
        elif deed == "cancel":
            await subscribing.cancel(caller, number, at_once=at_once, reason=form.one("reason"))
        elif deed == "keep":
            await subscribing.keep(caller, number)
        else:
            raise NotFound(f"{deed!r:.40} is nothing that can be done with a subscription.")

    def _done(self, number: int) -> Response:
        self._selling.entitlements.forget()
        return RedirectResponse(f"{SUBSCRIPTIONS}/{number}", status_code=303)

    async def _list(self, visit: Visit, caller: Caller, error: CommonweightError | None = None) -> Response:
        mine = await self._selling.subscriptions.mine(caller)
        numbers = {one.subscription.id for one in mine}
        others = [one for one in await self._selling.subscriptions.all(caller) if one.subscription.id not in numbers]
        others.sort(key=lambda one: one.subscription.state is not State.REQUESTED)
        page = SubscriptionsPage(
            frame=visit.frame,
            mine=tuple(subscription_row(one, may_answer=_may_answer(caller, one)) for one in mine),
            of_others=tuple(subscription_row(one, may_answer=_may_answer(caller, one)) for one in others),
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)

    async def _page(self, visit: Visit, caller: Caller, error: CommonweightError | None = None) -> Response:
        number = _number(visit.params["id"])
        shown = await self._selling.subscriptions.get(caller, number)
        events = await self._selling.subscriptions.history(caller, number)
        state = shown.subscription.state
        may_change = caller.is_admin or shown.subscriber in payers_of(caller)
        others = await self._others(caller, shown) if state is State.ACTIVE else ()
        page = SubscriptionPage(
            frame=visit.frame,
            row=subscription_row(shown, may_answer=_may_answer(caller, shown)),
            events=tuple(event_row(event) for event in reversed(events)),
            others=others,
            may_change=may_change,
            is_open=state in (State.ACTIVE, State.REQUESTED, State.UNPAID),
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)

    async def _others(self, caller: Caller, shown: Shown) -> tuple[PlanView, ...]:
        """What it can be changed to: other plans of the publisher, and a newer version of its own."""
        offered = await self._selling.offering.plans(caller, shown.plan.publisher)
        now = (shown.plan.id, shown.plan.version)
        can_be_had = [plan for plan in offered if plan.offered and plan.terms.join is not Join.AUTOMATIC]
        return tuple(plan_view(plan) for plan in can_be_had if (plan.id, plan.version) != now)


def _may_answer(caller: Caller, shown: Shown) -> bool:
    return caller.may_administer(shown.plan.publisher_id)


def _number(text: str) -> int:
    """0 for what is no number of ours: there is nothing by it."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
