"""/cw/v1/plans and /cw/v1/account-standings: what is offered, and who may permit in a licensor's name."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from commonweight.identity import Caller
from commonweight.plans import PlanEdit, Selling
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.numbers import Number
from commonweight.wire.cw.plan_shapes import PlanAnswer, PlanBody, ReasonBody, StandingAnswer, StandingBody


def plan_routes(callers: Callers, selling: Selling) -> APIRouter:
    """List, make, change, withdraw. No version is ever lost."""
    router = APIRouter(tags=["plans"])
    signed_in = Depends(callers.signed_in)

    @router.get("/plans", operation_id="list_plans")
    async def plans(
        caller: Annotated[Caller, Depends(callers.anybody)],
        publisher: Annotated[str, Query(description="of this account or organisation only")] = "",
    ) -> list[PlanAnswer]:
        """What is offered; to a publisher also what it offers no longer."""
        return [PlanAnswer.of(plan) for plan in await selling.offering.plans(caller, publisher)]

    @router.post("/plans", operation_id="offer_plan")
    async def offer(body: PlanBody, caller: Annotated[Caller, signed_in]) -> PlanAnswer:
        """Make a plan, or the next version of the one with this name (whoever may write for the publisher)."""
        edit = PlanEdit(body.name, body.title, body.description, body.terms, body.move)
        made = await selling.offering.offer(caller, body.publisher, edit)
        selling.entitlements.forget()
        return PlanAnswer.of(made)

    @router.get("/plans/{plan}", operation_id="read_plan")
    async def read(plan: Number) -> PlanAnswer:
        """One plan, at the version that is offered now."""
        return PlanAnswer.of(await selling.offering.get(plan))

    @router.get("/plans/{plan}/versions", operation_id="read_plan_versions")
    async def versions(plan: Number) -> list[PlanAnswer]:
        """Everything that it ever promised, the oldest first."""
        return [PlanAnswer.of(one) for one in await selling.offering.history(plan)]

    @router.post("/plans/{plan}/withdraw", operation_id="withdraw_plan")
    async def withdraw(plan: Number, caller: Annotated[Caller, signed_in]) -> PlanAnswer:
        """Offer it no longer; who has it keeps it."""
        found = await selling.offering.withdraw(caller, plan)
        selling.entitlements.forget()
        return PlanAnswer.of(found)

    _standing_routes(router, callers, selling)
    return router


def _standing_routes(router: APIRouter, callers: Callers, selling: Selling) -> None:
    signed_in = Depends(callers.signed_in)

    @router.get("/account-standings", operation_id="list_account_standings")
    async def standings(
        caller: Annotated[Caller, signed_in], ended: Annotated[bool, Query(description="also those that ended")] = False
    ) -> list[StandingAnswer]:
        """Who was found to be a licensor, or of the house that runs this installation."""
        return [StandingAnswer.of(one) for one in await selling.standings.list(caller, ended=ended)]

    @router.post("/account-standings", operation_id="record_account_standing")
    async def find(body: StandingBody, caller: Annotated[Caller, signed_in]) -> StandingAnswer:
        """Record one (administrators only): plans of a licensor can permit from here on."""
        found = await selling.standings.find(caller, body.account, body.standing, body.reason, body.licence)
        return StandingAnswer.of(found)

    @router.post("/account-standings/{standing}/end", operation_id="end_account_standing")
    async def end(standing: Number, body: ReasonBody, caller: Annotated[Caller, signed_in]) -> StandingAnswer:
        """End one (administrators only); what its plans permitted ends with it."""
        return StandingAnswer.of(await selling.standings.end(caller, standing, body.reason))
