"""
Files that do not come by Xet (git-LFS, browsers, the starter model, mirrors): cut into chunks here, stored as xorbs. Chunks
that are stored already are not stored again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from commonweight.storage.catalogue import Catalogue
from commonweight.storage.errors import DigestRefused
from commonweight.storage.keeping import XorbKeeper
from commonweight.storage.pool import WorkPool
from commonweight.storage.related import RelatedXorbs
from commonweight.storage.scratch import Scratch, receive
from commonweight.storage.shard_check import CheckedFile
from commonweight.storage.values import Kin, LargeFile
from commonweight.storage.work_cutting import Cut, Layout, Run, cut_file, lay_out, name_of_file, pack_xorb
from commonweight.storage.xet.hashes import hash_text
from commonweight.storage.xet.shard import Term


class Ingester:
    def __init__(
        self, catalogue: Catalogue, keeper: XorbKeeper, related: RelatedXorbs, workers: WorkPool, scratch: Scratch
    ) -> None:
        self._catalogue = catalogue
        self._keeper = keeper
        self._related = related
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
        file = await self.cut_up(scope, path, digest, [Kin(scope)])
        await self._catalogue.register(scope, [file])
        return LargeFile(file.sha256, file.size, file.xet_hash)

    async def cut_up(self, scope: int, path: Path, sha256: str, kin: Sequence[Kin]) -> CheckedFile:
        """
        Cut a file with this sha256 into chunks, and have the scope hold those that no file of `kin` has. Nothing refers to
        them yet. THE CALLER MUST have checked that the file's bytes are all there, which is the right to every chunk.
        """
        cut = await self._workers.run(cut_file, path)
        name = hash_text(await self._workers.run(name_of_file, cut))
        first = cut.hash_of(0)
        terms = await self._catalogue.intact_terms(name)
        if terms is None:
            told = await self._related.told(hash_text(first), kin) if first else []
            layout = await self._workers.run(lay_out, cut, told)
            terms = await self._store(scope, path, layout)
        return CheckedFile(name, sha256, _size(cut), tuple(terms), frozenset(), first)

    async def _store(self, scope: int, path: Path, layout: Layout) -> list[Term]:
        packed: list[bytes] = []
        for spans in layout.new:
            with self._scratch.path() as target:
                facts = await self._workers.run(pack_xorb, path, spans, target)
                await self._keeper.keep(scope, facts, target)
            packed.append(facts.xorb_hash)
        return [_term(run, packed) for run in layout.runs]


def _term(run: Run, packed: Sequence[bytes]) -> Term:
    xorb = run.xorb if isinstance(run.xorb, bytes) else packed[run.xorb]
    return Term(xorb, run.unpacked_bytes, run.start, run.end)


def _size(cut: Cut) -> int:
    return sum(cut.lengths)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
