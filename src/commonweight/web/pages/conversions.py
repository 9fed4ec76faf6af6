"""A model in another format: what was asked for, how far it is, and asking for another."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.choosing import MarketFilters
from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotAllowed, NotFound, Unprocessable
from commonweight.identity import Caller
from commonweight.web.contexts import ConversionForm, ConversionsPage
from commonweight.web.pages.sending import kept_page
from commonweight.web.pages.tunings import account_of
from commonweight.web.presenting.conversions import CONVERSIONS, READY, conversion_row
from commonweight.web.presenting.new_tuning import KINDS
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

LISTED: Final = 50
REFUSALS: Final = (Conflict, InvalidInput, NotAllowed, NotFound, Unprocessable)


class ConversionPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._conversions = services.conversions
        self._market = services.market
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """The reader's own, and the form; `source` fills it in."""
        visit = await self._visits.visit(request)
        form = ConversionForm(source=request.query_params.get("source", ""), kinds=READY)
        return await self._page(visit, needs_account(visit), form)

    async def create(self, request: Request) -> Response:
        """What was typed comes back where it is refused."""
        visit = await self._visits.visit(request)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        form = _typed(sent.form)
        try:
            if sent.refusal is not None:
                raise sent.refusal
            target = form.target or _beside(visit.caller, form.source)
            await self._conversions.create(visit.caller, form.source, target, form.kinds)
        except REFUSALS as error:
            return await self._page(visit, visit.caller, form, error)
        return RedirectResponse(CONVERSIONS, status_code=303)

    async def cancel(self, request: Request) -> Response:
        """Raises ConversionMissing."""
        visit = await self._visits.visit(request)
        caller, _fields = needs_account(visit), await self._visits.form(visit)
        try:
            await self._conversions.cancel(account_of(caller), visit.params["id"])
        except Conflict as error:
            return await self._page(visit, caller, ConversionForm(kinds=READY), error)
        return RedirectResponse(CONVERSIONS, status_code=303)

    async def accept(self, request: Request) -> Response:
        """Raises ConversionMissing, MayNotWrite."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        visibility = "public" if form.one("visibility") == "public" else "private"
        try:
            await self._conversions.accept(caller, visit.params["id"], visibility)
        except (Conflict, Unprocessable) as error:
            return await self._page(visit, caller, ConversionForm(kinds=READY), error)
        return RedirectResponse(CONVERSIONS, status_code=303)

    async def _page(
        self, visit: Visit, caller: Caller, form: ConversionForm, error: CommonweightError | None = None
    ) -> Response:
        models = await self._market.rows(caller, MarketFilters(hosted=True, sort="name"))
        listed = await self._conversions.list(account_of(caller), LISTED)
        drafts = await self._conversions.drafts(listed)
        page = ConversionsPage(
            frame=visit.frame,
            rows=tuple(conversion_row(one, is_draft=one.id in drafts) for one in listed),
            models=tuple(row.id for row in models),
            kinds=KINDS,
            form=form,
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)


def _typed(form: Form) -> ConversionForm:
    return ConversionForm(form.one("source"), form.one("target"), form.many("kind"))


def _beside(caller: Caller, source: str) -> str:
    """Where it goes when nobody says: `ada/tiny-GGUF` of `acme/tiny@main`."""
    owner = caller.account.name if caller.account else ""
    return f"{owner}/{source.partition('@')[0].rpartition('/')[2]}-GGUF"
