"""The routes of the OpenAI API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.serving import Listing, Mode, Target, parse_model_name
from commonweight.wire.openai.asked import Asked, read_document
from commonweight.wire.openai.chat_answer import ChatAnswer
from commonweight.wire.openai.chat_request import chat_request
from commonweight.wire.openai.completion_answer import CompletionAnswer
from commonweight.wire.openai.completion_request import completion_request
from commonweight.wire.openai.embeddings import CUTTABLE
from commonweight.wire.openai.errors import dress
from commonweight.wire.openai.functions import FunctionAnswer
from commonweight.wire.openai.inference import Inference
from commonweight.wire.openai.offered import Reports, no_reports, offered
from commonweight.wire.openai.order import Kind
from commonweight.wire.openai.stored import StoredCompletions

Understand = Callable[[Mapping[str, Any]], Asked]

CHAT = Kind(
    "/v1/chat/completions",
    "chatcmpl-",
    "messages",
    lambda head, asked: (FunctionAnswer if asked.functions else ChatAnswer)(head, asked.include_usage),
)
COMPLETION = Kind(
    "/v1/completions",
    "cmpl-",
    "prompt",
    lambda head, asked: CompletionAnswer(head, asked.echo, asked.include_usage, asked.top),
    route="completions",
)


class OpenAIWire:
    """Everything below /v1 that OpenAI's oldest routes are: models, chat, completions."""

    def __init__(self, inference: Inference, stored: StoredCompletions, reports: Reports = no_reports) -> None:
        """`reports` gives what checks of a repository at a commit found, newest first."""
        self._inference = inference
        self._stored = stored
        self._reports = reports

    def group(self) -> Group:
        """The routes, with the OpenAI shape for their errors and for whatever else is below /v1."""
        routes = (
            Route(("GET",), "/v1/models", self.models, Needs.KEY),
            Route(("GET",), "/v1/models/{name...}", self.model, Needs.KEY),
            Route(("POST",), "/v1/chat/completions", self.chat, Needs.KEY),
            Route(("POST",), "/v1/completions", self.completions, Needs.KEY),
        )
        return Group("/v1", routes, dress, closed=True)

    async def models(self, request: Request) -> ASGIApp:
        """`GET /v1/models`."""
        listings = await self._inference.catalogue.list(await self._inference.caller(request))
        return _json({"object": "list", "data": [_model(listing) for listing in listings]})

    async def model(self, request: Request) -> ASGIApp:
        """`GET /v1/models/{name}`; the name may hold slashes, raw or as %2F."""
        caller = await self._inference.caller(request)
        name = request.path_params["name"]
        parse_model_name(name)
        offer = await self._inference.catalogue.resolve(caller, name)
        owner, model = offer.name.partition("/")[0], offer.servable
        leaves = model.target is Target.REMOTE
        document = _model(Listing(name, offer.created, owner, offer.terms, model.mode, offer.about, leaves))
        reports = await self._reports(model.repository, model.commit)
        known = offered([one for one in reports if one.path == model.path])
        known["capabilities"] = {**document["capabilities"], **known.get("capabilities", {})}
        return _json({**document, **known})

    async def chat(self, request: Request) -> ASGIApp:
        """`POST /v1/chat/completions`."""
        caller = await self._inference.caller(request)
        body = await read_document(request)
        witness = await self._inference.witness(request, caller, body)
        body, screen = await self._inference.screened(caller, body)
        asked = chat_request(body)
        if body.get("store"):
            return await self._stored.generate(caller, CHAT, body, asked, witness, screen)
        return await self._inference.generate(caller, CHAT, asked, witness=witness, screen=screen)

    async def completions(self, request: Request) -> ASGIApp:
        """`POST /v1/completions`."""
        return await self._generate(request, COMPLETION, completion_request)

    async def _generate(self, request: Request, kind: Kind, understand: Understand) -> ASGIApp:
        caller = await self._inference.caller(request)
        document = await read_document(request)
        witness = await self._inference.witness(request, caller, document)
        document, screen = await self._inference.screened(caller, document)
        return await self._inference.generate(caller, kind, understand(document), witness=witness, screen=screen)


def _model(listing: Listing) -> dict[str, Any]:
    """OpenAI's fields, and what else is known without running it."""
    about = listing.about
    document = {"id": listing.id, "object": "model", "created": listing.created, "owned_by": listing.owned_by}
    document |= {"terms": list(listing.terms), "capabilities": dict.fromkeys(_capabilities(listing), True)}
    document |= {"base_models": list(about.base_models)}
    document |= {"leaves_house": True} if listing.leaves_house else {}
    return {**document, "context_length": about.context_tokens} if about.context_tokens else document


def _capabilities(listing: Listing) -> list[str]:
    """The routes that it answers, as far as its card and its file say."""
    if listing.mode is Mode.CHAT:
        return ["chat", "completions", *(["vision"] if listing.about.vision else [])]
    cuttable = listing.mode is Mode.EMBEDDINGS and CUTTABLE in listing.about.tags
    return [listing.mode.value, *(["dimensions"] if cuttable else [])]


def _json(document: Any) -> Response:
    return Response(orjson.dumps(document), media_type="application/json")
