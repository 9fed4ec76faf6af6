"""A model in another format: what was asked for, how far it is, and asking for another."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.asgi import client_of
from commonweight.choosing import MarketFilters
from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotAllowed, NotFound, Unprocessable
from commonweight.identity import Caller
from commonweight.tuning.conversions import NewConversion
from commonweight.web.contexts import ConversionForm, ConversionsPage
from commonweight.web.pages.sending import kept_page
from commonweight.web.pages.tunings import account_of
from commonweight.web.presenting.conversions import CONVERSIONS, READY, conversion_page, conversion_row
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

    async def show_one(self, request: Request) -> Response:
        """One of the reader's own: how far it is, and the ladder. Raises ConversionMissing."""
        visit = await self._visits.visit(request)
        return await self._one(visit, needs_account(visit))

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
            new = NewConversion(form.source, target, form.kinds, client_of(request), form.is_scored)
            await self._conversions.create(visit.caller, new)
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
            await self._conversions.accept(
                caller, visit.params["id"], visibility, even_broken=form.one("even_broken") == "yes"
            )
        except (Conflict, Unprocessable) as error:
            return await self._one(visit, caller, error)
        return RedirectResponse(f"{CONVERSIONS}/{visit.params['id']}", status_code=303)

    async def _one(self, visit: Visit, caller: Caller, error: CommonweightError | None = None) -> Response:
        conversion = await self._conversions.get(account_of(caller), visit.params["id"])
        is_draft = bool(await self._conversions.drafts([conversion]))
        said = error.sentence if error else ""
        page = conversion_page(visit.frame, conversion, is_draft=is_draft, error=said)
        return self._renderer.answer(page, error.status if error else 200)

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
    return ConversionForm(form.one("source"), form.one("target"), form.many("kind"), form.one("score") == "yes")


def _beside(caller: Caller, source: str) -> str:
    """Where it goes when nobody says: `ada/tiny-GGUF` of `acme/tiny@main`, `ada/tiny-small-GGUF` of `acme/tiny-GGUF`."""
    owner = caller.account.name if caller.account else ""
    name = source.partition(":")[0].partition("@")[0].rpartition("/")[2]
    return f"{owner}/{name.removesuffix('-GGUF')}-small-GGUF" if name.endswith("-GGUF") else f"{owner}/{name}-GGUF"
