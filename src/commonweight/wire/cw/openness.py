"""GET /cw/v1/models/{namespace}/{name}/openness, GET /cw/v1/ai-act/provider."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from commonweight.choosing import Market
from commonweight.identity import Caller
from commonweight.policy import Policy
from commonweight.rights import Tune, in_language, provider_by_tune
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.languages import Language
from commonweight.wire.cw.shapes import OpennessAnswer


def openness_routes(callers: Callers, policy: Policy, market: Market) -> APIRouter:
    """How open a model is, and what a change of one means under the EU AI Act."""
    router = APIRouter(tags=["openness"])

    @router.get("/models/{namespace}/{name}/openness", operation_id="read_openness")
    async def openness(
        namespace: str,
        name: str,
        caller: Annotated[Caller, Depends(callers.anybody)],
        language: Language,
        revision: Annotated[str, Query(description="branch, tag or commit; main where left out")] = "",
    ) -> OpennessAnswer:
        """The four axes with every component, class, element and condition behind them, and what the commit changed."""
        asked = f"{namespace}/{name}@{revision}" if revision else f"{namespace}/{name}"
        report = await market.grades.report(await policy.find(caller, asked))
        return OpennessAnswer(model=f"{namespace}/{name}", **report.to_document(in_language(language)))

    @router.get("/ai-act/provider", operation_id="provider_by_tune", dependencies=[Depends(callers.anybody)])
    async def provider(
        language: Language,
        flop: Annotated[float | None, Query(description="compute of the change, in FLOP")] = None,
        original_flop: Annotated[float | None, Query(description="compute of the original's training, in FLOP")] = None,
        share: Annotated[float | None, Query(description="or the change as a share of it: 0.05")] = None,
        systemic_risk: Annotated[bool | None, Query(description="the original is a model with systemic risk")] = None,
        maker_excludes_eu: Annotated[bool | None, Query(description="its maker keeps it off the EU market")] = None,
        on_eu_market: Annotated[bool | None, Query(description="the result comes onto it")] = None,
    ) -> dict[str, Any]:
        """Does a change of a general-purpose model make us a provider? What is left out is not known."""
        tune = Tune(flop, original_flop, share, systemic_risk, maker_excludes_eu, on_eu_market)
        return provider_by_tune(tune).to_document(in_language(language))

    return router
