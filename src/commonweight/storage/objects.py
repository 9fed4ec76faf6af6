"""
Where bytes lie: whole objects under a key, on a local disk or in an object store.

What `put` and `put_file` acknowledge is durable. obstore does not say that its local store syncs, so a disk is written by
`DiskObjects` here; `object_store.py` serves S3 and, in tests, memory.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import shutil
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from commonweight.storage.errors import DiskFull, NotStored, StorageUnavailable

PIECE_BYTES = 1 << 20
ON_DISK = "the home folder"
LEAST_FREE_BYTES = 128 << 20  # a xorb while it is received and once more while it is kept

_KEY = re.compile(r"[a-z0-9]+(/[A-Za-z0-9][A-Za-z0-9_-]*)+")  # no dots: a key can never climb or be taken for a temporary

Signer = Callable[[str, int, int, int], str]
"""(key, first byte, end exclusive, seconds) -> an address where a client fetches these bytes from the store itself"""


class Objects(Protocol):
    """An object is written once under its key and then only read or deleted."""

    async def put(self, key: str, data: bytes) -> None:
        """Keep these bytes. Durable on return. Putting the same bytes again is harmless."""
        ...

    async def put_file(self, key: str, path: Path) -> None:
        """Keep the bytes of a file, which is gone afterwards. Durable on return."""
        ...

    async def get(self, key: str) -> bytes:
        """All bytes of an object. Raises NotStored."""
        ...

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        """Bytes `start` to `end` (exclusive), fewer where the object ends before. Raises NotStored."""
        ...

    def pieces(self, key: str) -> AsyncGenerator[bytes, None]:
        """All bytes of an object, one piece after the other. Raises NotStored."""
        ...

    async def delete(self, key: str) -> None:
        """Forget an object. Deleting what is not there is harmless."""
        ...

    async def check(self) -> None:
        """Whether objects can be kept now. Raises StorageUnavailable, DiskFull."""
        ...

    async def try_out(self) -> None:
        """Write, read and delete something, as a server does when it starts. Raises StorageUnavailable with the remedy."""
        ...

    def local_path(self, key: str) -> Path | None:
        """The file that holds the object, where it is one on this machine; another process may read it there."""
        ...

    @property
    def name(self) -> str:
        """The place, as people and notes say it; the same after a restart."""
        ...

    @property
    def signer(self) -> Signer | None:
        """What signs addresses of the store itself; None where bytes go through this server."""
        ...


class DiskObjects:
    """
    Objects as files below a folder. A write goes to a temporary name, is synced, renamed, and the folder synced.

    After a crash an object is there completely or not at all.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: str, data: bytes) -> None:
        await asyncio.to_thread(self._put, self._path(key), data)

    async def put_file(self, key: str, path: Path) -> None:
        await asyncio.to_thread(self._put_file, self._path(key), path)

    async def get(self, key: str) -> bytes:
        return await asyncio.to_thread(_read, self._path(key), key, 0, -1)

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        return await asyncio.to_thread(_read, self._path(key), key, start, max(0, end - start))

    async def pieces(self, key: str) -> AsyncGenerator[bytes, None]:
        at = 0
        while piece := await self.get_range(key, at, at + PIECE_BYTES):
            yield piece
            at += len(piece)

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def check(self) -> None:
        await asyncio.to_thread(self._check)

    def _check(self) -> None:
        try:
            self._make_folder(self._root)
            free = shutil.disk_usage(self._root).free
        except OSError as error:
            raise StorageUnavailable(f"The folder of stored bytes cannot be used: {error.strerror}.") from None
        if not os.access(self._root, os.R_OK | os.W_OK | os.X_OK):
            raise StorageUnavailable("The folder of stored bytes may not be written to by this process.")
        if free < LEAST_FREE_BYTES:
            raise DiskFull(f"The disk of stored bytes has {free} bytes left; {LEAST_FREE_BYTES} are the least to go on.")

    async def try_out(self) -> None:
        """What `check` says; a full disk does not keep a server from reading."""
        with suppress(DiskFull):
            await self.check()

    def local_path(self, key: str) -> Path | None:
        return self._path(key)

    @property
    def name(self) -> str:
        return ON_DISK

    @property
    def signer(self) -> Signer | None:
        return None

    def _path(self, key: str) -> Path:
        return self._root / checked_key(key)

    def _put(self, target: Path, data: bytes) -> None:
        with saying_when_full():
            self._make_folder(target.parent)
            with _temporary(target.parent) as temporary:
                temporary.write_bytes(data)
                _settle(temporary, target)

    def _put_file(self, target: Path, path: Path) -> None:
        with saying_when_full():
            self._make_folder(target.parent)
            if path.stat().st_dev == target.parent.stat().st_dev:
                _settle(path, target)
                return
            with _temporary(target.parent) as temporary:  # a rename cannot cross file systems
                shutil.copyfile(path, temporary)
                _settle(temporary, target)
            path.unlink()

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and those above it, each entry durable in its parent."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


def checked_key(key: str) -> str:
    """The key itself. Raises ValueError for one that could leave its folder."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not an object key")
    return key


def sync(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def saying_when_full() -> Iterator[None]:
    """Raises DiskFull where the system says that there is no room."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFull("The server's disk is full.", hint="Tell the operator; try again when there is room.") from None


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    path = folder / f".{uuid.uuid4().hex}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _settle(temporary: Path, target: Path) -> None:
    sync(temporary)
    temporary.replace(target)
    sync(target.parent)


def _read(path: Path, key: str, start: int, length: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(length)
    except FileNotFoundError:
        raise NotStored(f"There is no object {key!r}.") from None
