"""A publisher's side: who asks, who is subscribed, what is owed and was paid, what each model earned and cost."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, InvalidInput, NotAllowed, NotFound
from commonweight.identity import Caller
from commonweight.plans import Shown, State
from commonweight.web.contexts import PaymentForm, SalesPage, SubscriberRow
from commonweight.web.pages.new_plan import publishers_of
from commonweight.web.presenting.sales import (
    RECORDED_WORDS,
    fees_of,
    model_sums,
    payable,
    payment_of,
    payment_row,
    subscriber_row,
)
from commonweight.web.presenting.selling import SALES
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits, needs_account

MAX_PAYMENTS = 50  # the API lists more
_ORDER = {State.UNPAID: 0, State.ACTIVE: 1}  # others after them


class SalesPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._selling = services.selling
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        caller, query = needs_account(visit), request.query_params
        recorded = RECORDED_WORDS.get(query.get("recorded", ""), "")
        page = await self._page(visit, caller, query.get("publisher", ""), recorded=recorded)
        return self._renderer.answer(page)

    async def pay(self, request: Request) -> Response:
        """Record what arrived."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        publisher = form.one("publisher")
        typed = PaymentForm(*(form.one(name) for name in ("subscription", "amount", "way", "reference")))
        try:
            outcome = await self._selling.payments.record(caller, payment_of(typed, await self._of(caller, publisher)))
        except (InvalidInput, NotAllowed, NotFound) as error:
            page = await self._page(visit, caller, publisher, form=typed, error=error)
            return self._renderer.answer(page, error.status)
        self._selling.entitlements.forget()
        return RedirectResponse(f"{SALES}?{urlencode({'publisher': publisher, 'recorded': outcome})}", status_code=303)

    async def _page(
        self, visit: Visit, caller: Caller, publisher: str, *, form: PaymentForm | None = None, recorded: str = "",
        error: CommonweightError | None = None,
    ) -> SalesPage:  # fmt: skip
        typed = form or PaymentForm()
        publishers = publishers_of(caller)
        name = publisher or await self._busiest(caller, publishers)
        found = await self._of(caller, name)
        month = str(self._services.policy.today())[:7]
        statement = await self._selling.statements.get(caller, month, name, "publisher")
        shown = {one.subscription.id: one for one in found}
        payments = [one for one in await self._selling.payments.listed(caller) if one.subscription_id in shown]
        rows = await self._rows(found)
        offered = [plan for plan in await self._selling.offering.plans(caller, name) if plan.offered]
        return SalesPage(
            frame=visit.frame,
            publisher=name,
            publishers=publishers if name in publishers else (*publishers, name),
            plans=len(offered),
            requests=tuple(row for row in reversed(rows) if row.row.may_answer),
            subscribers=tuple(row for row in rows if not row.row.may_answer),
            month=month,
            models=model_sums(statement),
            fees=fees_of(statement),
            payments=tuple(payment_row(one, shown) for one in payments[:MAX_PAYMENTS]),
            payable=payable(found, typed.subscription),
            form=typed,
            recorded=recorded,
            error=error.sentence if error else "",
        )

    async def _busiest(self, caller: Caller, publishers: Sequence[str]) -> str:
        """The first that offers or sells anything; else the caller's own account."""
        for name in publishers:
            if await self._selling.offering.plans(caller, name) or await self._of(caller, name):
                return name
        return next(iter(publishers), caller.account.name if caller.account else "")

    async def _of(self, caller: Caller, publisher: str) -> list[Shown]:
        """Subscriptions to the plans of a publisher, open ones first. Raises AccountMissing."""
        account = await self._services.identity.account(publisher)
        found = await self._selling.subscriptions.to_plans_of(caller, account.id)
        return sorted(found, key=lambda one: _ORDER.get(one.subscription.state, 2))

    async def _rows(self, found: Sequence[Shown]) -> list[SubscriberRow]:
        owed = await self._selling.owing.of(found)
        return [subscriber_row(one, owed.get(one.subscription.id, ())) for one in found]
