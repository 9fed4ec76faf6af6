"""GET /cw/v1/models/{namespace}/{name}/aibom."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

import json
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from commonweight.identity import Caller
from commonweight.policy import BILL_MEDIA_TYPES, Bills, Policy
from commonweight.wire.cw.callers import Callers


def bill_routes(callers: Callers, policy: Policy, bills: Bills, address: Callable[[Request], str]) -> APIRouter:
    """Bills of materials."""
    router = APIRouter(tags=["rights"])

    @router.get("/models/{namespace}/{name}/aibom", operation_id="make_aibom")
    async def aibom(
        namespace: str,
        name: str,
        request: Request,
        caller: Annotated[Caller, Depends(callers.anybody)],
        format: Annotated[Literal["cyclonedx", "spdx"], Query(description="CycloneDX 1.7 or SPDX 3.0.1")] = "cyclonedx",
        revision: Annotated[str, Query(description="branch, tag or commit; main where left out")] = "",
    ) -> Response:
        """What a revision is made of: weight files with their hashes, ancestors, data, declared and effective licences."""
        asked = f"{namespace}/{name}@{revision}" if revision else f"{namespace}/{name}"
        model = await policy.find(caller, asked)
        document = await bills.make(model, format, address(request))
        body = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        return Response(body, media_type=BILL_MEDIA_TYPES[format])

    return router
