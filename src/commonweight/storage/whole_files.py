"""
Files that come whole, by git-lfs: one object at first, so that an upload waits for no work on its bytes, until a job moves
it into chunks. Its sha256 stays; a Xet name it has from then on.

All scopes that hold it are moved at once, in one transaction. The object goes an hour later, when nobody can be reading it
any more who has begun before; who reads on all the same goes on in the chunks.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import delete, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database, Lock, have_alone, insert_ignoring, share
from commonweight.db.tables.dedup import whole_files
from commonweight.db.tables.storage import large_file_holdings, large_files
from commonweight.storage.adopting import hold_xorbs
from commonweight.storage.catalogue import Catalogue
from commonweight.storage.errors import DigestRefused, NotStored, StoredBytesDamaged
from commonweight.storage.ingest import Ingester
from commonweight.storage.inventory import Inventory, give_up, new_key, refer
from commonweight.storage.objects import Objects
from commonweight.storage.pool import WorkPool
from commonweight.storage.reading import Reader
from commonweight.storage.scratch import Scratch, receive
from commonweight.storage.shard_check import CheckedFile
from commonweight.storage.sparing import spare_files
from commonweight.storage.values import Kin, LargeFile, whole_name
from commonweight.storage.wholes import Wholes
from commonweight.storage.work import sha256_of_files
from commonweight.storage.work_cutting import cut_file

Then = Callable[[Connection], Awaitable[None]]
"""What belongs into the transaction in which a file begins to be there."""

_held = large_file_holdings.c


class WholeFiles:
    def __init__(
        self,
        db: Database,
        catalogue: Catalogue,
        inventory: Inventory,
        objects: Objects,
        workers: WorkPool,
        scratch: Scratch,
        wholes: Wholes,
        reader: Reader,
        ingester: Ingester,
        clock: Clock,
    ) -> None:
        self._db = db
        self._catalogue = catalogue
        self._inventory = inventory
        self._objects = objects
        self._workers = workers
        self._scratch = scratch
        self._wholes = wholes
        self._reader = reader
        self._ingester = ingester
        self._clock = clock

    async def keep(self, scope: int, source: AsyncIterator[bytes], sha256: str, then: Then) -> LargeFile:
        """
        Store a file as it comes and make it part of a scope; `then` is part of that transaction, where it is new there.

        Raises DigestRefused where the bytes are not those that `sha256` names, DiskFull; then nothing is kept.
        """
        with self._scratch.path() as path:
            size = await receive(source, path)
            digest = await asyncio.to_thread(_sha256, path)
            if digest != sha256:
                raise DigestRefused(f"The bytes have the sha256 {digest}; {sha256} was expected.", hint="Send them again.")
            known = await self._catalogue.mention(scope, [digest])
            if digest in known:
                return known[digest]
            if not size:  # nothing to move
                return await self._ingester.ingest(scope, path, digest)
            return await self._keep(scope, LargeFile(digest, size, whole_name(digest)), path, then)

    async def _keep(self, scope: int, file: LargeFile, path: Path, then: Then) -> LargeFile:
        key = new_key(f"whole/{file.sha256[:2]}", file.sha256)
        await self._inventory.announce(key, file.size)
        await self._objects.put_file(key, path)
        async with self._db.write() as connection:
            await share(connection, Lock.COLLECTION)
            in_force = await self._write(connection, file, key)
            held = {"scope": scope, "xet_hash": file.xet_hash, "sha256": file.sha256, "since": self._clock.now()}
            await insert_ignoring(connection, large_file_holdings, [held])
            await spare_files(connection, scope, [file.xet_hash])
            await then(connection)
        if not in_force:  # another scope has brought the same bytes, and they wait for the same job
            await self._inventory.remove(key)
        return file

    async def _write(self, connection: Connection, file: LargeFile, key: str) -> bool:
        """Whether this object is now the file's."""
        row = {"xet_hash": file.xet_hash, "sha256": file.sha256, "size": file.size, "terms": b""}
        await insert_ignoring(connection, large_files, [row | {"created_at": self._clock.now()}])
        await insert_ignoring(connection, whole_files, [{"xet_hash": file.xet_hash, "key": key}])
        there = await connection.scalar(select(whole_files.c.key).where(whole_files.c.xet_hash == file.xet_hash))
        if there == key:
            await refer(connection, [key])
        return bool(there == key)

    async def move(self, scope: int, sha256: str, kin: Sequence[Kin]) -> bool:
        """
        Move a file that lies whole into chunks, of which those are shared that files of `kin` have. Whether there was
        anything to do. Harmless to repeat, and to break off anywhere: until the chunks are read back and their sha256 is
        right, everybody has the whole object.

        Raises StoredBytesDamaged.
        """
        name = whole_name(sha256)
        key = await self._wholes.key(name)
        if key is None:
            return False
        async with self._local(key) as path:
            file = await self._ingester.cut_up(scope, path, sha256, kin)
            await self._check(file)
        await self._swap(name, key, file)
        return True

    @asynccontextmanager
    async def _local(self, key: str) -> AsyncIterator[Path]:
        """The object as a file on this machine."""
        path = self._objects.local_path(key)
        if path is not None:
            yield path
            return
        with self._scratch.path() as copy:
            await receive(self._objects.pieces(key), copy)
            yield copy

    async def _check(self, file: CheckedFile) -> None:
        """Read the chunks back. Raises StoredBytesDamaged unless they make the file."""
        pieces = await self._reader.local_pieces_of(file.terms)
        if pieces is not None:
            (digest,) = await self._workers.run(sha256_of_files, [pieces])
        else:
            running = hashlib.sha256()
            async for data in self._reader.read_terms(file.terms):
                running.update(data)
            digest = running.hexdigest()
        if digest != file.sha256:
            raise StoredBytesDamaged(f"The chunks of the file {file.sha256} make one with the sha256 {digest}.")

    async def _swap(self, name: str, key: str, file: CheckedFile) -> None:
        """
        From one moment to the next. Alone: whoever gives the file to a scope meanwhile, or has it collected, does so before
        or afterwards, and would lose it in between.
        """
        async with self._db.write() as connection:
            await have_alone(connection, Lock.COLLECTION)
            holders = (await connection.execute(select(_held.scope, _held.since).where(_held.xet_hash == name))).all()
            if holders:
                await self._catalogue.write_files(connection, [file])
            rows = [
                {"scope": one.scope, "xet_hash": file.xet_hash, "sha256": file.sha256, "since": one.since} for one in holders
            ]
            await insert_ignoring(connection, large_file_holdings, rows)
            for one in holders:
                await hold_xorbs(connection, one.scope, [file.xet_hash], self._clock.now())
            await give_up(connection, [key], self._clock)
            await connection.execute(delete(large_file_holdings).where(_held.xet_hash == name))
            await connection.execute(delete(large_files).where(large_files.c.xet_hash == name))

    async def chunks(self, file: LargeFile) -> AsyncGenerator[tuple[bytes, int], None]:
        """The chunks that it will have. Raises NotStored where it has been moved, or is gone."""
        key = await self._wholes.key(file.xet_hash)
        if key is None:
            raise NotStored(f"The file {file.sha256} no longer lies whole.")
        async with self._local(key) as path:
            cut = await self._workers.run(cut_file, path)
        for leaf in cut.leaves():
            yield leaf


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
