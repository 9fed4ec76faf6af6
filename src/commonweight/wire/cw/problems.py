"""Every error of the own API as problem+json, also those that the framework raises."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import dress_as_problem
from commonweight.errors import CommonweightError, InvalidInput, MethodNotAllowed, NotFound

log = logging.getLogger("commonweight.request")

MAX_SHOWN = 5  # complaints about one body; the first ones usually cause the others
DESCRIBED_AT = "GET /cw/v1/openapi.json describes what is expected."


def dress_errors(app: FastAPI) -> None:
    """Give the application its one error shape."""
    app.add_exception_handler(CommonweightError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, CommonweightError)
    response = dress_as_problem(request, error)
    for name, value in error.headers.items():
        response.headers.setdefault(name, value)
    return response


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    complaints = [_complaint(one) for one in error.errors()[:MAX_SHOWN]]
    return await _ours(request, InvalidInput(" ".join(complaints), hint=DESCRIBED_AT))


def _complaint(error: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"])
    came = f"; got {error['input']!r:.80}" if error.get("type") not in ("missing", "json_invalid") else ""
    return f"{place}: {error['msg']}{came}."


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == NotFound.status:
        return await _ours(request, NotFound(f"There is nothing at {path!r}.", hint=DESCRIBED_AT))
    if error.status_code == MethodNotAllowed.status:
        headers = dict(error.headers or {})
        return await _ours(request, MethodNotAllowed(f"{request.method} is not possible at {path!r}.", headers=headers))
    return await _ours(request, InvalidInput(str(error.detail), hint=DESCRIBED_AT))


async def _unexpected(request: Request, error: Exception) -> Response:
    """The request border of this application; the framework logs the traceback as it raises on."""
    log.error("request failed: %s %s: %r", request.method, request.url.path, error)
    hint = f"Tell the operator this request id: {request.scope.get('state', {}).get('request_id', '')}."
    return dress_as_problem(request, CommonweightError("Something went wrong on the server.", hint=hint))
