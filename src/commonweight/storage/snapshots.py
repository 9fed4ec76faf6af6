"""
Checkpoints on disk, for programs that need a folder: links into the cache of whole files, small files beside them.

A folder lies as `{random}` beside `{random}.lock`, on which its user holds a lock. The kernel drops the locks of a process
that dies, so a sweep tells what is left over from what is in use.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path, PurePosixPath

from commonweight.errors import InvalidInput
from commonweight.storage.cache import LOCK, FileCache
from commonweight.storage.values import LargeFile


class Snapshots:
    def __init__(self, folder: Path, cache: FileCache) -> None:
        self._folder = folder
        self._cache = cache

    @asynccontextmanager
    async def lay_out(self, files: Mapping[str, LargeFile | bytes]) -> AsyncIterator[Path]:
        """
        A folder with these files by their paths, gone when the context ends.

        Raises CacheFull, StoredBytesDamaged, InvalidInput for a path that leads out of the folder.
        """
        for path in files:
            _check(path)
        folder = self._folder / uuid.uuid4().hex
        folder.mkdir(parents=True)
        lock = os.open(folder.with_suffix(LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with ExitStack() as leases:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                for path, content in files.items():
                    place = folder / path
                    place.parent.mkdir(parents=True, exist_ok=True)
                    if isinstance(content, bytes):
                        await asyncio.to_thread(place.write_bytes, content)
                    else:
                        place.symlink_to(leases.enter_context(await self._cache.lease(content)))
                yield folder
            finally:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
                folder.with_suffix(LOCK).unlink(missing_ok=True)
                os.close(lock)

    def sweep(self) -> None:
        """Remove the folders of processes that died."""
        if not self._folder.exists():
            return
        for lock in self._folder.glob(f"*{LOCK}"):
            with ExitStack() as closing:
                handle = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
                closing.callback(os.close, handle)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                lock.unlink(missing_ok=True)


def _check(path: str) -> None:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\0" in path:
        raise InvalidInput(f"{path!r} is no path within a folder.")
