"""Two accounts with files; jobs run when a test says so."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.files import (
    BatchLines,
    Blobs,
    Checks,
    Collector,
    File,
    Files,
    NewFile,
    Part,
    Purpose,
    ShapeOnly,
    Uploads,
)
from commonweight.identity import Identity
from commonweight.jobs import Jobs, Runner
from commonweight.storage import Storage
from tests.support.shelf import Shelf


@dataclass
class FilesWorld:
    database: Database
    clock: SetClock
    home: Path
    shelf: Shelf
    identity: Identity
    storage: Storage
    blobs: Blobs
    files: Files
    uploads: Uploads
    collector: Collector
    ada: int
    bob: int

    async def put(self, data: bytes, purpose: Purpose = Purpose.USER_DATA, name: str = "a.jsonl", **said: Any) -> File:
        """A file of Ada's."""
        async with self.files.receive(in_pieces(data)) as received:
            return await self.files.create(self.ada, received, NewFile(name, purpose, **said))

    async def put_part(self, upload_id: str, data: bytes) -> Part:
        async with self.uploads.receive(in_pieces(data)) as received:
            return await self.uploads.add_part(self.ada, upload_id, received)

    async def bytes_of(self, file: File, start: int = 0, end: int | None = None) -> bytes:
        return b"".join([piece async for piece in self.files.read(file, start, end)])

    async def run_jobs(self) -> None:
        await Runner(Jobs(self.database, self.clock, "test"), self.collector.handlers(), only_these=True).run_until_empty()

    def in_store(self) -> int:
        """How many blobs lie in the store."""
        return len(self.shelf.lying())


@asynccontextmanager
async def files_world(
    database: Database, clock: SetClock, home: Path, shelf: Shelf | None = None
) -> AsyncIterator[FilesWorld]:
    """On a disk folder of its own, or where `shelf` is."""
    shelf = shelf or Shelf.on_disk(home / "objects")
    identity = Identity(database, clock, b"key")
    storage = Storage.over(database, shelf.objects, clock, home=home, cache_bytes=1 << 20)
    ada, bob = await identity.create_user("ada"), await identity.create_user("bob")
    blobs = Blobs(database, storage, clock)
    checks = Checks({Purpose.BATCH: BatchLines, Purpose.FINE_TUNE: ShapeOnly})
    files = Files(database, blobs, checks, clock)
    uploads = Uploads(database, blobs, checks, files, clock)
    collector = Collector(database, blobs, clock)
    yield FilesWorld(database, clock, home, shelf, identity, storage, blobs, files, uploads, collector, ada.id, bob.id)
    await storage.close()


async def in_pieces(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def batch_line(custom_id: str, url: str = "/v1/chat/completions", model: str | None = "tiny", **body: Any) -> Any:
    said = body or {"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 4}
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": {"model": model, **said}}


def jsonl(lines: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)
