"""Letting a device in that shows a code."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from commonweight.errors import CommonweightError, InvalidInput, NotAllowed, NotFound
from commonweight.identity import Role
from commonweight.web.contexts import DevicePage
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits, needs_account

DEVICE: Final = "/login/device"
ROLES: Final = ("write", "read")  # nothing on a device needs more
MAX_CODE: Final = 32  # characters that are looked at


class DevicePages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._devices = services.devices
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """A form for the code; with `code` who asks, from where, since when, to approve or refuse."""
        visit = await self._visits.visit(request)
        needs_account(visit)
        return await self._page(visit, request.query_params.get("code", "")[:MAX_CODE])

    async def decide(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        code, answer, role = form.one("code")[:MAX_CODE], form.one("answer"), form.one("role")
        try:
            if answer not in ("approve", "refuse") or (answer == "approve" and role not in ROLES):
                raise _unknown(answer, role)
            await self._devices.decide(caller, code, Role[role.upper()] if answer == "approve" else None)
        except (InvalidInput, NotAllowed, NotFound) as error:
            return await self._page(visit, code, error)
        return self._renderer.answer(DevicePage(visit.frame, done=answer))

    async def _page(self, visit: Visit, code: str, error: CommonweightError | None = None) -> Response:
        mine = visit.caller.token.role if visit.caller.token else Role.READ
        page = DevicePage(
            frame=visit.frame,
            code=code,
            roles=tuple(word for word in ROLES if Role[word.upper()] <= mine),
            error=error.sentence if error else "",
        )
        if not code or error is not None:
            return self._renderer.answer(page, error.status if error else 200)
        try:
            found = await self._devices.waiting(code)
        except NotFound as missing:
            return await self._page(visit, code, missing)
        page = DevicePage(
            frame=visit.frame,
            code=found.user_code,
            client=found.client,
            program=found.client_id,
            since=f"{found.created_at:%Y-%m-%d %H:%M} UTC",
            roles=page.roles,
        )
        return self._renderer.answer(page)


def _unknown(answer: str, role: str) -> InvalidInput:
    return InvalidInput(f"{answer!r:.20} for the role {role!r:.20} came; expected approve or refuse.")
