"""The uses: how their models come out, a new one from a template, which one is the default, and giving one up."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, NotAllowed
from commonweight.policy import InvalidUse, UseNotFound
from commonweight.web.contexts import UsesPage
from commonweight.web.pages.sending import kept_page, outcome_of
from commonweight.web.presenting.uses import USES, template_views, use_row
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Sent, Visit, Visits, needs_account


class UsesPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._policy = services.policy
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """What models are used for here is for whoever has an account."""
        visit = await self._visits.visit(request)
        caller = needs_account(visit)
        outcome = await outcome_of(self._policy, caller, request.query_params.get("saved", ""))
        return self._renderer.answer(replace(await self._page(visit), outcome=outcome))

    async def old_address(self, request: Request) -> Response:
        """`/settings/use` was the page of the default use; what it showed is on two pages now."""
        needs_account(await self._visits.visit(request))
        return RedirectResponse(f"{USES}/{(await self._policy.standing_use()).id}", status_code=301)

    async def front(self, request: Request) -> Response:
        """`/rights`: the uses are what most people come for."""
        return RedirectResponse(USES, status_code=303)

    async def make_default(self, request: Request) -> Response:
        visit, sent = await self._sent(request)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        try:
            _may(sent)
            change = await self._policy.make_default(visit.caller, visit.params["id"])
        except (NotAllowed, UseNotFound) as error:
            return await self._refused(visit, error)
        return RedirectResponse(f"{USES}?saved={change.outcome.cause_id}", status_code=303)

    async def end(self, request: Request) -> Response:
        visit, sent = await self._sent(request)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        try:
            _may(sent)
            await self._policy.end_use(visit.caller, visit.params["id"])
        except (InvalidUse, NotAllowed, UseNotFound) as error:
            return await self._refused(visit, error)
        return RedirectResponse(USES, status_code=303)

    async def _sent(self, request: Request) -> tuple[Visit, Sent]:
        visit = await self._visits.visit(request)
        return visit, await self._visits.sent(visit)

    async def _refused(self, visit: Visit, error: CommonweightError) -> Response:
        return self._renderer.answer(replace(await self._page(visit), error=error.sentence), error.status)

    async def _page(self, visit: Visit) -> UsesPage:
        counts = await self._policy.counts()
        return UsesPage(
            frame=visit.frame,
            uses=tuple(use_row(use, counts.get(use.id, {})) for use in await self._policy.uses.list()),
            templates=template_views(),
            waiting=await self._policy.waiting(),
            may_edit=visit.caller.is_admin,
            error="",
            outcome=None,
        )


def _may(sent: Sent) -> None:
    """Raises CsrfMismatch for a form of another session."""
    if sent.refusal is not None:
        raise sent.refusal
