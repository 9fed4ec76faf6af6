"""GET and PUT /cw/v1/uses/standing, POST /cw/v1/uses/standing/preview."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends

from commonweight.identity import Caller
from commonweight.policy import Policy, VerdictChange
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.shapes import UseAnswer, UseBody, UseChangeAnswer, VerdictChangeAnswer


def use_routes(callers: Callers, policy: Policy) -> APIRouter:
    """The installation's standing use: who asks, for what, how and where."""
    router = APIRouter(tags=["rights"])

    @router.get("/uses/standing", operation_id="read_standing_use", dependencies=[Depends(callers.signed_in)])
    async def read() -> UseAnswer:
        """The use for which verdicts stand. Its facts are for those who have an account here."""
        return UseAnswer.of(await policy.standing_use())

    @router.put("/uses/standing", operation_id="change_standing_use")
    async def change(body: UseBody, caller: Annotated[Caller, Depends(callers.signed_in)]) -> UseChangeAnswer:
        """Change it (administrators only); verdicts are decided again at once."""
        done = await policy.set_standing_use(caller, body.facts, name=body.name, description=body.description)
        return UseChangeAnswer(use=UseAnswer.of(done.use), changes=_changes(done.changes))

    @router.post("/uses/standing/preview", operation_id="preview_standing_use")
    async def preview(body: UseBody, caller: Annotated[Caller, Depends(callers.signed_in)]) -> list[VerdictChangeAnswer]:
        """Which standing verdicts another use would change; nothing is written (administrators only)."""
        return _changes(await policy.preview_use(caller, body.facts))

    return router


def _changes(changes: Iterable[VerdictChange]) -> list[VerdictChangeAnswer]:
    return [VerdictChangeAnswer(**asdict(change)) for change in changes]
