"""The routes that answer with numbers: embeddings, rerank, moderations."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from starlette.requests import Request
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.identity import Caller
from commonweight.plans import Admitted, Demand
from commonweight.serving import Mode, Offer, Replica, addressing
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.asked import read_document
from commonweight.wire.openai.call import Call
from commonweight.wire.openai.embeddings import embed, embedding_request
from commonweight.wire.openai.engine_talk import EngineTalk, WholeAnswer
from commonweight.wire.openai.errors import dress
from commonweight.wire.openai.inference import Inference
from commonweight.wire.openai.moderations import moderate, moderation_request
from commonweight.wire.openai.rerank import rerank, rerank_request


class VectorsWire:
    """
    /v1/embeddings, /v1/rerank and /v1/moderations.

    `numbers_only`: vectors go out as numbers whatever was asked. The official Python client asks for base64 by itself, and
    in its strict mode it refuses what it asked for.
    """

    def __init__(self, inference: Inference, *, numbers_only: bool = False) -> None:
        self._inference = inference
        self._numbers_only = numbers_only

    def group(self) -> Group:
        """The routes, with the OpenAI shape for their errors."""
        routes = (
            Route(("POST",), "/v1/embeddings", self.embeddings, Needs.KEY),
            Route(("POST",), "/v1/rerank", self.rerank, Needs.KEY),
            Route(("POST",), "/v1/moderations", self.moderations, Needs.KEY),
        )
        return Group("/v1/embeddings", routes, dress)

    async def embeddings(self, request: Request) -> ASGIApp:
        """`POST /v1/embeddings`."""
        caller = await self._inference.caller(request)
        document = await read_document(request)
        witness = await self._inference.witness(request, caller, document)
        body, screen = await self._inference.screened(caller, document)
        asked = embedding_request(body)
        asked = replace(asked, as_base64=asked.as_base64 and not self._numbers_only)
        offer = await self._inference.offer(caller, asked.model, Mode.EMBEDDINGS)
        admitted = await self._admit(caller, offer, "embeddings", asked.model, asked.prompt_tokens_at_most)
        talk = self._talk(offer, admitted, "input")
        return WholeAnswer("embeddings", offer, talk, admitted, lambda: embed(talk, offer, asked), screen, witness)

    async def rerank(self, request: Request) -> ASGIApp:
        """`POST /v1/rerank`."""
        caller = await self._inference.caller(request)
        document = await read_document(request)
        witness = await self._inference.witness(request, caller, document)
        body, screen = await self._inference.screened(caller, document)
        asked = rerank_request(body)
        offer = await self._inference.offer(caller, asked.model, Mode.RERANK)
        admitted = await self._admit(caller, offer, "rerank", asked.model, asked.prompt_tokens_at_most)
        talk = self._talk(offer, admitted, "documents")
        return WholeAnswer("rerank", offer, talk, admitted, lambda: rerank(talk, offer, asked), screen, witness)

    async def moderations(self, request: Request) -> ASGIApp:
        """`POST /v1/moderations`."""
        caller = await self._inference.caller(request)
        document = await read_document(request)
        witness = await self._inference.witness(request, caller, document)
        body, screen = await self._inference.screened(caller, document)
        asked = moderation_request(body)
        offer = await self._inference.offer(caller, asked.model)
        prompt, completion = asked.prompt_tokens_at_most, asked.completion_tokens_at_most
        admitted = await self._admit(caller, offer, "moderations", asked.model, prompt, completion)
        talk = self._talk(offer, admitted, "input")
        return WholeAnswer("moderations", offer, talk, admitted, lambda: moderate(talk, offer, asked), screen, witness)

    async def _admit(self, caller: Caller, offer: Offer, kind: str, name: str, prompt: int, completion: int = 0) -> Admitted:
        return await self._inference.admit(caller, offer, Demand(kind, prompt, completion, name=name))

    def _talk(self, offer: Offer, admitted: Admitted, prompt_field: str) -> EngineTalk:
        call = Call(offer.servable, "", _nothing, prompt_field, instead=offer.alternatives, ticket=admitted.ticket)
        patience = self._inference.patience.hold_whole
        return EngineTalk(self._inference.upstream, call, patience, address=partial(_address, offer))


def _address(offer: Offer, replica: Replica) -> Document:
    """Which weights are meant: an adapter of the model asked for, or of one that answers instead."""
    offers = (offer, *offer.alternatives)
    adapter = next((one.adapter for one in offers if one.servable.key == replica.model.key), "")
    return addressing(replica.traits, adapter)


def _nothing(replica: Replica) -> bytes:
    """Each request of a talk has a body of its own."""
    return b""
