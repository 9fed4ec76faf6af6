"""
Moving all objects to another store, each compared with what it was.

An object is written once and then only read or deleted, so all but the last are copied while servers run. What has been
copied and compared is noted in a journal beside the scratch files, a key a line: who is interrupted goes on there.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from blake3 import blake3
from sqlalchemy import select

from commonweight.db import Database
from commonweight.db.tables.collecting import stored_objects
from commonweight.db.tables.storage import xorbs
from commonweight.errors import InvalidInput
from commonweight.storage.errors import NotStored, StorageUnavailable
from commonweight.storage.inventory import Inventory
from commonweight.storage.objects import Objects
from commonweight.storage.placing import Placing
from commonweight.storage.scratch import Scratch

ROWS_AT_ONCE: Final = 500
COPIES_AT_ONCE: Final = 4  # each takes a part or two of memory, and the disk of the scratch files has one of each

Report = Callable[[float, str], Awaitable[None]]


@dataclass
class Moved:
    """What a pass has done. `missing` and `damaged` are keys that were so where they came from, and are so now."""

    copied: int = 0
    bytes: int = 0
    before: int = 0
    """Copied by an earlier pass."""
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Stored:
    key: str
    bytes: int
    digest: str | None
    """BLAKE3, as the row of a xorb knows it."""


class Journal:
    """Keys that have been copied and compared."""

    def __init__(self, folder: Path, target: str) -> None:
        self._path = folder / f"moving-to-{hashlib.sha256(target.encode()).hexdigest()[:16]}"
        self.keys: set[str] = set()

    def open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists():
            *whole, _ = self._path.read_text().split("\n")  # the last line may have been cut short
            self.keys = set(whole)
            self._path.write_text("".join(f"{key}\n" for key in sorted(self.keys)))

    def add(self, key: str) -> None:
        with self._path.open("a") as file:
            file.write(f"{key}\n")
        self.keys.add(key)

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)


class Mover:
    def __init__(
        self,
        db: Database,
        inventory: Inventory,
        placing: Placing,
        source: Objects,
        target: Objects,
        scratch: Scratch,
    ) -> None:
        self._db = db
        self._inventory = inventory
        self._placing = placing
        self._source = source
        self._target = target
        self._scratch = scratch
        self._journal = Journal(scratch.folder.parent, target.name)

    async def move(self, report: Report, *, finish: bool) -> Moved:
        """
        Copy all objects, going on where it was; with `finish` note that they lie there: then no server may run.

        Raises StorageUnavailable, DiskFull, OtherPlace, InvalidInput.
        """
        if self._target.name == self._source.name:
            raise InvalidInput(f"The bytes of this installation lie in {self._target.name} already.")
        await self._source.try_out()
        await self._placing.check(self._source.name)
        await self._target.try_out()
        moved = await self._copy_all(report)
        if finish:
            await self._tidy()
            await self._placing.note(self._target.name)
        return moved

    async def _copy_all(self, report: Report) -> Moved:
        """Servers may run meanwhile: what they store is left for the next pass."""
        await asyncio.to_thread(self._journal.open)
        _, total = await self._inventory.totals()
        done, seen = Moved(), 0
        async with aclosing(self._batches()) as batches:
            async for rows in batches:
                for at in range(0, len(rows), COPIES_AT_ONCE):
                    some = rows[at : at + COPIES_AT_ONCE]
                    await asyncio.gather(*(self._copy(row, done) for row in some))
                    seen += sum(row.bytes for row in some)
                    await report(min(1.0, seen / (total or 1)), f"{done.before + done.copied} objects copied and compared")
        return done

    async def _tidy(self) -> None:
        """Remove from the target what was deleted since it was copied, and the journal."""
        gone = self._journal.keys.copy()
        async with aclosing(self._batches()) as batches:
            async for rows in batches:
                gone.difference_update(row.key for row in rows)
        for key in sorted(gone):
            await self._target.delete(key)
        await asyncio.to_thread(self._journal.remove)

    async def _batches(self) -> AsyncGenerator[list[_Stored], None]:
        """All objects in the order of their keys."""
        query = select(stored_objects.c.key, stored_objects.c.bytes).order_by(stored_objects.c.key).limit(ROWS_AT_ONCE)
        after = ""
        while True:
            async with self._db.read() as connection:
                rows = (await connection.execute(query.where(stored_objects.c.key > after))).all()
                names = [_xorb_of(row.key) for row in rows]
                known = select(xorbs.c.key, xorbs.c.digest).where(xorbs.c.hash.in_([name for name in names if name]))
                digests = {row.key: row.digest for row in await connection.execute(known)}
            if not rows:
                return
            yield [_Stored(row.key, row.bytes, digests.get(row.key)) for row in rows]
            after = rows[-1].key

    async def _copy(self, row: _Stored, done: Moved) -> None:
        if row.key in self._journal.keys:
            done.before += 1
            return
        with self._scratch.path() as path:
            try:
                digest, size = await _received(self._source.pieces(row.key), path)
            except NotStored:
                done.missing.append(row.key)
                return
            await self._target.put_file(row.key, path)
        if await _digest(self._target.pieces(row.key)) != digest:
            raise StorageUnavailable(
                f"The object {row.key} reads differently from {self._target.name} than it was written.",
                hint="Look at that store; then start again, which goes on here.",
            )
        if (row.digest is not None and row.digest != digest) or size != row.bytes:
            done.damaged.append(row.key)
        await asyncio.to_thread(self._journal.add, row.key)
        done.copied, done.bytes = done.copied + 1, done.bytes + size


def _xorb_of(key: str) -> str:
    """The name in the key of a xorb, `xorbs/ab/{name}-…`; "" for any other key."""
    kind, _, name = key.rpartition("/")
    return name.partition("-")[0] if kind.startswith("xorbs/") else ""


async def _received(pieces: AsyncIterable[bytes], path: Path) -> tuple[str, int]:
    """Write an object to a file: its BLAKE3 and its bytes."""
    digest, size = blake3(), 0
    with path.open("wb") as file:
        async for piece in pieces:
            digest.update(piece)
            size += len(piece)
            await asyncio.to_thread(file.write, piece)
    return digest.hexdigest(), size


async def _digest(pieces: AsyncIterable[bytes]) -> str:
    digest = blake3()
    async for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
