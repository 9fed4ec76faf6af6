"""For administrators: who is a licensor here, and the payment providers with what they told."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, InvalidInput, NotAllowed, NotFound
from commonweight.identity import Caller
from commonweight.plans import StandingNotFound
from commonweight.web.contexts import AdminSellingPage
from commonweight.web.presenting.new_decision import licence_choices
from commonweight.web.presenting.sales import delivery_row, standing_row
from commonweight.web.presenting.selling import ADMIN_SELLING
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

MAX_DELIVERIES = 100  # the API lists more


class AdminSellingPages:
    """`AccountStandings` and `Payments` refuse everybody who is no administrator."""

    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._selling = services.selling
        self._records = services.policy.records
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Raises NotAllowed."""
        visit = await self._visits.visit(request)
        account, licence = (request.query_params.get(name, "") for name in ("account", "licence"))
        form = Form({"account": (account,), "licence": (licence,)})
        return self._renderer.answer(await self._page(visit, needs_account(visit), form))

    async def record(self, request: Request) -> Response:
        """Find an account to be a licensor, or of the house."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        licence = form.one("licence")
        standing = "licensor" if licence else "house"
        try:
            await self._selling.standings.find(caller, form.one("account"), standing, form.one("reason"), licence)
        except (InvalidInput, NotFound) as error:
            return self._renderer.answer(await self._page(visit, caller, form, error), error.status)
        return RedirectResponse(ADMIN_SELLING, status_code=303)

    async def end(self, request: Request) -> Response:
        """Raises StandingNotFound, NotAllowed."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        given = visit.params["id"]
        if not (given.isascii() and given.isdecimal() and len(given) < 19):
            raise StandingNotFound("There is no such standing.")
        await self._selling.standings.end(caller, int(given), form.one("reason"))
        return RedirectResponse(ADMIN_SELLING, status_code=303)

    async def _page(
        self, visit: Visit, caller: Caller, form: Form, error: CommonweightError | None = None
    ) -> AdminSellingPage:
        if not caller.is_admin:
            raise NotAllowed("This is for administrators of the installation.")
        payments = self._selling.payments
        address = f"{visit.frame.base_url}/cw/v1/payments"
        return AdminSellingPage(
            frame=visit.frame,
            standings=tuple(standing_row(one) for one in await self._selling.standings.list(caller)),
            licences=licence_choices(self._records, form.one("licence")),
            account=form.one("account"),
            reason=form.one("reason"),
            providers=tuple((name, f"{address}/{name}/messages") for name in payments.providers),
            deliveries=tuple(delivery_row(one) for one in (await payments.messages(caller))[:MAX_DELIVERIES]),
            error=error.sentence if error else "",
        )
