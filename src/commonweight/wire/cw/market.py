"""GET /cw/v1/market."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from commonweight.choosing import Market, MarketFilters
from commonweight.identity import Caller
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.shapes import MarketAnswer, RowAnswer


def market_routes(callers: Callers, market: Market) -> APIRouter:
    """The table of models."""
    router = APIRouter(tags=["choosing"])

    @router.get("/market", operation_id="list_market")
    async def rows(
        caller: Annotated[Caller, Depends(callers.anybody)],
        search: Annotated[str, Query(description="words that must all occur")] = "",
        hosted: Annotated[bool | None, Query(description="true: kept here; false: only known")] = None,
        verdict: Annotated[str, Query(description="allowed, allowed_with_duties, unknown, ...")] = "",
        label: Annotated[str, Query(description="openness, such as open_weights_permissive")] = "",
        modality: Annotated[str, Query(description="text, image, audio, video, 3d, other")] = "",
        offer: Annotated[str, Query(description="free, plan or ask")] = "",
        sort: Annotated[str, Query(description="best, name, publisher, newest, openness, verdict")] = "best",
    ) -> MarketAnswer:
        """Models kept here and known, each with the verdict for the standing use and its openness on four axes."""
        filters = MarketFilters(search, hosted, verdict, label, modality, offer, sort)
        found = await market.rows(caller, filters)
        return MarketAnswer(use=await market.use_name(), rows=[RowAnswer.of(row) for row in found])

    return router
