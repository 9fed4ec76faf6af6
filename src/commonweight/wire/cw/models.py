"""GET /cw/v1/models/{namespace}/{name}/rights."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from commonweight.choosing import Comparing, Market, SideAsked
from commonweight.identity import Caller
from commonweight.policy import Policy
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.languages import Language
from commonweight.wire.cw.shapes import RightsAnswer, RowAnswer, VerdictAnswer


def model_routes(callers: Callers, policy: Policy, market: Market) -> APIRouter:
    """One model, kept here or known."""
    router = APIRouter(tags=["rights"])

    @router.get("/models/{namespace}/{name}/rights", operation_id="read_rights")
    async def rights(
        namespace: str,
        name: str,
        caller: Annotated[Caller, Depends(callers.anybody)],
        language: Language,
        revision: Annotated[str, Query(description="branch, tag or commit; main where left out")] = "",
    ) -> RightsAnswer:
        """The standing verdict with its lineage, and how open the model is."""
        asked = f"{namespace}/{name}@{revision}" if revision else f"{namespace}/{name}"
        model = await policy.find(caller, asked)
        verdict = await policy.standing_verdict(model)
        return RightsAnswer(
            row=RowAnswer.of(await market.row(model)),
            verdict=VerdictAnswer.of(verdict, verdict.in_language(language)),
        )

    @router.get("/compare", operation_id="compare")
    async def compare(
        caller: Annotated[Caller, Depends(callers.anybody)],
        language: Language,
        a: Annotated[str, Query(description="a model: namespace/name[@revision], or the id of a known one")],
        b: Annotated[str, Query(description="another model, or the same")],
        act_a: Annotated[list[str] | None, Query(description="acts in place of those of the use")] = None,
        act_b: Annotated[list[str] | None, Query(description="the same for the other side")] = None,
        use_a: Annotated[str, Query(description="a use by name or number; the default where left out")] = "",
        use_b: Annotated[str, Query(description="the same for the other side")] = "",
    ) -> dict[str, Any]:
        """
        Two models for one use, or one model under two uses, with what differs; other acts and other uses need an account.
        """
        sides = (SideAsked(a, tuple(act_a or ()), use=use_a), SideAsked(b, tuple(act_b or ()), use=use_b))
        return (await Comparing(policy, market).compare(caller, *sides, language)).to_document()

    return router
