"""What an account or organisation has."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from commonweight.web.contexts import NamespacePage, Word
from commonweight.web.links import of_repository
from commonweight.web.pages.plans import plan_views
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits

MAX_SHOWN = 200  # of each kind; the list of the API pages through more
KIND_WORDS = {
    "user": Word("user", _("a person"), "plain", "person", ""),
    "organisation": Word("organisation", _("an organisation"), "plain", "box", ""),
}
REPOSITORY_KINDS = {"model": _("model"), "dataset": _("data set")}


class NamespacePages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Raises AccountMissing."""
        visit = await self._visits.visit(request)
        account = await self._services.identity.account(visit.params["namespace"])
        found = [
            (word, repository.full_name, of_repository(repository), repository.is_private)
            for kind, word in REPOSITORY_KINDS.items()
            for repository in await self._services.hub.list(visit.caller, kind, author=account.name, limit=MAX_SHOWN)
        ]
        offered = [one for one in await self._services.selling.offering.plans(visit.caller, account.name) if one.offered]
        plans = await plan_views(self._services, visit.caller, offered)
        page = NamespacePage(visit.frame, account.name, account.fullname, KIND_WORDS[account.kind], tuple(found), plans)
        return self._renderer.answer(page)
