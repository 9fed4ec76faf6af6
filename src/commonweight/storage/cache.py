"""
Whole files on disk, for programs that need a path: a cache with a size limit.

A file lies as `{sha256}` beside `{sha256}.lock`. Whoever uses it holds a shared lock on the latter; whoever writes it, or
removes it, an exclusive one. The kernel drops the locks of a process that dies. The lock's time is that of the last use.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType

from commonweight.errors import Unavailable
from commonweight.storage.errors import StoredBytesDamaged
from commonweight.storage.values import LargeFile

RETRY_SECONDS = 0.05  # between two looks at a lock that another process holds
PART = ".part"
LOCK = ".lock"


class CacheFull(Unavailable):
    code = "cache_full"


class Lease:
    """The right to use a cached file: it stays where it is until `release`, or the end of the `with` block."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle: int | None = handle

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


Write = Callable[[LargeFile, Path], Awaitable[str]]
"""Writes a whole file over one that exists, durably, and returns the sha256 of what it wrote."""


class FileCache:
    def __init__(self, folder: Path, limit_bytes: int, write: Write) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._write = write

    async def lease(self, file: LargeFile) -> Lease:
        """
        The file on disk. Callers that come at once, also from other processes, share one piece of work.

        Raises CacheFull where no room can be made, StoredBytesDamaged where what was written has another sha256.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / file.sha256
        while (lease := _share(path)) is None:
            handle = _lock(path, fcntl.LOCK_EX)
            if handle is None:  # somebody is writing it, and will share it in a moment
                await asyncio.sleep(RETRY_SECONDS)
                continue
            try:
                if not path.exists():
                    await self._fill(file, path)
            finally:
                os.close(handle)
        return lease

    async def _fill(self, file: LargeFile, path: Path) -> None:
        part = path.with_suffix(PART)
        part.unlink(missing_ok=True)  # left by a process that died
        async with _exclusive(self._folder / "room"):
            await asyncio.to_thread(self._make_room, file.size)
            with part.open("wb") as reserved:
                reserved.truncate(file.size)  # counts as used from now on, for others who make room
        try:
            digest = await self._write(file, part)
            if digest != file.sha256:
                raise StoredBytesDamaged(f"The stored file {file.sha256} now has the sha256 {digest}.")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _make_room(self, wanted: int) -> None:
        used = sum(size for _, size, _ in self._entries())
        for path, size, _ in sorted(self._entries(), key=lambda entry: entry[2]):
            if used + wanted <= self._limit:
                return
            if _remove(path):
                used -= size
        if used + wanted > self._limit:
            raise CacheFull(
                f"A file of {wanted} bytes does not fit: {used} of {self._limit} bytes hold files that are in use.",
                hint="Raise COMMONWEIGHT_CACHE_BYTES, or stop an engine.",
            )

    def _entries(self) -> Iterator[tuple[Path, int, float]]:
        """(file, bytes, time of last use) of what lies in the cache, half-written files too."""
        for path in list(self._folder.iterdir()):
            if path.suffix == LOCK:
                continue
            with suppress(FileNotFoundError):
                yield path, path.stat().st_size, path.with_suffix(LOCK).stat().st_mtime


def _share(path: Path) -> Lease | None:
    """A lease on a file that is there and that nobody is writing or removing."""
    handle = _lock(path, fcntl.LOCK_SH)
    if handle is None:
        return None
    if not path.exists():
        os.close(handle)
        return None
    os.utime(path.with_suffix(LOCK))
    return Lease(path, handle)


def _lock(path: Path, kind: int) -> int | None:
    handle = os.open(path.with_suffix(LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


@asynccontextmanager
async def _exclusive(path: Path) -> AsyncIterator[None]:
    while (handle := _lock(path, fcntl.LOCK_EX)) is None:  # noqa: ASYNC110 — the lock belongs to another process
        await asyncio.sleep(RETRY_SECONDS)
    try:
        yield
    finally:
        os.close(handle)


def _remove(path: Path) -> bool:
    """Remove a file unless it is in use or being written."""
    handle = _lock(path, fcntl.LOCK_EX)
    if handle is None:
        return False
    try:
        path.unlink(missing_ok=True)
    finally:
        os.close(handle)
    return True
