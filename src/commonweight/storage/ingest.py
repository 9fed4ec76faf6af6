"""
Files that do not come by Xet (git-LFS, browsers, the starter model, mirrors): cut into chunks here, stored as xorbs.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from commonweight.storage.catalogue import Catalogue
from commonweight.storage.errors import DigestRefused
from commonweight.storage.keeping import XorbKeeper
from commonweight.storage.pool import WorkPool
from commonweight.storage.scratch import Scratch, receive
from commonweight.storage.shard_check import CheckedFile
from commonweight.storage.values import LargeFile
from commonweight.storage.work import pack_next_xorb, whole_file_hash
from commonweight.storage.xet.hashes import hash_text
from commonweight.storage.xet.shard import Term
from commonweight.storage.xet.xorb import XorbFacts


class Ingester:
    def __init__(self, catalogue: Catalogue, keeper: XorbKeeper, workers: WorkPool, scratch: Scratch) -> None:
        self._catalogue = catalogue
        self._keeper = keeper
        self._workers = workers
        self._scratch = scratch

    async def ingest(self, scope: int, source: Path | AsyncIterator[bytes], expected_sha256: str | None) -> LargeFile:
        """
        Store a file and make it part of `scope`. A path is read and left alone.

        Raises DigestRefused where the bytes are not those that `expected_sha256` names; then nothing is kept.
        """
        if isinstance(source, Path):
            return await self._ingest_file(scope, source, expected_sha256)
        with self._scratch.path() as path:
            await receive(source, path)
            return await self._ingest_file(scope, path, expected_sha256)

    async def _ingest_file(self, scope: int, path: Path, expected: str | None) -> LargeFile:
        digest = await asyncio.to_thread(_sha256, path)
        if expected is not None and digest != expected:
            raise DigestRefused(f"The bytes have the sha256 {digest}; {expected} was expected.", hint="Send them again.")
        known = await self._catalogue.mention(scope, [digest])
        if digest in known:
            return known[digest]
        xorbs = await self._store_xorbs(scope, path)
        name = await self._workers.run(whole_file_hash, [facts.table.pack() for facts in xorbs])
        terms, first = tuple(map(_whole_term, xorbs)), xorbs[0].table.hashes_of(0, 1) if xorbs else b""
        file = CheckedFile(hash_text(name), digest, path.stat().st_size, terms, frozenset(), first)
        await self._catalogue.register(scope, [file])
        return LargeFile(file.sha256, file.size, file.xet_hash)

    async def _store_xorbs(self, scope: int, path: Path) -> list[XorbFacts]:
        xorbs: list[XorbFacts] = []
        at, size = 0, path.stat().st_size
        while at < size:
            with self._scratch.path() as target:
                facts, at = await self._workers.run(pack_next_xorb, path, at, target)
                await self._keeper.keep(scope, facts, target)
            xorbs.append(facts)
        return xorbs


def _whole_term(facts: XorbFacts) -> Term:
    count = len(facts.table)
    return Term(facts.xorb_hash, facts.table.unpacked_start(count), 0, count)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
