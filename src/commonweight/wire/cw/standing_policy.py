"""/cw/v1/policy and /cw/v1/approvals: what verdicts do here, and what somebody let through."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from commonweight.identity import Caller
from commonweight.policy import READY_POLICIES, Approval, ApprovalEdit, Policy
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.numbers import Number
from commonweight.wire.cw.policy_shapes import EndBody


class ApprovalBody(BaseModel):
    """What to let through: `namespace/*`, `namespace/name` or `namespace/name@revision`."""

    model_config = ConfigDict(extra="forbid")

    about: str = Field(min_length=3, max_length=300)
    reason: str = Field(min_length=1, max_length=4000)
    until: date | None = None
    use: str | None = Field(default=None, description="number or name of a use; the default where left out")


class ApprovalAnswer(BaseModel):
    """`stale` says why an approval no longer rests on what it did; empty where it does."""

    id: int
    use_id: int
    about: str
    commit: str
    reason: str
    until: date | None
    rests_on: dict[str, Any]
    given_at: datetime
    by: str
    stale: str

    @classmethod
    def of(cls, one: Approval, stale: str = "") -> "ApprovalAnswer":
        return cls(
            id=one.id,
            use_id=one.use_id,
            about=one.about,
            commit=one.commit,
            reason=one.reason,
            until=one.until,
            rests_on=dict(one.rests_on),
            given_at=one.given_at,
            by=one.by,
            stale=stale,
        )


def policy_routes(callers: Callers, policy: Policy) -> APIRouter:
    """For administrators, but for the policy itself, which whoever has an account may read."""
    router = APIRouter(tags=["rights"])
    signed_in = Depends(callers.signed_in)

    @router.get("/policy", operation_id="read_policy", dependencies=[signed_in])
    async def read() -> dict[str, Any]:
        """What a verdict does, for each area of acts and each value."""
        return (await policy.standing.held()).rules.to_document()

    @router.put("/policy", operation_id="change_policy")
    async def change(body: dict[str, Any], caller: Annotated[Caller, signed_in]) -> dict[str, Any]:
        """Another policy (administrators only); it holds within seconds."""
        return (await policy.set_policy(caller, body)).to_document()

    @router.post("/policy/dry-run", operation_id="dry_run_policy")
    async def dry_run(body: dict[str, Any], caller: Annotated[Caller, signed_in]) -> dict[str, Any]:
        """What another policy would stop, over every standing verdict; nothing is written (administrators only)."""
        return asdict(await policy.dry_run(caller, body))

    @router.get("/policy/ready", operation_id="list_ready_policies", dependencies=[signed_in])
    async def ready() -> list[dict[str, Any]]:
        """Ready policies to start from."""
        return [asdict(one) for one in READY_POLICIES]

    @router.get("/approvals", operation_id="list_approvals")
    async def approvals(caller: Annotated[Caller, signed_in]) -> list[ApprovalAnswer]:
        """Those in force, each with why it is stale (administrators only)."""
        return [ApprovalAnswer.of(one, str(stale or "")) for one, stale in await policy.approvals(caller)]

    @router.post("/approvals", operation_id="approve")
    async def approve(body: ApprovalBody, caller: Annotated[Caller, signed_in]) -> ApprovalAnswer:
        """Let something through that asks for approval (administrators only)."""
        edit = ApprovalEdit(body.about, body.reason, body.until, body.use)
        return ApprovalAnswer.of(await policy.approve(caller, edit))

    @router.post("/approvals/{approval}/end", operation_id="end_approval", status_code=204)
    async def end(approval: Number, body: EndBody, caller: Annotated[Caller, signed_in]) -> None:
        """End one (administrators only)."""
        await policy.end_approval(caller, approval, body.reason)

    return router
