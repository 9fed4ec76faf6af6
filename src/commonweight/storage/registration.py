"""
From a shard to registered files: check everything, then write it down in one transaction.

Which xorbs a term may refer to: (a) one that the scope holds; (b) one held by a scope that the writer may read; (c) one
held elsewhere, if the term's verification hash proves that the writer has those chunks. The hash is made from the chunks'
hashes, so it proves nothing about a chunk whose hash is public as the name of a xorb: such a chunk is refused under (c).
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Mapping, Sequence

from commonweight.storage.catalogue import Catalogue
from commonweight.storage.errors import ShardRefused
from commonweight.storage.pool import WorkPool
from commonweight.storage.reading import Reader
from commonweight.storage.shard_check import CheckedFile, not_held
from commonweight.storage.values import Committing, Readable, Registered, ShardProgress, Validating
from commonweight.storage.work import Piece, check_shard, sha256_of_files, xorbs_of_shard
from commonweight.storage.xet.hashes import HASH_BYTES

MAX_SCOPES_ASKED = 1000  # a popular base model lies in very many; a writer whose own lie behind these sends the bytes
BATCH_BYTES = 256 << 20  # bytes hashed by one piece of work: under a second, so that progress is seen and work is shared


class Registrar:
    def __init__(self, catalogue: Catalogue, reader: Reader, workers: WorkPool) -> None:
        self._catalogue = catalogue
        self._reader = reader
        self._workers = workers

    async def register(self, scope: int, body: bytes, readable: Readable) -> AsyncGenerator[ShardProgress, None]:
        """
        Check a shard and make its files part of `scope`.

        Raises ShardRefused with a sentence for the uploader; then nothing was registered.
        """
        files = await self._checked_files(scope, body, readable)
        yield Validating(0, len(files))
        unread = await self._not_read_before(files)
        done = len(files) - len(unread)
        for batch in _batches(unread):
            await self._check_digests(batch)
            done += len(batch)
            yield Validating(done, len(files))
        yield Committing()
        yield Registered(await self._catalogue.register(scope, files), len(files))

    async def _checked_files(self, scope: int, body: bytes, readable: Readable) -> list[CheckedFile]:
        needed = await self._workers.run(xorbs_of_shard, body)
        tables = await self._catalogue.packed_tables(needed)
        for missing in needed - tables.keys():
            raise not_held(missing)
        held = await self._held(scope, needed, readable)
        files = await self._workers.run(check_shard, body, tables, held)
        await self._check_possession(files, tables, held)
        return files

    async def _held(self, scope: int, xorbs: set[bytes], readable: Readable) -> set[bytes]:
        """The xorbs that the scope holds, or another scope that the writer may read."""
        asked = {scope: True}
        held: set[bytes] = set()
        for xorb, scopes in (await self._catalogue.holders(xorbs)).items():
            for other in sorted(scopes, key=lambda one: one not in asked):  # those already asked about come first
                if other not in asked and len(asked) < MAX_SCOPES_ASKED:
                    asked[other] = await readable(other)
                if asked.get(other):
                    held.add(xorb)
                    break
        return held

    async def _check_possession(self, files: Sequence[CheckedFile], tables: Mapping[bytes, bytes], held: set[bytes]) -> None:
        outside = frozenset[bytes]().union(*(file.outside for file in files))
        public = await self._catalogue.stored_names(outside)
        if not public:
            return
        for xorb in tables.keys() - held:
            if public & _chunks(tables[xorb]):
                raise not_held(xorb)

    async def _not_read_before(self, files: Sequence[CheckedFile]) -> list[CheckedFile]:
        """The files whose sha256 is yet to be computed. Raises ShardRefused where it is known to be another."""
        known = await self._catalogue.known_digests({file.xet_hash for file in files})
        for file in files:
            _check_digest(file, known.get(file.xet_hash, file.sha256))
        return [file for file in files if file.xet_hash not in known]

    async def _check_digests(self, batch: Sequence[CheckedFile]) -> None:
        here: list[CheckedFile] = []
        pieces: list[list[Piece]] = []
        for file in batch:
            local = await self._reader.local_pieces_of(file.terms)
            if local is None:
                _check_digest(file, await self._read_digest(file))
            else:
                here.append(file)
                pieces.append(local)
        digests = await self._workers.run(sha256_of_files, pieces) if pieces else []
        for file, digest in zip(here, digests, strict=True):
            _check_digest(file, digest)

    async def _read_digest(self, file: CheckedFile) -> str:
        digest = hashlib.sha256()
        async for data in self._reader.read_terms(file.terms):
            digest.update(data)
        return digest.hexdigest()


def _check_digest(file: CheckedFile, computed: str) -> None:
    if file.sha256 != computed:
        raise ShardRefused(
            f"The file {file.xet_hash} was sent with the sha256 {file.sha256}; its bytes have {computed}.",
            hint="It may have changed while it was read: upload it again.",
        )


def _chunks(packed_table: bytes) -> set[bytes]:
    count = len(packed_table) // (HASH_BYTES + 8)
    return {packed_table[at : at + HASH_BYTES] for at in range(0, count * HASH_BYTES, HASH_BYTES)}


def _batches(files: Sequence[CheckedFile]) -> list[list[CheckedFile]]:
    batches: list[list[CheckedFile]] = []
    size = BATCH_BYTES
    for file in files:
        if size >= BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(file)
        size += file.size
    return batches
