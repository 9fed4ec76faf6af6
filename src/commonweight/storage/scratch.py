"""
Files that are being received or written: temporary names on the same disk as the objects, so that keeping one is a rename.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from commonweight.storage.errors import TooManyBytes
from commonweight.storage.objects import saying_when_full

STALE_SECONDS = 24 * 3600  # no upload of one file takes longer; what is older was left by a process that was killed
WRITE_BYTES = 1 << 20  # gathered before a write, so that small network pieces do not each cost a thread hop


class Scratch:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def path(self) -> Iterator[Path]:
        """A new name, which is free again afterwards, whatever was put there or taken away."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / uuid.uuid4().hex
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what killed processes have left."""
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                if path.stat().st_mtime < time.time() - STALE_SECONDS:
                    path.unlink(missing_ok=True)


async def receive(pieces: AsyncIterator[bytes], path: Path, limit: int | None = None) -> int:
    """Write pieces to a file, off the event loop; returns how many bytes. Raises TooManyBytes beyond `limit`, DiskFull."""
    total, gathered = 0, bytearray()
    with saying_when_full(), path.open("wb") as file:
        async for piece in pieces:
            total += len(piece)
            if limit is not None and total > limit:
                raise TooManyBytes(f"The body has more than {limit} bytes, which is the most that is accepted here.")
            gathered += piece
            if len(gathered) >= WRITE_BYTES:
                await asyncio.to_thread(file.write, bytes(gathered))
                gathered.clear()
        await asyncio.to_thread(file.write, bytes(gathered))
    return total
