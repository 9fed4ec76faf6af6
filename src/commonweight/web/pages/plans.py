"""What is offered: by everybody, by one publisher, for one model."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from commonweight.identity import Caller, Right, Role
from commonweight.plans import ModelFacts, Plan, State
from commonweight.policy import StoredVerdict
from commonweight.web.contexts import ModelPlansPage, PlansPage, PlanView
from commonweight.web.pages.heads import Heads, Seen
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
        views, payers = await plan_views(self._services, visit.caller, found), payers_of(visit.caller)
        page = PlansPage(visit.frame, publisher, views, payers, publishers_of(visit.caller))
        return self._renderer.answer(page)

    async def model(self, request: Request) -> Response:
        """What a model costs here."""
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, "model")
        found = await plans_of_model(self._services, seen)
        at_home = visit.caller.is_admin or visit.caller.may_with(Right.READ, seen.repository)
        page = ModelPlansPage(
            frame=visit.frame,
            head=await self._heads.head(seen, _("Plans"), with_verdict=True),
            plans=await plan_views(self._services, visit.caller, found),
            payers=payers_of(visit.caller),
            needs_none=bool(found) and at_home,
        )
        return self._renderer.answer(page)


async def plan_views(services: WebServices, caller: Caller, plans: Sequence[Plan]) -> tuple[PlanView, ...]:
    """Plans as this caller sees them: with their own subscription, or a way to one."""
    mine: dict[int, str] = {}
    if plans and not caller.is_anonymous:
        for one in await services.selling.subscriptions.mine(caller):
            if one.subscription.state in (State.ACTIVE, State.REQUESTED, State.UNPAID):
                mine[one.plan.id] = f"{SUBSCRIPTIONS}/{one.subscription.id}"
    may = bool(payers_of(caller))
    return tuple(plan_view(plan, mine.get(plan.id, ""), may_subscribe=may) for plan in plans)


async def plans_of_model(services: WebServices, seen: Seen) -> list[Plan]:
    """By which a model is offered; of what is no model, none."""
    if seen.repository.kind != "model":
        return []
    return await services.selling.offering.for_model(await _facts(services, seen))


async def plans_that_grant(services: WebServices, seen: Seen, verdict: StoredVerdict) -> list[Plan]:
    """By which the permission can be had that a verdict asks for."""
    if verdict.value != "needs_permission":
        return []
    return await services.selling.granting.plans_for(await _facts(services, seen), verdict.terms)


async def _facts(services: WebServices, seen: Seen) -> ModelFacts:
    return ModelFacts(seen.repository.full_name, (await services.hub.facts(seen.revision)).tags)


def payers_of(caller: Caller) -> tuple[str, ...]:
    """Accounts that the caller may commit: their own first, then organisations that they administer."""
    if caller.account is None or caller.token is None or caller.token.role < Role.WRITE:
        return ()
    administered = [account.name for account, _role in caller.organisations.values() if caller.may_manage(account.id)]
    return (caller.account.name, *sorted(administered))
