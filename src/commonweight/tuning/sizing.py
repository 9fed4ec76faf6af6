"""How large a base is, by its configuration or the header of its file: nothing is loaded, no weights are read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.hub import EntryNotFound, Hub, Repository, Revision, TooMuch
from commonweight.rights.openness.gguf import read_gguf
from commonweight.serving import Source, Target
from commonweight.storage import NotStored, StoredBytesDamaged
from commonweight.tuning.converting import NotConvertible, check_convertible, check_readable
from commonweight.tuning.errors import TuningRefused
from commonweight.tuning.training.shape import Shape

CONFIGURATION, TOKENIZER = "config.json", "tokenizer.json"
MAX_CONFIGURATION: Final = 1 << 20
MAX_TOKENIZER: Final = 64 << 20
FIRST_BYTES: Final = 64 << 10  # of a GGUF file: sizes stand before the vocabulary
FLOAT_BYTES: Final = 4
ARCHITECTURE: Final = "general.architecture"


@dataclass(frozen=True)
class Sizes:
    """Reads what a base says of itself."""

    hub: Hub

    async def of(self, repository: Repository, source: Source) -> Shape | None:
        """
        None where a file does not say. Raises TuningRefused for what cannot be converted, and so neither be trained nor be
        served.
        """
        revision = Revision(repository, source.commit)
        if source.target is Target.SNAPSHOT:
            return await self._of_checkpoint(revision)
        return await self._of_gguf(revision, source.path)

    async def _of_checkpoint(self, revision: Revision) -> Shape:
        try:
            config = await self._document(revision, CONFIGURATION, MAX_CONFIGURATION)
            tokenizer = await self._document(revision, TOKENIZER, MAX_TOKENIZER)
            await asyncio.to_thread(check_convertible, config, tokenizer)
        except NotConvertible as error:
            raise _refusal(error) from None
        return shape_of(config)

    async def _document(self, revision: Revision, path: str, limit: int) -> Mapping[str, Any]:
        """Raises NotConvertible."""
        try:
            found = await asyncio.to_thread(json.loads, await self.hub.read_small(revision, path, limit))
        except (EntryNotFound, TooMuch, NotStored, StoredBytesDamaged, ValueError, RecursionError):
            message = f"{revision.repository.full_name} has no {path} that can be read."
            raise NotConvertible(message, hint="Publish it beside the weights.") from None
        if not isinstance(found, dict):
            raise NotConvertible(f"{path} of {revision.repository.full_name} is no JSON object.")
        return found

    async def _of_gguf(self, revision: Revision, path: str) -> Shape | None:
        entry = await self.hub.entry(revision, path)
        try:
            pieces = self.hub.read(revision.repository, entry, 0, min(FIRST_BYTES, entry.size))
            head = read_gguf(b"".join([piece async for piece in pieces]), entry.size)
        except (NotStored, StoredBytesDamaged):
            return None
        if head is None or not head.pairs.get(ARCHITECTURE):
            return None
        try:
            check_readable(head.pairs)
        except NotConvertible as error:
            raise _refusal(error) from None
        return shape_of_pairs(head.pairs)


def _refusal(error: NotConvertible) -> TuningRefused:
    return TuningRefused(error.detail, hint=error.hint, param="model", kind=error.code)


def shape_of(config: Mapping[str, Any]) -> Shape:
    """Of a `config.json`, counted as a Llama is: close for its relatives."""
    text = {**config, **(config.get("text_config") or {})}
    heads = int(text.get("num_attention_heads") or 1)
    hidden = int(text.get("hidden_size") or 0)
    head = int(text.get("head_dim") or hidden // heads)
    keys = int(text.get("num_key_value_heads") or heads) * head
    return _shape(
        hidden=hidden,
        queries=heads * head,
        keys=keys,
        inner=int(text.get("intermediate_size") or 4 * hidden),
        layers=int(text.get("num_hidden_layers") or 0),
        vocabulary=int(text.get("vocab_size") or 0),
        context=int(text.get("max_position_embeddings") or 0),
        tied=bool(text.get("tie_word_embeddings", True)),
    )


def shape_of_pairs(pairs: Mapping[str, Any]) -> Shape | None:
    """Of the pairs in a GGUF header; None where they do not say."""
    name = str(pairs.get(ARCHITECTURE, ""))

    def number(key: str) -> int:
        value = pairs.get(f"{name}.{key}")
        return value if isinstance(value, int) else 0

    hidden, heads = number("embedding_length"), number("attention.head_count")
    if not hidden or not heads:
        return None
    head = number("attention.key_length") or hidden // heads
    return _shape(
        hidden=hidden,
        queries=heads * head,
        keys=(number("attention.head_count_kv") or heads) * head,
        inner=number("feed_forward_length"),
        layers=number("block_count"),
        vocabulary=number("vocab_size"),
        context=number("context_length"),
        tied=True,
    )


def _shape(
    *, hidden: int, queries: int, keys: int, inner: int, layers: int, vocabulary: int, context: int, tied: bool
) -> Shape:
    layer = (
        (queries, hidden),
        (keys, hidden),
        (keys, hidden),
        (hidden, queries),
        (inner, hidden),
        (inner, hidden),
        (hidden, inner),
    )
    linear = layer * layers
    parameters = sum(rows * columns for rows, columns in linear) + vocabulary * hidden * (1 if tied else 2)
    return Shape(parameters, parameters * FLOAT_BYTES, linear, hidden, inner, layers, vocabulary, context)
