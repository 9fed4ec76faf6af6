"""What an uploader does, in a few lines: chunks to a xorb, a file to a shard."""

from __future__ import annotations

import dataclasses
import hashlib

from commonweight.storage import Registered, Storage
from commonweight.storage.xet import ChunkTable, file_hash, hash_text
from commonweight.storage.xet.hashes import verification_hash
from commonweight.storage.xet.shard import ShardFile, Term, build_shard
from commonweight.storage.xet.xorb import XorbFacts, build_xorb


async def nobody(scope: int) -> bool:
    """May read no other scope."""
    return False


async def anybody(scope: int) -> bool:
    return True


async def put(storage: Storage, scope: int, *chunks: bytes) -> XorbFacts:
    body, facts = build_xorb(chunks)
    await storage.put_xorb(scope, hash_text(facts.xorb_hash), body)
    return facts


def term(facts: XorbFacts, start: int = 0, end: int | None = None) -> Term:
    end = len(facts.table) if end is None else end
    return Term(facts.xorb_hash, facts.table.unpacked_length(start, end), start, end)


def shard_file(data: bytes, *parts: tuple[XorbFacts, int, int]) -> ShardFile:
    """The honest entry for a file with these bytes, made of chunks start to end of xorbs."""
    tables: list[tuple[ChunkTable, int, int]] = [(facts.table, start, end) for facts, start, end in parts]
    leaves = [leaf for table, start, end in tables for leaf in table.leaves(start, end)]
    proofs = tuple(verification_hash(table.hashes_of(start, end)) for table, start, end in tables)
    terms = tuple(term(*part) for part in parts)
    return ShardFile(file_hash(leaves), terms, proofs, hashlib.sha256(data).hexdigest())


async def register(storage: Storage, scope: int, *files: ShardFile, readable=nobody) -> Registered:
    events = [event async for event in storage.register_shard(scope, build_shard(files, ()), readable)]
    assert isinstance(events[-1], Registered)
    return events[-1]


async def content(storage: Storage, file, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in storage.read(file, start, end)])


replace = dataclasses.replace
