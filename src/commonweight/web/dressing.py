"""Errors as pages for people, and as problem+json for programs that came by."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from commonweight.asgi import dress_as_problem
from commonweight.errors import CommonweightError
from commonweight.identity import ANONYMOUS, InvalidCredentials
from commonweight.web.contexts import ErrorPage, Frame
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.visits import SignInNeeded, Visit, Visits

TITLES = {
    400: _("That cannot be understood"),
    401: _("Please sign in"),
    403: _("That is not allowed"),
    404: _("There is nothing here"),
    405: _("That cannot be done here"),
    409: _("That is there already"),
    412: _("Somebody was faster"),
    413: _("That is too large"),
    422: _("That was refused"),
    503: _("Not now"),
}
FALLBACK_TITLE = _("Something went wrong")


class Dresser:
    """Dresses errors of our routes, and of paths that no route takes."""

    def __init__(self, renderer: Renderer, visits: Visits) -> None:
        self._renderer = renderer
        self._visits = visits

    def dress(self, request: Request, error: CommonweightError) -> Response:
        if not wants_html(request):
            return dress_as_problem(request, error)
        return LateErrorPage(self._visits, self._renderer, error)


class LateErrorPage(Response):
    """A page of an error; who is looking is found out while it is sent, since no handler may have asked."""

    def __init__(self, visits: Visits, renderer: Renderer, error: CommonweightError) -> None:
        super().__init__(status_code=error.status)
        del self.headers["content-length"]
        self._visits = visits
        self._renderer = renderer
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = self._answer(request, await self._frame(request))
        for name, value in self.headers.items():  # what the router has added to every error
            answer.headers.setdefault(name, value)
        await answer(scope, receive, send)

    def _answer(self, request: Request, frame: Frame) -> Response:
        if isinstance(self._error, SignInNeeded):
            return RedirectResponse(f"/login?next={quote(frame.path, safe='')}", status_code=303)
        return self._renderer.answer(error_page(frame, request, self._error), self._error.status)

    async def _frame(self, request: Request) -> Frame:
        visit: Visit | None = request.scope.get("state", {}).get("visit")
        if visit is not None:
            return visit.frame
        try:
            return (await self._visits.visit(request)).frame
        except InvalidCredentials:
            return self._visits.frame(request, ANONYMOUS, "")


def error_page(frame: Frame, request: Request, error: CommonweightError) -> ErrorPage:
    return ErrorPage(
        frame=frame,
        status=error.status,
        title=TITLES.get(error.status, FALLBACK_TITLE),
        detail=error.detail,
        hint=error.hint,
        request_id=request.scope.get("state", {}).get("request_id", ""),
        offers_sign_in=error.status in (401, 403, 404) and not frame.caller,
    )


def wants_html(request: Request) -> bool:
    """Browsers say that they take HTML; programs that take anything get what programs read."""
    return "text/html" in request.headers.get("accept", "")
