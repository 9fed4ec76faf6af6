"""/cw/v1/decisions and /cw/v1/permissions: what people decided, and what is held from licensors."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from commonweight.identity import Caller
from commonweight.policy import DecisionEdit, PermissionGrant, Policy
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.numbers import Number
from commonweight.wire.cw.policy_shapes import (
    DecisionAnswer,
    DecisionBody,
    DecisionChangeAnswer,
    EndBody,
    OutcomeAnswer,
    PermissionAnswer,
    PermissionBody,
    PermissionChangeAnswer,
)

_ENDED = Query(description="also those that have ended")


def decision_routes(callers: Callers, policy: Policy) -> APIRouter:
    """Record, list, end. Nothing is deleted."""
    router = APIRouter(tags=["rights"])
    _permission_routes(router, callers, policy)
    _decision_routes(router, callers, policy)
    return router


def _permission_routes(router: APIRouter, callers: Callers, policy: Policy) -> None:
    @router.get("/permissions", operation_id="list_permissions", dependencies=[Depends(callers.signed_in)])
    async def permissions(ended: Annotated[bool, _ENDED] = False) -> list[PermissionAnswer]:
        """What is held from licensors, newest first."""
        return [PermissionAnswer.of(one) for one in await policy.decisions.permissions(ended=ended)]

    @router.post("/permissions", operation_id="grant_permission")
    async def grant(body: PermissionBody, caller: Annotated[Caller, Depends(callers.signed_in)]) -> PermissionChangeAnswer:
        """Record one (administrators only); verdicts that it lifts turn at once, and back on the day it lapses."""
        policy.decisions.check_may_decide(caller)
        given = body.model_dump()
        held, outcome = await policy.grant_permission(
            caller, PermissionGrant(**{**given, "lifts": tuple(body.lifts), "acts": tuple(body.acts)})
        )
        return PermissionChangeAnswer(permission=PermissionAnswer.of(held), outcome=OutcomeAnswer.of(outcome))

    @router.post("/permissions/{permission}/end", operation_id="end_permission")
    async def end(permission: Number, body: EndBody, caller: Annotated[Caller, Depends(callers.signed_in)]) -> OutcomeAnswer:
        """End one (administrators only)."""
        policy.decisions.check_may_decide(caller)
        return OutcomeAnswer.of(await policy.end_permission(caller, permission, body.reason))


def _decision_routes(router: APIRouter, callers: Callers, policy: Policy) -> None:
    @router.get("/decisions", operation_id="list_decisions", dependencies=[Depends(callers.signed_in)])
    async def decisions(ended: Annotated[bool, _ENDED] = False) -> list[DecisionAnswer]:
        """Exceptions and readings, newest first."""
        return [DecisionAnswer.of(one) for one in await policy.decisions.list(ended=ended)]

    @router.post("/decisions", operation_id="record_decision")
    async def make(body: DecisionBody, caller: Annotated[Caller, Depends(callers.signed_in)]) -> DecisionChangeAnswer:
        """Record an exception or a reading (administrators only)."""
        given = {name: value for name, value in body.model_dump().items() if name not in ("use", "acts")}
        edit = DecisionEdit(**given, acts=tuple(body.acts), use_id=body.use)
        made, outcome = await policy.record_decision(caller, edit)
        return DecisionChangeAnswer(decision=DecisionAnswer.of(made), outcome=OutcomeAnswer.of(outcome))

    @router.post("/decisions/{decision}/end", operation_id="end_decision")
    async def end(decision: Number, body: EndBody, caller: Annotated[Caller, Depends(callers.signed_in)]) -> OutcomeAnswer:
        """End one (administrators only)."""
        return OutcomeAnswer.of(await policy.end_decision(caller, decision, body.reason))
