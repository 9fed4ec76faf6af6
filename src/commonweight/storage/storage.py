"""The storage room's one object."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.storage.asked_chunks import scopes_with
from commonweight.storage.cache import FileCache, Lease
from commonweight.storage.catalogue import Catalogue
from commonweight.storage.collecting import Collector
from commonweight.storage.damages import Damages
from commonweight.storage.errors import NotStored
from commonweight.storage.generation import Generation
from commonweight.storage.ingest import Ingester
from commonweight.storage.inventory import Inventory, new_key
from commonweight.storage.keeping import XorbKeeper
from commonweight.storage.moving import Mover
from commonweight.storage.notes import Notes
from commonweight.storage.objects import DiskObjects, Objects
from commonweight.storage.placing import Placing
from commonweight.storage.pool import WorkPool
from commonweight.storage.reading import Addresses, Reader
from commonweight.storage.registration import Registrar
from commonweight.storage.related import RelatedXorbs
from commonweight.storage.scratch import Scratch
from commonweight.storage.scrubbing import Source
from commonweight.storage.snapshots import Snapshots
from commonweight.storage.sources import FileSource, WholeSource, XorbSource
from commonweight.storage.values import Kin, LargeFile, Readable, ShardProgress
from commonweight.storage.whole_files import WholeFiles
from commonweight.storage.wholes import Wholes
from commonweight.storage.work import assemble
from commonweight.storage.xet.reconstruction import Reconstruction


class Storage:
    """
    Bytes: xorbs and shards as the Xet protocol sends them, the files that they make, and small whole objects.

    Everything belongs to a *scope*, a number that the hub gives to a network of repositories. What one scope holds is
    not there for another. What is acknowledged is on disk.
    """

    def __init__(
        self,
        db: Database,
        objects: Objects,
        workers: WorkPool,
        clock: Clock,
        *,
        folder: Path,
        cache_bytes: int,
        limit_bytes: int = 0,
    ) -> None:
        """
        `folder` takes what is being received (best on the disk of `objects`) and, up to `cache_bytes`, whole files; all
        objects together have at most `limit_bytes` (0: any number).
        """
        self.scratch = Scratch(folder / "incoming")
        self._db = db
        self._workers = workers
        self._objects = objects
        self._inventory = Inventory(db, objects, clock, limit_bytes)
        self.notes = Notes(db, clock)
        self.damages = Damages(db, clock)
        self.generation = Generation(self.notes)
        self.placing = Placing(self.notes, self._inventory)
        self.collector = Collector(db, self._inventory, clock)
        self._catalogue = Catalogue(db, clock)
        wholes = Wholes(db)
        self._reader = Reader(self._catalogue, objects, wholes)
        self._keeper = XorbKeeper(self._catalogue, self._inventory, objects, workers, self.scratch)
        self._registrar = Registrar(self._catalogue, self._reader, workers)
        self._related = RelatedXorbs(db, workers)
        self._ingester = Ingester(self._catalogue, self._keeper, self._related, workers, self.scratch)
        self.whole_files = WholeFiles(
            db, self._catalogue, self._inventory, objects, workers, self.scratch, wholes, self._reader, self._ingester, clock
        )
        self._cache = FileCache(folder / "cache", cache_bytes, self._write_whole)
        self._snapshots = Snapshots(folder / "snapshots", self._cache)

    @classmethod
    def on_disk(cls, db: Database, clock: Clock, *, home: Path, cache_bytes: int, limit_bytes: int = 0) -> Storage:
        """Storage in the home folder, with a work pool of its own."""
        objects = DiskObjects(home / "objects")
        return cls.over(db, objects, clock, home=home, cache_bytes=cache_bytes, limit_bytes=limit_bytes)

    @classmethod
    def over(
        cls, db: Database, objects: Objects, clock: Clock, *, home: Path, cache_bytes: int, limit_bytes: int = 0
    ) -> Storage:
        """Storage with its objects anywhere, what is received and whole files in the home folder, a work pool of its own."""
        return cls(db, objects, WorkPool(), clock, folder=home / "storage", cache_bytes=cache_bytes, limit_bytes=limit_bytes)

    async def close(self) -> None:
        """End child processes."""
        await self._workers.close()

    async def check(self) -> None:
        """Whether bytes can be kept now. Raises StorageUnavailable, DiskFull."""
        await self._objects.check()
        await self._inventory.check()

    async def try_out(self) -> None:
        """Whether objects can be written and read, and lie where they did. Raises StorageUnavailable, OtherPlace."""
        await self._objects.try_out()
        await self.placing.check(self._objects.name)

    def mover(self, target: Objects) -> Mover:
        """What moves all objects to another store."""
        return Mover(self._db, self._inventory, self.placing, self._objects, target, self.scratch)

    async def sweep(self) -> None:
        """Remove what killed processes have left half received."""
        await asyncio.to_thread(self.scratch.sweep)
        await asyncio.to_thread(self._snapshots.sweep)

    def sources(self) -> list[Source]:
        """What of this room is scrubbed."""
        return [
            XorbSource(self._db, self._objects, self._workers, self.scratch),
            FileSource(self._db, self._workers),
            WholeSource(self._db, self._objects),
        ]

    async def put_xorb(self, scope: int, xorb_hash: str, body: Path | bytes) -> bool:
        """
        Verify a serialized xorb and keep it for a scope; whether it is new there. A body given as a file is taken away.

        Harmless to repeat and to do from several places at once. Raises XorbRefused, FormatRefused, TooManyBytes.
        """
        return await self._keeper.put(scope, xorb_hash, body)

    async def xorb_bytes(self, scope: int, xorb_hash: str) -> int | None:
        """The stored size of a xorb, where the scope holds it."""
        return await self._catalogue.held_bytes(scope, xorb_hash)

    def register_shard(self, scope: int, body: bytes, readable: Readable) -> AsyncGenerator[ShardProgress, None]:
        """
        Check a shard and make its files part of a scope. Ends with Registered; raises ShardRefused with a sentence.

        `readable(other_scope)` says whether the writer may read all of another scope, and so refer to its xorbs.
        """
        return self._registrar.register(scope, body, readable)

    async def scopes_with(self, chunk: str, limit: int) -> list[int]:
        """
        Some scopes that hold a chunk which clients ask about. THE CALLER MUST tell nobody that may not read them, nor by
        the time that it takes.
        """
        return await scopes_with(self._db, chunk, limit)

    async def related_xorbs(self, chunk: str, kin: Sequence[Kin], *, key: bytes, created: int, expires: int) -> bytes | None:
        """
        A shard that tells an uploader of the xorbs of these files, those with `chunk` first, every chunk's hash hashed
        again with `key` (32 bytes). None where there is nothing to tell. Times are Unix seconds; `expires` is within GRACE.

        THE CALLER MUST have checked that the uploader may read these files.
        """
        return await self._related.answer(chunk, kin, key, created, expires)

    async def large_file(self, scope: int, sha256: str) -> LargeFile | None:
        """The file with these bytes, where the scope holds it; the newest of several ways of cutting it."""
        return await self._catalogue.file_by_sha256(scope, sha256)

    async def large_files(self, scope: int, sha256s: Collection[str]) -> dict[str, LargeFile]:
        """As `large_file`, for many at once; those that the scope does not hold are left out."""
        return await self._catalogue.files_by_sha256(scope, sha256s)

    async def mention(self, scope: int, sha256s: Collection[str]) -> dict[str, LargeFile]:
        """
        As `large_files`, for whoever is about to refer to them or tells a client that they are here: what is found is not
        collected for the whole of the grace.
        """
        return await self._catalogue.mention(scope, sha256s)

    async def large_file_by_xet(self, scope: int, xet_hash: str) -> LargeFile | None:
        """The file with this Xet name, where the scope holds it."""
        return await self._catalogue.file_by_xet_hash(scope, xet_hash)

    async def ingest(self, scope: int, source: Path | AsyncIterator[bytes], expected_sha256: str | None = None) -> LargeFile:
        """
        Cut a file into chunks, store it, make it part of a scope. A path is left alone. Raises DigestRefused. For uploads
        that are to wait for no work on their bytes there is `whole_files`.
        """
        return await self._ingester.ingest(scope, source, expected_sha256)

    def read(self, file: LargeFile, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """Bytes `start` to `end` (exclusive, clamped) in pieces of about 1 MiB. Raises PastTheEnd, StoredBytesDamaged."""
        return self._reader.read(file, start, end)

    def chunks(self, file: LargeFile) -> AsyncGenerator[tuple[bytes, int], None]:
        """
        Hash and length of each of a file's chunks, out of the tables: no bytes are read. Raises NotStored.

        Says which bytes two files share. THE CALLER MUST not tell it to whoever may not read both.
        """
        return self._reader.chunks(file) if file.in_chunks else self.whole_files.chunks(file)

    async def held_since(self, scope: int, sha256s: Collection[str]) -> dict[str, datetime]:
        """Since when the scope holds each of these files; those that it does not hold are left out."""
        return await self._catalogue.held_since(scope, sha256s)

    async def materialise(self, file: LargeFile) -> Lease:
        """
        The whole file at a path, checked, which stays until the lease is released (`with await …: `).

        Raises CacheFull, StoredBytesDamaged.
        """
        return await self._cache.lease(file)

    def snapshot(self, files: Mapping[str, LargeFile | bytes]) -> AbstractAsyncContextManager[Path]:
        """
        A folder with these files by their paths, for as long as the context is open; large ones come from the cache.

        Raises CacheFull, StoredBytesDamaged, InvalidInput for a path that leads out of the folder.
        """
        return self._snapshots.lay_out(files)

    async def reconstruction(self, scope: int, xet_hash: str, start: int = 0, end: int | None = None) -> Reconstruction:
        """Terms and ranges for bytes `start` to `end` (exclusive) of a file. Raises NotStored, PastTheEnd."""
        file = await self._catalogue.file_by_xet_hash(scope, xet_hash)
        if file is None:
            raise NotStored(f"There is no large file {xet_hash} in this repository.")
        return await self._reader.reconstruct(file, start, end)

    async def addresses(self, found: Reconstruction, seconds: int) -> Addresses | None:
        """
        Where a client fetches the ranges of `found` from the store itself, for so many seconds; None: only from here.

        THE CALLER MUST have found it in a scope that the one who asks may read. Raises NotStored.
        """
        return await self._reader.addresses(found, seconds)

    async def read_xorb_range(self, xorb_hash: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """
        Stored bytes `start` to `end` (exclusive) of a xorb, in pieces. Raises NotStored, PastTheEnd.

        Knows no scope: the caller must have a signature of ours over exactly this range.
        """
        return await self._reader.xorb_bytes(xorb_hash, start, end)

    async def put_blob(self, key: str, data: bytes) -> None:
        """
        Keep a small whole object, durably. The caller owns the key's first part, `files/` say, and uses each key once.

        Raises DiskFull.
        """
        await self._inventory.announce(key, len(data), claimed=True)
        await self._objects.put(key, data)

    async def put_new_blob(self, prefix: str, name: str, data: bytes) -> str:
        """
        Keep a small whole object under a key that never was, and return it. It is garbage of tomorrow until a transaction
        that writes a row with the key calls `refer`. Raises DiskFull.
        """
        key = new_key(prefix, name)
        await self._inventory.announce(key, len(data))
        await self._objects.put(key, data)
        return key

    async def get_blob(self, key: str) -> bytes:
        """Raises NotStored."""
        return await self._objects.get(key)

    async def put_blob_file(self, key: str, path: Path) -> None:
        """As `put_blob`, of a file of any size (best from `scratch`), which is gone afterwards."""
        await self._inventory.announce(key, path.stat().st_size, claimed=True)
        await self._objects.put_file(key, path)

    async def get_blob_range(self, key: str, start: int, end: int) -> bytes:
        """Bytes `start` to `end` (exclusive), fewer where the blob ends before. Raises NotStored."""
        return await self._objects.get_range(key, start, end)

    async def delete_blob(self, key: str) -> None:
        await self._inventory.remove(key)

    async def adopt(self, from_scope: int, to_scope: int, sha256: str) -> LargeFile | None:
        """
        Give a scope a file that another holds; None where that does not.

        THE CALLER MUST have checked that the one who asks may read it there.
        """
        file = await self._catalogue.file_by_sha256(from_scope, sha256)
        return file if file is not None and await self._catalogue.adopt(to_scope, file) else None

    async def adopt_all(self, connection: Connection, to_scope: int, files: Sequence[LargeFile]) -> bool:
        """
        As `adopt`, of files that were found, in the caller's transaction: a scope holds them exactly if that is done. False
        where one of them was collected since.

        THE CALLER MUST have found them in a scope that the one who asks may read.
        """
        return await self._catalogue.adopt_all(connection, to_scope, files)

    async def _write_whole(self, file: LargeFile, target: Path) -> str:
        pieces = await self._reader.local_pieces(file)
        if pieces is not None:
            return await self._workers.run(assemble, pieces, target)
        digest = hashlib.sha256()
        with target.open("r+b") as out:
            async for data in self._reader.read(file):
                digest.update(data)
                await asyncio.to_thread(out.write, data)
        return digest.hexdigest()
