"""The answer to a chunk query put together, in a child process: it hashes a hundred thousand hashes."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from blake3 import blake3

from commonweight.storage.xet.chunk_table import ChunkTable
from commonweight.storage.xet.hashes import HASH_BYTES, is_asked, parse_hash
from commonweight.storage.xet.shard import IS_ASKED, ShardChunk, ShardXorb, build_dedup_answer


@dataclass(frozen=True, slots=True)
class Told:
    """A xorb that is told of: its name, its packed chunk table, and which of its chunks are; None for all of them."""

    name: str
    chunks: bytes
    stored_bytes: int
    spans: Sequence[tuple[int, int]] | None


def build_answer(told: Sequence[Told], key: bytes, created: int, expires: int) -> bytes:
    """The shard, each chunk's hash hashed again with `key` (32 bytes, not all zero)."""
    return build_dedup_answer([_xorb(one, key) for one in told], key=key, created=created, expires=expires)


def _xorb(told: Told, key: bytes) -> ShardXorb:
    table = ChunkTable.unpack(told.chunks)
    chunks = tuple(_chunks(table, wanted_chunks(told, len(table)), key))
    return ShardXorb(parse_hash(told.name), table.unpacked_start(len(table)), told.stored_bytes, chunks)


def wanted_chunks(told: Told, count: int) -> bytearray:
    """For each chunk 1 where it is told."""
    if told.spans is None:
        return bytearray(b"\1") * count
    wanted = bytearray(count)
    for start, end in told.spans:
        wanted[start:end] = b"\1" * (end - start)
    return wanted


def _chunks(table: ChunkTable, wanted: bytearray, key: bytes) -> Iterator[ShardChunk]:
    """A chunk that is not told keeps its place under a name that is nothing's, and says no length."""
    begin = 0
    for number, end in enumerate(table.unpacked_ends):
        if wanted[number]:
            chunk = table.hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]
            flags = IS_ASKED if number == 0 or is_asked(chunk) else 0
            yield ShardChunk(blake3(chunk, key=key).digest(), begin, end - begin, flags)
        else:
            yield ShardChunk(secrets.token_bytes(HASH_BYTES), begin, 0, 0)
        begin = end
