"""POST /cw/v1/verdicts, GET /cw/v1/verdicts/{id}."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated

from fastapi import APIRouter, Depends

from commonweight.identity import Caller
from commonweight.policy import Policy
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.languages import Language
from commonweight.wire.cw.shapes import VerdictAnswer, VerdictRequest


def verdict_routes(callers: Callers, policy: Policy) -> APIRouter:
    """Deciding and reading back."""
    router = APIRouter(tags=["rights"])

    @router.post("/verdicts", operation_id="decide")
    async def decide(
        body: VerdictRequest, caller: Annotated[Caller, Depends(callers.anybody)], language: Language
    ) -> VerdictAnswer:
        """Decide about a model kept here or known, for facts of your own (needs an account) or for the standing use."""
        verdict = await policy.decide(caller, body.model, body.facts)
        return VerdictAnswer.of(verdict, verdict.in_language(language))

    @router.get("/verdicts/{id}", operation_id="read_verdict")
    async def read(id: str, caller: Annotated[Caller, Depends(callers.anybody)], language: Language) -> VerdictAnswer:
        """A verdict by its id, as receipts carry it; for those who may read what it is about."""
        verdict = await policy.verdict(caller, id)
        return VerdictAnswer.of(verdict, verdict.in_language(language))

    return router
