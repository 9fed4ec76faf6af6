"""GET /cw/v1/models/{namespace}/{name}/rights."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from commonweight.choosing import Market
from commonweight.identity import Caller
from commonweight.policy import Policy
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.shapes import RightsAnswer, RowAnswer, VerdictAnswer


def model_routes(callers: Callers, policy: Policy, market: Market) -> APIRouter:
    """One model, kept here or known."""
    router = APIRouter(tags=["rights"])

    @router.get("/models/{namespace}/{name}/rights", operation_id="read_rights")
    async def rights(
        namespace: str,
        name: str,
        caller: Annotated[Caller, Depends(callers.anybody)],
        revision: Annotated[str, Query(description="branch, tag or commit; main where left out")] = "",
    ) -> RightsAnswer:
        """The standing verdict with its lineage, and how open the model is."""
        asked = f"{namespace}/{name}@{revision}" if revision else f"{namespace}/{name}"
        model = await policy.find(caller, asked)
        verdict = await policy.standing_verdict(model)
        return RightsAnswer(row=RowAnswer.of(await market.row(model)), verdict=VerdictAnswer.of(verdict))

    return router
