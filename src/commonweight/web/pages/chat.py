"""The page on which one talks to a model."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from commonweight.web.contexts import ChatPage
from commonweight.web.pages.calling import call_names
from commonweight.web.pages.heads import Heads
from commonweight.web.presenting.card_facts import curl_chat
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits


class ChatPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer
        self._heads = heads

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, "model")
        admission = await self._services.policy.admit(seen.revision, caller=visit.caller)
        names = await call_names(self._services, seen)
        model = names[0].name if names else seen.repository.full_name
        page = ChatPage(
            frame=visit.frame,
            head=await self._heads.head(seen, _("Chat"), with_verdict=True),
            model=model,
            refusal=admission.refusal.message if admission.refusal else "",
            needs_sign_in=visit.caller.is_anonymous,
            curl=curl_chat(model, visit.frame.base_url),
        )
        return self._renderer.answer(page)
