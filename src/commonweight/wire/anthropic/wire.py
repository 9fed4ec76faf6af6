"""The routes of Anthropic's Messages API."""

from __future__ import annotations

from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.identity import Caller
from commonweight.plans import Demand
from commonweight.wire.anthropic.answer import ID_PREFIX, MessageAnswer, failed_early
from commonweight.wire.anthropic.errors import REQUEST_ID, dress, request_id_of
from commonweight.wire.anthropic.request import message_request
from commonweight.wire.openai.asked import read_document
from commonweight.wire.openai.counting import Counter
from commonweight.wire.openai.inference import Inference, check_seen
from commonweight.wire.openai.order import Kind

KEY_HEADER: Final = b"x-api-key"
MESSAGE: Final = Kind(
    "/v1/chat/completions", ID_PREFIX, "messages", lambda head, asked: MessageAnswer(head), failed_early, route="messages"
)


class AnthropicWire:
    """Everything below /v1/messages. `anthropic-version` and `anthropic-beta` are accepted, whatever they say."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._counter = Counter(inference.upstream, inference.patience.hold_whole)

    def group(self) -> Group:
        """The routes, with Anthropic's shape for their errors."""
        routes = (
            Route(("POST",), "/v1/messages", self.create, Needs.KEY),
            Route(("POST",), "/v1/messages/count_tokens", self.count_tokens, Needs.KEY),
        )
        return Group("/v1/messages", routes, dress)

    async def create(self, request: Request) -> ASGIApp:
        """`POST /v1/messages`."""
        caller = await self._caller(request)
        document = await read_document(request)
        witness = await self._inference.witness(request, caller, document)
        document, screen = await self._inference.screened(caller, document)
        headers = {REQUEST_ID: request_id_of(request)}
        return await self._inference.generate(caller, MESSAGE, message_request(document), headers, witness, screen)

    async def count_tokens(self, request: Request) -> ASGIApp:
        """`POST /v1/messages/count_tokens`."""
        caller = await self._caller(request)
        asked = message_request(await read_document(request), counting=True)
        offer = await self._inference.offer(caller, asked.model)
        check_seen(offer, MESSAGE.prompt_field, asked)
        admitted = await self._inference.admit(caller, offer, Demand("messages.count_tokens", 0, 0, name=asked.model))
        try:
            count = await self._counter.tokens(offer, asked)
        finally:
            admitted.release()  # a request, and no tokens
        headers = {REQUEST_ID: request_id_of(request)}
        return Response(orjson.dumps({"input_tokens": count}), media_type="application/json", headers=headers)

    async def _caller(self, request: Request) -> Caller:
        """The key comes as `x-api-key`, or as elsewhere. Raises NotAuthenticated."""
        headers = request.scope["headers"]
        key = next((value for name, value in headers if name == KEY_HEADER), None)
        if key is None or "authorization" in request.headers:
            return await self._inference.caller(request)
        given = [*headers, (b"authorization", b"Bearer " + key)]
        return await self._inference.caller(Request({**request.scope, "headers": given}))
