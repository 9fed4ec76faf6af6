"""/cw/v1/documents: that a document which a licence incorporates has changed."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from commonweight.identity import Caller
from commonweight.policy import Policy
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.numbers import Number
from commonweight.wire.cw.policy_shapes import EndBody


class DocumentBody(BaseModel):
    """A document by the key of the licence and its id in the record; its new text where it is at hand."""

    model_config = ConfigDict(extra="forbid")

    licence: str = Field(min_length=1)
    policy: str = Field(min_length=1)
    seen_on: date
    text: str | None = None
    note: str = ""


def document_routes(callers: Callers, policy: Policy) -> APIRouter:
    """Tell, list, review (administrators tell and review)."""
    router = APIRouter(tags=["rights"])
    signed_in = Depends(callers.signed_in)

    @router.get("/documents", operation_id="list_document_changes", dependencies=[signed_in])
    async def documents() -> list[dict[str, Any]]:
        """Changes that somebody saw, newest first, with the purposes concerned and the difference of the texts."""
        return [asdict(one) for one in await policy.documents.list()]

    @router.post("/documents", operation_id="tell_document_change")
    async def tell(body: DocumentBody, caller: Annotated[Caller, signed_in]) -> dict[str, int]:
        """A document changed: what cites the licence is stale until it was reviewed (administrators only)."""
        policy.standing.check_may_change(caller)
        number = await policy.documents.tell(caller, body.licence, body.policy, body.seen_on, body.text, body.note)
        policy.standing.forget()
        return {"id": number}

    @router.post("/documents/{document}/review", operation_id="review_document_change", status_code=204)
    async def review(document: Number, body: EndBody, caller: Annotated[Caller, signed_in]) -> None:
        """Somebody looked at what follows; `reason` says what (administrators only)."""
        policy.standing.check_may_change(caller)
        await policy.documents.review(caller, document, body.reason)
        policy.standing.forget()

    return router
