"""
The OpenAI error shape, for everything below /v1.

    {"error": {"message": …, "type": …, "param": … | null, "code": … | null}}     all four keys, `code` a string
"""

from __future__ import annotations

import re
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from commonweight.errors import CommonweightError, InvalidInput, NotAuthenticated, TooLarge
from commonweight.plans import Limited
from commonweight.serving import EngineLost, EngineOverloaded

INVALID = "invalid_request_error"
SERVER = "server_error"
RETRY_AFTER_BUSY_S = 2  # an engine that refuses work without saying for how long

#: Our words where OpenAI's clients know another one. Words that are not here pass as they are.
CODES = {
    "invalid_input": "invalid_value",
    "not_authenticated": "invalid_api_key",
    "invalid_credentials": "invalid_api_key",
    "not_allowed": "insufficient_permissions",
    "too_large": "request_too_large",
}
TYPES = {403: "permission_error", 429: "requests", 500: SERVER, 503: SERVER}

_UNREAD = ("Failed to parse", "[json.exception.")  # llama.cpp's words, with status 500, for what it could not read
_GRAMMAR = "empty grammar stack"  # llama.cpp's word, with status 500; the engine is well
_TOO_LARGE = re.compile(r"input \((\d+) tokens\) is too large to process.*batch size: (\d+)")


_SCHEMA, _PARSER = "JSON schema error", "Automatic parser generation failed: "  # llama.cpp's words for a schema it refuses


class BadRequest(InvalidInput):
    """A field of the request is missing, of the wrong type or out of range."""

    def __init__(self, detail: str, *, param: str | None = None, kind: str = "invalid_value") -> None:
        super().__init__(detail)
        self.param = param
        self.kind = kind


class GrammarEnded(BadRequest):
    """A grammar asked llama.cpp for a token that ends an answer."""


class KeyMissing(NotAuthenticated):
    code = "invalid_api_key"

    def __init__(self) -> None:
        super().__init__(
            "You did not provide an API key.", hint="Send it as 'Authorization: Bearer KEY'; a token of this server is one."
        )


class RequestTooLarge(TooLarge):
    code = "request_too_large"


def error_document(error: CommonweightError) -> dict[str, Any]:
    """The body of an error answer, also sent as an event once a stream has begun."""
    status = _status(error)
    code = error.kind if isinstance(error, BadRequest) else CODES.get(error.code, error.code)
    param = error.param if isinstance(error, BadRequest) else "model" if error.code == "model_not_found" else None
    kind = error.of if isinstance(error, Limited) else TYPES.get(status, INVALID if status < 500 else SERVER)
    return {"error": {"message": error.sentence, "type": kind, "param": param, "code": code}}


def _status(error: CommonweightError) -> int:
    return 400 if error.status == 422 else error.status  # clients have no class for it that says more


def dress(request: Request, error: CommonweightError) -> Response:
    """An error as an answer. A status of 5xx is retried by clients: `retry-after` comes with it where it is known."""
    return Response(orjson.dumps(error_document(error)), status_code=_status(error), media_type="application/json")


def error_of_engine(status: int, document: Any, prompt_field: str) -> CommonweightError:
    """What an engine's own error means. `prompt_field` names the field that holds the prompt: `messages` or `prompt`."""
    said = document.get("error") if isinstance(document, dict) else None
    said = said if isinstance(said, dict) else {}
    message, kind = str(said.get("message") or "The engine refused the request."), said.get("type")
    if kind == "exceed_context_size_error":
        return _too_long(said, prompt_field)
    if _SCHEMA in message:
        return BadRequest(message.rpartition(_PARSER)[2], param="response_format", kind="unsupported_value")
    if _GRAMMAR in message:
        return GrammarEnded(message)
    too_large = _TOO_LARGE.search(message)
    if too_large:  # llama.cpp's word for a text that an embedding model cannot read at once; it answers 500
        return _too_long({"n_prompt_tokens": too_large[1], "n_ctx": too_large[2]}, prompt_field)
    if status in (400, 422) or kind == INVALID or any(word in message for word in _UNREAD):
        return BadRequest(message)
    if status == 501 or "not supported" in message:  # llama.cpp answers 500 to a picture: a retry would be of no use
        return BadRequest(message, kind="unsupported_value", param=prompt_field)
    if status in (429, 503):
        return EngineOverloaded(f"The engine is overloaded: {message}", RETRY_AFTER_BUSY_S)
    return EngineLost(f"The engine failed: {message}")


def _too_long(said: dict[str, Any], prompt_field: str) -> BadRequest:
    limit, came = said.get("n_ctx", "?"), said.get("n_prompt_tokens", "?")
    message = (
        f"This model's maximum context length is {limit} tokens. However, your {prompt_field} resulted in {came} tokens. "
        f"Please reduce the length of the {prompt_field}."
    )
    return BadRequest(message, param=prompt_field, kind="context_length_exceeded")
