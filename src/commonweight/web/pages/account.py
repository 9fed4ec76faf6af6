"""One's own account: who one is here."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from commonweight.web.contexts import SettingsPage
from commonweight.web.presenting.market import use_view
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits, needs_account


class AccountPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        caller = needs_account(visit)
        assert caller.account is not None, "needs_account has been asked"
        page = SettingsPage(
            frame=visit.frame,
            account=caller.account.name,
            fullname=caller.account.fullname,
            organisations=tuple((member.name, role.word) for member, role in caller.organisations.values()),
            tokens=len(await self._services.own_tokens.listed(caller)),
            use=use_view(await self._services.policy.standing_use(), may_edit=caller.is_admin),
        )
        return self._renderer.answer(page)
