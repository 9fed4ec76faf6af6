"""The routes of models that generate nothing: embeddings and rerank."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.identity import Caller
from commonweight.plans import Demand
from commonweight.serving import Mode, Offer
from commonweight.wire.openai.asked import read_document
from commonweight.wire.openai.embeddings import embed, embedding_request
from commonweight.wire.openai.engine_talk import EngineTalk, WholeAnswer
from commonweight.wire.openai.errors import dress
from commonweight.wire.openai.inference import Inference
from commonweight.wire.openai.receipts import receipts_of
from commonweight.wire.openai.rerank import rerank, rerank_request

MARKS = 8  # tokens that a tokenizer puts around each text


class VectorsWire:
    """/v1/embeddings and /v1/rerank."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    def group(self) -> Group:
        """The routes, with the OpenAI shape for their errors."""
        routes = (
            Route(("POST",), "/v1/embeddings", self.embeddings, Needs.KEY),
            Route(("POST",), "/v1/rerank", self.rerank, Needs.KEY),
        )
        return Group("/v1/embeddings", routes, dress)

    async def embeddings(self, request: Request) -> ASGIApp:
        """`POST /v1/embeddings`."""
        caller = await self._inference.caller(request)
        asked = embedding_request(await read_document(request))
        offer = await self._inference.offer(caller, asked.model, Mode.EMBEDDINGS)
        size = sum(len(text.encode()) + MARKS for text in asked.inputs)
        talk = await self._talk(caller, offer, "input", Demand("embeddings", size, 0, name=asked.model))
        return WholeAnswer("embeddings", offer, receipts_of(offer), talk, lambda: embed(talk, offer, asked))

    async def rerank(self, request: Request) -> ASGIApp:
        """`POST /v1/rerank`."""
        caller = await self._inference.caller(request)
        asked = rerank_request(await read_document(request))
        offer = await self._inference.offer(caller, asked.model, Mode.RERANK)
        query = len(asked.query.encode())
        size = sum(query + len(document.encode()) + MARKS for document in asked.documents)
        talk = await self._talk(caller, offer, "documents", Demand("rerank", size, 0, name=asked.model))
        return WholeAnswer("rerank", offer, receipts_of(offer), talk, lambda: rerank(talk, offer, asked))

    async def _talk(self, caller: Caller, offer: Offer, prompt_field: str, demand: Demand) -> EngineTalk:
        admitted = await self._inference.admit(caller, offer, demand)
        inference = self._inference
        return EngineTalk(inference.upstream, offer, prompt_field, inference.patience.hold_whole, admitted)
