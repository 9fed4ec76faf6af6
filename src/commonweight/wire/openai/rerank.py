"""`POST /v1/rerank`, in the shape of Jina and Cohere: how well does each document answer a query?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from commonweight.serving import EngineLost, Offer, Replica
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.engine_talk import EngineTalk
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import boolean, check_fields, integer, required, text, wrong_type

MAX_DOCUMENTS: Final = 1000  # of one request, as Cohere has it
DOCUMENTS_AT_ONCE: Final = 32  # of one request to the engine: what goes on for a client who has left


@dataclass(frozen=True)
class RerankAsked:
    """A checked request."""

    model: str
    query: str
    documents: Sequence[str]
    top: int
    with_documents: bool

    @property
    def prompt_tokens_at_most(self) -> int:
        """The query is read with each document, four tokens mark the ends; none has less than a byte."""
        each = len(self.query.encode()) + 4
        return sum(len(one.encode()) + each for one in self.documents)


def rerank_request(body: Mapping[str, Any]) -> RerankAsked:
    """Raises BadRequest that names the first field with nonsense in it."""
    model, query = required(body, "model"), required(body, "query")
    text("model", model)
    text("query", query)
    documents = _documents(required(body, "documents"))
    check_fields(body, {"top_n": integer(1), "return_documents": boolean})
    top = min(body.get("top_n") or len(documents), len(documents))
    return RerankAsked(model, query, documents, top, bool(body.get("return_documents")))


def _documents(value: Any) -> Sequence[str]:
    if not isinstance(value, list):
        raise wrong_type("documents", "an array of strings", value)
    if not 1 <= len(value) <= MAX_DOCUMENTS:
        message = f"Invalid 'documents': expected 1 to {MAX_DOCUMENTS} of them, but got {len(value)}."
        raise BadRequest(message, param="documents", kind="array_above_max_length" if value else "empty_array")
    return [_document(f"documents[{i}]", one) for i, one in enumerate(value)]


def _document(where: str, value: Any) -> str:
    said = value.get("text") if isinstance(value, Mapping) else value
    if not isinstance(said, str):
        raise wrong_type(where, "a string, or an object with a 'text'", value)
    return said


async def rerank(talk: EngineTalk, offer: Offer, asked: RerankAsked) -> Document:
    """The answer. Raises what the engine's failures mean."""
    scores: list[float] = []
    name = offer.name
    for at in range(0, len(asked.documents), DOCUMENTS_AT_ONCE):
        some = asked.documents[at : at + DOCUMENTS_AT_ONCE]
        replica, document = await talk.ask("/v1/rerank", partial(_body, query=asked.query, documents=some))
        scores += _scores(document, len(some))
        name = replica.model.name
    best = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[: asked.top]
    results: list[dict[str, Any]] = [{"index": i, "relevance_score": relevance(scores[i])} for i in best]
    if asked.with_documents:
        results = [{**one, "document": {"text": asked.documents[one["index"]]}} for one in results]
    usage = {"prompt_tokens": talk.prompt_tokens, "total_tokens": talk.prompt_tokens}
    return {"object": "list", "model": name, "results": results, "usage": usage}


def _body(replica: Replica, *, query: str, documents: Sequence[str]) -> Document:
    return {"query": query, "documents": list(documents)}


def _scores(document: Mapping[str, Any], count: int) -> list[float]:
    """In the order of the documents. Raises EngineLost for anything but one for each."""
    try:
        found = {int(one["index"]): float(one["relevance_score"]) for one in document["results"]}
    except (KeyError, TypeError, ValueError):
        found = {}
    if found.keys() != set(range(count)) or any(math.isnan(score) for score in found.values()):
        raise EngineLost("The engine did not score each document.")
    return [found[i] for i in range(count)]


def relevance(score: float) -> float:
    """From 0 to 1, as clients expect: the logistic function of the score that the model's head gives."""
    return 1 / (1 + math.exp(-score)) if score >= 0 else math.exp(score) / (1 + math.exp(score))
