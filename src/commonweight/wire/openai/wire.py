"""The routes of the OpenAI API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.identity import Caller
from commonweight.serving import Catalogue, Listing, Mode, ModelRefused, Offer, Router, parse_model_name
from commonweight.wire.openai.asked import Asked, read_document
from commonweight.wire.openai.chat_answer import ChatAnswer
from commonweight.wire.openai.chat_request import chat_request
from commonweight.wire.openai.completion_answer import CompletionAnswer
from commonweight.wire.openai.completion_request import completion_request
from commonweight.wire.openai.errors import BadRequest, KeyMissing, dress
from commonweight.wire.openai.generation import Generation, Kind
from commonweight.wire.openai.receipts import receipts_of
from commonweight.wire.openai.stream import Patience
from commonweight.wire.openai.upstream import Upstream

Authenticate = Callable[[Request], Awaitable[Caller]]
Understand = Callable[[Mapping[str, Any]], Asked]

CHAT = Kind("/v1/chat/completions", "chatcmpl-", "messages", lambda head, asked: ChatAnswer(head, asked.include_usage))
COMPLETION = Kind(
    "/v1/completions", "cmpl-", "prompt", lambda head, asked: CompletionAnswer(head, asked.echo, asked.include_usage)
)


class OpenAIWire:
    """
    Everything below /v1. `authenticate` names the caller of a request (raises NotAuthenticated); a caller without a
    key is refused here.
    """

    def __init__(
        self,
        *,
        authenticate: Authenticate,
        catalogue: Catalogue,
        router: Router,
        session: aiohttp.ClientSession,
        patience: Patience | None = None,
    ) -> None:
        self._authenticate = authenticate
        self._catalogue = catalogue
        self._upstream = Upstream(router, session)
        self._patience = patience or Patience()

    def group(self) -> Group:
        """The routes, with the OpenAI shape for their errors and for whatever else is below /v1."""
        routes = (
            Route(("GET",), "/v1/models", self.models, Needs.KEY),
            Route(("GET",), "/v1/models/{name...}", self.model, Needs.KEY),
            Route(("POST",), "/v1/chat/completions", self.chat, Needs.KEY),
            Route(("POST",), "/v1/completions", self.completions, Needs.KEY),
        )
        return Group("/v1", routes, dress)

    async def models(self, request: Request) -> ASGIApp:
        """`GET /v1/models`."""
        listings = await self._catalogue.list(await self._caller(request))
        return _json({"object": "list", "data": [_model(listing) for listing in listings]})

    async def model(self, request: Request) -> ASGIApp:
        """`GET /v1/models/{name}`; the name may hold slashes, raw or as %2F."""
        caller = await self._caller(request)
        name = request.path_params["name"]
        parse_model_name(name)
        for listing in await self._catalogue.list(caller):
            if listing.id == name:
                return _json(_model(listing))
        offer = await self._catalogue.resolve(caller, name)
        owner = offer.servable.repository.partition("/")[0]
        return _json(_model(Listing(name, offer.created, owner, offer.terms)))

    async def chat(self, request: Request) -> ASGIApp:
        """`POST /v1/chat/completions`."""
        return await self._generate(request, CHAT, chat_request)

    async def completions(self, request: Request) -> ASGIApp:
        """`POST /v1/completions`."""
        return await self._generate(request, COMPLETION, completion_request)

    async def _generate(self, request: Request, kind: Kind, understand: Understand) -> ASGIApp:
        caller = await self._caller(request)
        asked = understand(await read_document(request))
        parse_model_name(asked.model)
        offer = await self._catalogue.resolve(caller, asked.model)
        receipts = receipts_of(offer)
        _check_allowed(offer, receipts)
        _check_generates(offer, asked.model)
        return Generation(kind, asked, offer, self._upstream, self._patience, receipts)

    async def _caller(self, request: Request) -> Caller:
        caller = await self._authenticate(request)
        if caller.is_anonymous:
            raise KeyMissing
        return caller


def _check_allowed(offer: Offer, receipts: Mapping[str, str]) -> None:
    """Raises ModelRefused, with the receipts that say by which verdict."""
    if offer.refused is not None:
        raise ModelRefused(offer.refused.message, headers=receipts)


def _check_generates(offer: Offer, name: str) -> None:
    """Raises BadRequest for a model that was made for something else."""
    if offer.servable.mode is not Mode.CHAT:
        message = f"The model {name!r} is for {offer.servable.mode}; it does not generate text."
        raise BadRequest(message, param="model", kind="unsupported_value")


def _model(listing: Listing) -> dict[str, Any]:
    document = {"id": listing.id, "object": "model", "created": listing.created, "owned_by": listing.owned_by}
    return {**document, "terms": list(listing.terms)}


def _json(document: Any) -> Response:
    return Response(orjson.dumps(document), media_type="application/json")
