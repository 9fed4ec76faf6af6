"""Fingerprints the files of a commit, each file once for the installation, within bounds."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.errors import RangeRefused
from commonweight.hub import Entry, Hub, Revision
from commonweight.rights.openness.gguf import read_gguf
from commonweight.rights.openness.heads import header_length, safetensors_header
from commonweight.storage import NotStored, Storage, StoredBytesDamaged
from commonweight.vetting import fingerprints as prints
from commonweight.vetting import fingerprints_store as store
from commonweight.vetting.fingerprints import Mark, Tensor
from commonweight.vetting.fingerprints_store import Marked
from commonweight.vetting.weights_reading import file_key

MAX_PATHS: Final = 5_000  # of one commit that are looked through
MAX_FILES: Final = 256  # files of one commit that are compared; the largest models have some two hundred shards
MAX_HEADER: Final = 24 << 20  # of one file; a vocabulary with its merges reaches 17 MiB, ninety thousand tensors 12 MiB
FIRST_READ: Final = 256 << 10  # enough for the header of most safetensors files
MAX_DESCRIPTION: Final = 40 << 20  # of a tokenizer.json; the largest known has 33 MiB
MAX_PROBED: Final = 1024  # tensors of one commit that are sampled: 16 MiB of bytes
CHUNKS_AT_ONCE: Final = 1 << 16  # kept in memory while the smallest hashes of a file are sought

_WEIGHTS: Final = re.compile(r"\.(safetensors|gguf|bin|pt|pth|ckpt|onnx|h5|npz|msgpack)$", re.IGNORECASE)
_DESCRIPTIONS: Final = ("config.json", "tokenizer.json", "vocab.json", "tokenizer.model", "spiece.model")
_BROKEN: Final = (NotStored, StoredBytesDamaged, RangeRefused)


@dataclass(frozen=True)
class Own:
    """A file of a commit with its marks, since when the repository has it, and whether it is one of weights."""

    entry: Entry
    marked: Marked
    since: datetime
    is_weights: bool


class Marker:
    def __init__(self, database: Database, hub: Hub, storage: Storage, clock: Clock) -> None:
        self._database = database
        self._hub = hub
        self._storage = storage
        self._clock = clock

    async def mark(self, revision: Revision) -> list[Own]:
        """The files of a commit with their fingerprints; those that were not seen before are read now."""
        entries = await self._entries(revision)
        async with self._database.read() as connection:
            before = await store.marked(connection, {file_key(one) for one in entries})
        left = MAX_PROBED
        for entry in entries:
            key = file_key(entry)
            if key not in before:
                counts, marks = await self._read(revision, entry, left)
                left -= counts.get("sampled", 0)
                async with self._database.write() as connection:
                    before[key] = await store.keep(connection, self._clock.now(), key, entry.size, counts, marks)
        since = await self._since(revision, entries)
        own = [Own(one, before[file_key(one)], since[one.path], _is_weights(one)) for one in entries]
        async with self._database.write() as connection:
            held = {one.marked.id: (one.entry.path, one.since) for one in own}
            await store.hold(connection, revision.repository.id, revision.commit, held)
        return own

    async def _entries(self, revision: Revision) -> list[Entry]:
        listed = await self._hub.tree(revision, recursive=True, limit=MAX_PATHS)
        wanted = [one for one in listed if one.is_file and one.size and (_is_weights(one) or one.path in _DESCRIPTIONS)]
        nearest = sorted(wanted, key=lambda one: (_is_weights(one), one.path.count("/"), one.path))[:MAX_FILES]
        return [one for one in nearest if file_key(one)]

    async def _since(self, revision: Revision, entries: Sequence[Entry]) -> dict[str, datetime]:
        """By path; of a large file by when its bytes came, of a small one by now."""
        sums = {one.large.sha256 for one in entries if one.large is not None}
        held = await self._storage.held_since(revision.repository.scope, sums)
        now = self._clock.now()
        return {one.path: held.get(one.large.sha256, now) if one.large else now for one in entries}

    async def _read(self, revision: Revision, entry: Entry, left: int) -> tuple[dict[str, Any], list[Mark]]:
        """What can be read of it, with how much that is. What is broken has a note and fewer marks."""
        counts: dict[str, Any] = {}
        marks: list[Mark] = []
        try:
            if not _is_weights(entry):
                return counts, await self._of_description(revision, entry)
            marks = await self._of_chunks(revision, entry, counts)
            described, tensors = await self._of_header(revision, entry)
            looked_at = prints.sampled(tensors, min(left, prints.MAX_TENSOR_MARKS))
            sampled = [await self._of_tensor(revision, entry, one) for one in looked_at]
            found = [mark for mark in sampled if mark is not None]
            counts |= {"tensors": len(tensors), "sampled": len(looked_at), "marked": len(found)}
            return counts, [*marks, *described, *found]
        except _BROKEN as error:
            return {**counts, "note": error.detail[:500]}, marks

    async def _of_chunks(self, revision: Revision, entry: Entry, counts: dict[str, Any]) -> list[Mark]:
        if entry.large is None:
            return []
        large = await self._storage.large_file(revision.repository.scope, entry.large.sha256)
        if large is None:
            return []
        chunks: dict[bytes, int] = {}
        count = 0
        async for digest, length in self._storage.chunks(large):
            chunks[digest] = length
            count += 1
            if len(chunks) >= CHUNKS_AT_ONCE:
                chunks = prints.smallest(chunks)
        counts["chunks"] = count
        return prints.chunk_marks(chunks)

    async def _of_header(self, revision: Revision, entry: Entry) -> tuple[list[Mark], list[Tensor]]:
        path = entry.path.lower()
        if path.endswith(".safetensors"):
            first = await self._bytes(revision, entry, 0, FIRST_READ)
            length = header_length(first, entry.size)
            if length is None or length > MAX_HEADER:
                return [], []
            rest = await self._bytes(revision, entry, len(first), 8 + length) if 8 + length > len(first) else b""
            header = await asyncio.to_thread(safetensors_header, first + rest, entry.size)
            return [], prints.tensors_in_safetensors(header or {}, length, entry.size)
        if path.endswith(".gguf"):
            return await self._of_gguf(revision, entry)
        return [], []

    async def _of_gguf(self, revision: Revision, entry: Entry) -> tuple[list[Mark], list[Tensor]]:
        content, wanted = b"", 1 << 20
        while True:
            content += await self._bytes(revision, entry, len(content), wanted)
            head = await asyncio.to_thread(read_gguf, content, entry.size)
            if head is None or head.note != "short" or len(content) >= min(MAX_HEADER, entry.size):
                break
            wanted = min(4 * wanted, MAX_HEADER)
        if head is None:
            return [], []
        found = [prints.config_mark(*prints.dimensions_of_gguf(head.pairs)), prints.vocabulary_mark(head.tokens)]
        return [mark for mark in found if mark is not None], prints.tensors_in_gguf(head)

    async def _of_tensor(self, revision: Revision, entry: Entry, tensor: Tensor) -> Mark | None:
        sample = b"".join([await self._bytes(revision, entry, start, end) for start, end in prints.probes(tensor)])
        return prints.tensor_mark(tensor, sample)

    async def _of_description(self, revision: Revision, entry: Entry) -> list[Mark]:
        if entry.size > MAX_DESCRIPTION or not entry.path.endswith(".json"):
            return []
        content = await self._bytes(revision, entry, 0, entry.size)
        mark = await asyncio.to_thread(_described, entry.path, content)
        return [] if mark is None else [mark]

    async def _bytes(self, revision: Revision, entry: Entry, start: int, end: int) -> bytes:
        stop = min(end, entry.size)
        if start >= stop:
            return b""
        return b"".join([piece async for piece in self._hub.read(revision.repository, entry, start, stop)])


def _is_weights(entry: Entry) -> bool:
    return bool(_WEIGHTS.search(entry.path))


def _described(path: str, content: bytes) -> Mark | None:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    if path == "config.json":
        return prints.config_mark(*prints.dimensions(document)) if isinstance(document, Mapping) else None
    return prints.vocabulary_mark(prints.tokens_of(document))
