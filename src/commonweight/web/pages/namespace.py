"""What an account or organisation has."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from commonweight.identity import Account, Caller, may_manage
from commonweight.web.contexts import NamespacePage, Word
from commonweight.web.links import of_repository
from commonweight.web.pages.plans import plan_views
from commonweight.web.presenting.organisations import member_row, organisation_row, settings_address
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
        return self._renderer.answer(await self._with_people(visit.caller, account, page))

    async def _with_people(self, caller: Caller, account: Account, page: NamespacePage) -> NamespacePage:
        """Who belongs to whom is told to those with an account."""
        if caller.is_anonymous:
            return replace(page, details=account.details)
        if account.kind == "user":
            theirs = await self._services.identity.organisations_of(account)
            return replace(page, organisations=tuple(organisation_row(one, None) for one, _role in theirs.values()))
        members, held = await self._services.organisations.members(caller, account), caller.organisations.get(account.id)
        return replace(
            page,
            details=account.details,
            role=held[1].word if held else "",
            settings=settings_address(account.name) if may_manage(caller, account) else "",
            members=tuple(member_row(one, page.frame.caller) for one in members),
        )
