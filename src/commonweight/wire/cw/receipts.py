"""GET /cw/v1/receipts and /cw/v1/receipts/{id}: signed receipts of answers (docs/receipts.md)."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from commonweight.identity import Caller
from commonweight.serving import ReceiptBook
from commonweight.wire.cw.callers import Callers


class ReceiptRow(BaseModel):
    """By which a receipt is found."""

    id: str
    answer: str = Field(description="the id that the answer gave itself; empty where it gave none")
    model: str
    issued: datetime


def receipt_routes(callers: Callers, receipts: ReceiptBook) -> APIRouter:
    """For the account whose key asked for it; to all others it looks missing."""
    router = APIRouter(tags=["serving"])

    @router.get("/receipts", operation_id="list_receipts")
    async def listed(
        caller: Annotated[Caller, Depends(callers.signed_in)],
        answer: Annotated[str, Query(description="the id that an answer gave itself, such as chatcmpl-…")] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> list[ReceiptRow]:
        """Your newest receipts, or those of one answer; kept for 90 days."""
        found = await receipts.list(caller, answer, limit)
        return [ReceiptRow(id=one.id, answer=one.answer_id, model=one.model, issued=one.issued) for one in found]

    @router.get("/receipts/{id}", operation_id="read_receipt")
    async def read(id: str, caller: Annotated[Caller, Depends(callers.signed_in)]) -> dict[str, Any]:
        """The receipt that `x-commonweight-receipt` named in an answer; kept for 90 days."""
        return await receipts.read(caller, id)

    return router
