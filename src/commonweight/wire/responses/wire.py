"""The routes of the Responses API."""

from __future__ import annotations

import secrets
from dataclasses import replace

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.identity import Caller
from commonweight.serving import ModelNotFound
from commonweight.wire.openai.answer import Document, Head
from commonweight.wire.openai.asked import Asked, read_document
from commonweight.wire.openai.counting import Counter
from commonweight.wire.openai.errors import BadRequest, dress
from commonweight.wire.openai.generation import Kind
from commonweight.wire.openai.inference import Inference
from commonweight.wire.responses.answer import ID_PREFIX, ResponseAnswer, failed_early
from commonweight.wire.responses.items import resolved
from commonweight.wire.responses.request import ResponseAsked, response_request

ENGINE_PATH = "/v1/chat/completions"
DEFAULT_ALIAS = "default"  # what answers where a request names no model, if an administrator made such an alias


class ResponsesWire:
    """Everything below /v1/responses."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._counter = Counter(inference.upstream, inference.patience.hold_whole)

    def group(self) -> Group:
        """The routes, with the OpenAI shape for their errors."""
        routes = (
            Route(("POST",), "/v1/responses", self.create, Needs.KEY),
            Route(("POST",), "/v1/responses/input_tokens", self.input_tokens, Needs.KEY),
        )
        return Group("/v1/responses", routes, dress)

    async def create(self, request: Request) -> ASGIApp:
        """`POST /v1/responses`."""
        caller = await self._inference.caller(request)
        document = await read_document(request)
        witness = self._inference.witness(request, caller, document)
        asked = await self._understood(document, caller)
        items = resolved(asked.items, _not_kept)
        response_id = ID_PREFIX + secrets.token_hex(15)

        def answer(head: Head, _: Asked) -> ResponseAnswer:
            return ResponseAnswer(replace(head, id=response_id), asked, stored=False)

        kind = Kind(ENGINE_PATH, ID_PREFIX, "input", answer, failed_early, route="responses")
        return await self._inference.generate(caller, kind, asked.chat(items), witness=witness)

    async def input_tokens(self, request: Request) -> ASGIApp:
        """`POST /v1/responses/input_tokens`."""
        caller = await self._inference.caller(request)
        asked = await self._understood(await read_document(request), caller)
        offer = await self._inference.offer(caller, asked.model)
        chat = asked.chat(resolved(asked.items, _not_kept)).upstream
        count = await self._counter.tokens(offer, chat)
        return _json({"object": "response.input_tokens", "input_tokens": count})

    async def _understood(self, body: Document, caller: Caller) -> ResponseAsked:
        default = "" if body.get("model") else await self._default(caller)
        return response_request(body, default)

    async def _default(self, caller: Caller) -> str:
        """The alias for requests without a model. Raises BadRequest where there is none."""
        try:
            await self._inference.catalogue.resolve(caller, DEFAULT_ALIAS)
        except ModelNotFound:
            hint = f"Name one, or have an administrator make the alias {DEFAULT_ALIAS!r}."
            message = f"Missing required parameter: 'model'. {hint}"
            raise BadRequest(message, param="model", kind="missing_required_parameter") from None
        return DEFAULT_ALIAS


def _not_kept(where: str, item_id: str) -> Document:
    message = f"Nothing is kept under {item_id!r}; pass the item itself."
    raise BadRequest(message, param=where, kind="not_found")


def _json(document: Document) -> Response:
    return Response(orjson.dumps(document), media_type="application/json")
