"""Who holds the key of a request."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response

from commonweight.identity import Account, Caller
from commonweight.wire.openai.errors import KeyMissing
from commonweight.wire.openai.inference import Authenticate


async def key_owner(authenticate: Authenticate, request: Request) -> tuple[Caller, Account]:
    """The caller and the account that the key belongs to. Raises KeyMissing, or what `authenticate` raises."""
    caller = await authenticate(request)
    if caller.account is None:
        raise KeyMissing
    return caller, caller.account


def json_answer(document: object) -> Response:
    """A document as an answer."""
    return Response(orjson.dumps(document), media_type="application/json")
