"""
Anthropic's error shape, for everything below /v1/messages.

    {"type": "error", "error": {"type": …, "message": …}, "request_id": …}     the id is also the header `request-id`
"""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from commonweight.errors import CommonweightError
from commonweight.wire.openai.errors import BadRequest

REQUEST_ID: Final = "request-id"

#: By status, as Anthropic's documentation of errors lists them.
TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    503: "overloaded_error",
}


def error_document(error: CommonweightError) -> dict[str, Any]:
    """The body of an error answer, also sent as an event once a stream has begun."""
    message = error.sentence
    if isinstance(error, BadRequest) and error.param and error.param not in message:
        message = f"{error.param}: {message}"
    kind = TYPES.get(_status(error), "invalid_request_error" if _status(error) < 500 else "api_error")
    return {"type": "error", "error": {"type": kind, "message": message}}


def _status(error: CommonweightError) -> int:
    return 400 if error.status == 422 else error.status


def dress(request: Request, error: CommonweightError) -> Response:
    """An error as an answer. A status of 5xx is retried by clients."""
    request_id = request_id_of(request)
    body = orjson.dumps({**error_document(error), "request_id": request_id})
    headers = {REQUEST_ID: request_id}
    return Response(body, status_code=_status(error), media_type="application/json", headers=headers)


def request_id_of(request: Request) -> str:
    """The id that every answer of this server carries."""
    return str(request.scope.get("state", {}).get("request_id", ""))
