"""/cw/v1/retention: what may be kept of an account's prompts and answers."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from commonweight.identity import Caller, Identity
from commonweight.retention import Decision, Decisions, Scope
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.numbers import Number


class RetentionBody(BaseModel):
    """What to keep, for how long, and why. `account` is the caller's own where it is left out."""

    model_config = ConfigDict(extra="forbid")

    account: str = ""
    scope: Scope = Scope.ALL
    days: int
    reason: str = Field(max_length=2_000)


class RetentionAnswer(BaseModel):
    """A decision. `ended_at` is null while it holds."""

    id: int
    scope: Scope
    days: int
    reason: str
    decided_by: str
    decided_at: datetime
    ended_by: str
    ended_at: datetime | None

    @classmethod
    def of(cls, one: Decision) -> "RetentionAnswer":
        return cls(
            id=one.id,
            scope=one.scope,
            days=one.days,
            reason=one.reason,
            decided_by=one.decided_by,
            decided_at=one.decided_at,
            ended_by=one.ended_by,
            ended_at=one.ended_at,
        )


def retention_routes(callers: Callers, identity: Identity, decisions: Decisions) -> APIRouter:
    """For administrators of the account whose prompts they are."""
    router = APIRouter(tags=["privacy"])
    signed_in = Depends(callers.signed_in)

    async def of(caller: Caller, name: str) -> list[Decision]:
        return await decisions.of(caller, await identity.account(name or _own(caller)))

    @router.get("/retention", operation_id="list_retention")
    async def read(caller: Annotated[Caller, signed_in], account: str = "") -> list[RetentionAnswer]:
        """Every decision that was ever made for an account, the newest first."""
        return [RetentionAnswer.of(one) for one in await of(caller, account)]

    @router.post("/retention", operation_id="decide_retention", status_code=201)
    async def decide(body: RetentionBody, caller: Annotated[Caller, signed_in]) -> RetentionAnswer:
        """From now on prompts and answers of the account may be kept; without a decision nothing is."""
        account = await identity.account(body.account or _own(caller))
        return RetentionAnswer.of(await decisions.decide(caller, account, body.scope, body.days, body.reason))

    @router.delete("/retention/{number}", operation_id="end_retention")
    async def end(number: Number, caller: Annotated[Caller, signed_in]) -> RetentionAnswer:
        """Nothing more is kept by it, and what was kept by it is deleted. The decision itself stays on record."""
        return RetentionAnswer.of(await decisions.end(caller, number))

    return router


def _own(caller: Caller) -> str:
    return caller.account.name if caller.account else ""
