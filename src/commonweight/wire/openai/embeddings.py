"""`POST /v1/embeddings` (contract, section 5)."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from commonweight.serving import Dialect, EngineLost, Offer, Replica
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.engine_talk import EngineTalk
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import check_fields, integer, required, text, wrong_type

MAX_INPUTS: Final = 2048  # OpenAI's
INPUTS_AT_ONCE: Final = 32  # of one request to the engine: work that goes on for a client who has left is no more than this
MAX_DIMENSIONS: Final = 1 << 20  # of any model there is; the model's own number is checked against its vectors
CUTTABLE: Final = "matryoshka"  # the tag of models whose vectors may be cut (sentence-transformers writes it)
FOREIGN_TOKENS: Final = (
    "'input' holds token ids. They mean nothing to this model, which has a tokenizer of its own: send text. "
    "With LangChain's OpenAIEmbeddings, set check_embedding_ctx_length=False."
)

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class EmbeddingAsked:
    """A checked request. `dimensions` 0: as many as the model gives."""

    model: str
    inputs: Sequence[str]
    as_base64: bool = False
    dimensions: int = 0

    @property
    def prompt_tokens_at_most(self) -> int:
        """No tokenizer makes more tokens than there are bytes; two mark the ends."""
        return sum(len(one.encode()) + 2 for one in self.inputs)


def embedding_request(body: Mapping[str, Any]) -> EmbeddingAsked:
    """Raises BadRequest that names the first field with nonsense in it."""
    model = required(body, "model")
    text("model", model)
    inputs = _inputs(required(body, "input"))
    check_fields(body, {"dimensions": integer(1, MAX_DIMENSIONS), "user": text, "encoding_format": text})
    form = body.get("encoding_format") or "float"
    if form not in ("float", "base64"):
        raise BadRequest(f"Invalid 'encoding_format': {form!r}; expected 'float' or 'base64'.", param="encoding_format")
    return EmbeddingAsked(model, inputs, form == "base64", body.get("dimensions") or 0)


def _inputs(value: Any) -> Sequence[str]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        raise wrong_type("input", "a string or an array of strings", value)
    if items and all(type(item) is int or isinstance(item, list) for item in items):
        raise BadRequest(FOREIGN_TOKENS, param="input", kind="unsupported_value")
    if not 1 <= len(items) <= MAX_INPUTS:
        message = f"Invalid 'input': expected 1 to {MAX_INPUTS} strings, but got {len(items)}."
        raise BadRequest(message, param="input", kind="array_above_max_length" if items else "empty_array")
    for i, item in enumerate(items):
        if not isinstance(item, str):
            raise wrong_type(f"input[{i}]", "a string", item)
        if not item:
            raise BadRequest(f"Invalid 'input[{i}]': an empty string has no embedding.", param=f"input[{i}]")
    return items


async def embed(talk: EngineTalk, offer: Offer, asked: EmbeddingAsked) -> Document:
    """The answer. Raises what the engine's failures mean, BadRequest for dimensions that it has not."""
    parts, name = [], offer.name
    for at in range(0, len(asked.inputs), INPUTS_AT_ONCE):
        some = asked.inputs[at : at + INPUTS_AT_ONCE]
        replica, document = await talk.ask("/v1/embeddings", partial(_body, inputs=some))
        parts.append(cut(_vectors(document, len(some)), asked.dimensions, CUTTABLE in offer.about.tags))
        name = replica.model.name
    vectors = np.concatenate(parts)
    data = [{"object": "embedding", "index": i, "embedding": one} for i, one in enumerate(_written(vectors, asked))]
    usage = {"prompt_tokens": talk.prompt_tokens, "total_tokens": talk.prompt_tokens}
    return {"object": "list", "data": data, "model": name, "usage": usage}


def _body(replica: Replica, *, inputs: Sequence[str]) -> Document:
    """llama.cpp writes base64 too, which is a quarter of the bytes; of others not all do."""
    form = "base64" if replica.traits.dialect is Dialect.LLAMACPP else "float"
    return {"input": list(inputs), "encoding_format": form}


def _vectors(document: Mapping[str, Any], count: int) -> Vectors:
    """The rows in the order of the inputs. Raises EngineLost for anything but one for each."""
    try:
        rows = sorted(document["data"], key=lambda one: int(one["index"]))
        read = [_vector(one["embedding"]) for one in rows]
        if len(read) == count and len({len(one) for one in read}) == 1 and read[0].size:
            return np.stack(read)
    except (KeyError, TypeError, ValueError):
        pass
    raise EngineLost("The engine did not answer with one vector for each input.")


def _vector(said: Any) -> Vectors:
    if isinstance(said, str):
        return np.frombuffer(base64.b64decode(said, validate=True), "<f4")
    return np.asarray(said, np.float32)


def cut(vectors: Vectors, dimensions: int, cuttable: bool) -> Vectors:
    """
    The first `dimensions` numbers of each row, brought back to length 1; 0: all of them.

    Raises BadRequest where the model has fewer, or was not trained so that its first numbers mean something alone.
    """
    given = vectors.shape[1]
    if dimensions in (0, given):
        return vectors
    if dimensions > given:
        message = f"Invalid 'dimensions': this model's vectors have {given} numbers, but {dimensions} were asked for."
        raise BadRequest(message, param="dimensions")
    if not cuttable:
        message = (
            f"This model's vectors have {given} numbers and were not made to be cut; leave 'dimensions' out. "
            f"A model that was trained for it says so by the tag {CUTTABLE!r} on its card."
        )
        raise BadRequest(message, param="dimensions", kind="unsupported_value")
    part = vectors[:, :dimensions]
    lengths = np.linalg.norm(part, axis=1, keepdims=True)
    return np.asarray(part / np.where(lengths == 0, 1, lengths), np.float32)


def _written(vectors: Vectors, asked: EmbeddingAsked) -> Sequence[object]:
    rows = np.ascontiguousarray(vectors, "<f4")
    return [base64.b64encode(row.tobytes()).decode() for row in rows] if asked.as_base64 else list(rows)
