"""Signing in by a token or a one-time link, and out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.asgi import client_of
from commonweight.identity import SESSION_COOKIE, AddressRefused, InvalidCredentials, SignedIn
from commonweight.web.contexts import LoginPage
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits, local_path


class SignInPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """The form; with `?code=` (the link that `commonweight up` prints) the door itself."""
        visit = await self._visits.visit(request)
        going_to = local_path(request.query_params.get("next", "/"))
        code = request.query_params.get("code", "")
        if not code:
            return self._renderer.answer(LoginPage(visit.frame, going_to, ""))
        try:
            signed_in = await self._services.identity.sign_in_by_code(code)
        except InvalidCredentials as error:
            return self._renderer.answer(LoginPage(visit.frame, going_to, error.sentence), error.status)
        return self._let_in(request, signed_in, going_to)

    async def sign_in(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        form = await self._visits.form(visit)
        going_to = local_path(form.one("next") or "/")
        try:
            signed_in = await self._services.identity.sign_in(form.one("token"), client_of(request))
        except AddressRefused as refused:
            return self._renderer.answer(LoginPage(visit.frame, going_to, refused.sentence), refused.status)
        except InvalidCredentials:
            error = "This token does not work here: it is mistyped, was revoked, or belongs to another server."
            return self._renderer.answer(LoginPage(visit.frame, going_to, error), InvalidCredentials.status)
        return self._let_in(request, signed_in, going_to)

    async def sign_out(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        await self._visits.form(visit)
        if visit.cookie:
            await self._services.identity.sign_out(visit.cookie)
        response = RedirectResponse("/", status_code=303)
        response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
        return response

    def _let_in(self, request: Request, signed_in: SignedIn, going_to: str) -> Response:
        response = RedirectResponse(going_to, status_code=303)
        response.set_cookie(
            SESSION_COOKIE,
            signed_in.cookie,
            max_age=signed_in.seconds,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self._services.base_url(request).startswith("https:"),
        )
        return response
