"""What is offered: by everybody, by one publisher, for one model."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from commonweight.identity import Caller, Role
from commonweight.plans import ModelFacts, Plan, State
from commonweight.web.contexts import ModelPlansPage, PlansPage, PlanView
from commonweight.web.pages.heads import Heads
from commonweight.web.pages.new_plan import publishers_of
from commonweight.web.presenting.selling import SUBSCRIPTIONS, plan_view
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits


class PlanPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer
        self._heads = heads

    async def show(self, request: Request) -> Response:
        """Raises AccountMissing for a publisher that there is not."""
        visit = await self._visits.visit(request)
        publisher = request.query_params.get("publisher", "")
        found = await self._services.selling.offering.plans(visit.caller, publisher)
        views, payers = await self._views(visit.caller, found), payers_of(visit.caller)
        page = PlansPage(visit.frame, publisher, views, payers, publishers_of(visit.caller))
        return self._renderer.answer(page)

    async def model(self, request: Request) -> Response:
        """What a model costs here."""
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, "model")
        facts = await self._services.hub.facts(seen.revision)
        model = ModelFacts(seen.repository.full_name, facts.tags)
        found = await self._services.selling.offering.for_model(model)
        at_home = visit.caller.is_admin or visit.caller.may_read(seen.repository.namespace_id)
        page = ModelPlansPage(
            frame=visit.frame,
            head=await self._heads.head(seen, _("Plans"), with_verdict=True),
            plans=await self._views(visit.caller, found),
            payers=payers_of(visit.caller),
            needs_none=bool(found) and at_home,
        )
        return self._renderer.answer(page)

    async def _views(self, caller: Caller, plans: Sequence[Plan]) -> tuple[PlanView, ...]:
        mine: dict[int, str] = {}
        if not caller.is_anonymous:
            for one in await self._services.selling.subscriptions.mine(caller):
                if one.subscription.state in (State.ACTIVE, State.REQUESTED, State.UNPAID):
                    mine[one.plan.id] = f"{SUBSCRIPTIONS}/{one.subscription.id}"
        may = bool(payers_of(caller))
        return tuple(plan_view(plan, mine.get(plan.id, ""), may_subscribe=may) for plan in plans)


def payers_of(caller: Caller) -> tuple[str, ...]:
    """Accounts that the caller may commit: their own first, then organisations that they administer."""
    if caller.account is None or caller.token is None or caller.token.role < Role.WRITE:
        return ()
    administered = [account.name for account, role in caller.organisations.values() if role >= Role.ADMIN]
    return (caller.account.name, *sorted(administered))
