"""Liking a repository, by the button on its card."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.web.links import of_repository
from commonweight.web.pages.heads import Heads
from commonweight.web.pages.sending import kept_page
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits


class LikePages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads, kind: str) -> None:
        self._likes = services.hub.likes
        self._visits = visits
        self._renderer = renderer
        self._heads = heads
        self._kind = kind

    async def set(self, request: Request) -> Response:
        """Raises MayNotWrite, CsrfMismatch, RepositoryNotFound."""
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, self._kind)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        if sent.refusal is not None:
            raise sent.refusal
        deed = self._likes.unlike if sent.form.one("liked") == "no" else self._likes.like
        await deed(visit.caller, seen.repository)
        return RedirectResponse(of_repository(seen.repository), status_code=303)
