"""GET /cw/v1/receipts/{id}: signed receipts of answers (docs/receipts.md)."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from commonweight.identity import Caller
from commonweight.serving import ReceiptBook
from commonweight.wire.cw.callers import Callers


def receipt_routes(callers: Callers, receipts: ReceiptBook) -> APIRouter:
    """For the account whose key asked for it; to all others it looks missing."""
    router = APIRouter(tags=["serving"])

    @router.get("/receipts/{id}", operation_id="read_receipt")
    async def read(id: str, caller: Annotated[Caller, Depends(callers.signed_in)]) -> dict[str, Any]:
        """The receipt that `x-commonweight-receipt` named in an answer; kept for 90 days."""
        return await receipts.read(caller, id)

    return router
