"""
The journal of one process: a line for each request, in a file on this host, before the last byte of its answer.

    crc32 in eight hexadecimal digits, a space, a JSON array (`Record`), a line feed

A line is handed to the system before the answer ends, so a killed process loses none. It reaches the disk within
`SYNC_S`: a power cut may lose what was written in that time, and no more. A file belongs to the process that holds the
lock beside it; whoever gets that lock knows that the process has ended, and may take its journal over.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from commonweight.plans.refusals import NotRecorded

log = logging.getLogger(__name__)

SYNC_S: Final = 0.05  # one sync of the disk for all requests of this time
SEGMENT_BYTES: Final = 8 << 20  # then a new file begins, and the old one goes when it has been taken over
READ_BYTES: Final = 1 << 20  # taken over at once: some thousand requests
SUFFIX: Final = ".journal"
LOCK: Final = ".lock"


class Journal:
    """`append` is all that a request waits for."""

    def __init__(self, folder: Path, process: str, segment_bytes: int = SEGMENT_BYTES) -> None:
        """Raises NotRecorded where the disk takes no journal."""
        self.process = process
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._number = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(folder / (process + LOCK))
            self._file = self._open()
        except OSError as error:
            raise NotRecorded(f"Usage cannot be written down: {error.strerror}.") from error
        if self._lock is None:
            raise NotRecorded(f"The journal {process} belongs to another process.")
        self._written = 0
        self._torn = False
        self._dirty = False
        self._syncing: asyncio.Task[None] | None = None

    def append(self, record: list[Any]) -> None:
        """Write a record. Raises NotRecorded where the disk does not take it."""
        line = b"\n" + dressed(record) if self._torn else dressed(record)
        try:
            written = os.write(self._file, line)
        except OSError as error:
            raise NotRecorded(f"Usage cannot be written down: {error.strerror}.") from error
        if written < len(line):
            self._torn = True
            raise NotRecorded("Usage cannot be written down: the disk is full.")
        self._torn = False
        self._written += written
        if not self._dirty:
            self._dirty = True
            self._syncing = asyncio.create_task(self._sync_soon())
        if self._written >= self._segment_bytes:
            self._begin_another()

    def segments(self) -> list[Path]:
        """Files that hold records, the oldest first; the last one is still written to."""
        return segments_of(self._folder, self.process)

    @property
    def current(self) -> Path:
        return self._folder / f"{self.process}.{self._number:06d}{SUFFIX}"

    async def close(self) -> None:
        """Sync, and leave the lock to whoever takes the rest over."""
        if self._syncing is not None:
            self._syncing.cancel()
            await asyncio.wait({self._syncing})
        os.fdatasync(self._file)
        os.close(self._file)
        assert self._lock is not None
        os.close(self._lock)

    async def _sync_soon(self) -> None:
        await asyncio.sleep(SYNC_S)
        self._dirty = False
        await asyncio.to_thread(_sync, os.dup(self._file))  # its own handle: the file may be closed meanwhile

    def _open(self) -> int:
        return os.open(self.current, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def _begin_another(self) -> None:
        """Where the disk takes no other file, this one is gone on with: what came last is written down already."""
        self._written = 0
        self._number += 1
        try:
            fresh = self._open()
        except OSError as error:
            self._number -= 1
            log.warning("no new journal can be begun, the old one goes on: %s", error)
            return
        old, self._file = self._file, fresh
        try:
            os.fdatasync(old)
        finally:
            os.close(old)


def dressed(record: list[Any]) -> bytes:
    """A record as it is written."""
    text = orjson.dumps(record)
    return b"%08x %b\n" % (zlib.crc32(text), text)


def take_from(path: Path, begin: int, add: Callable[[list[Any]], None]) -> int:
    """
    Give the records from a byte on to `add`, one by one, some thousand at most; the byte behind the last of them.

    A last line without its end is not there yet; one whose checksum is wrong was torn by a full disk or a power cut and is
    left out.
    """
    end = begin
    with path.open("rb") as file:
        file.seek(begin)
        for line in file:
            if not line.endswith(b"\n"):
                break
            end += len(line)
            record = _read(line[:-1], path)
            if record is not None:
                add(record)
            if end - begin >= READ_BYTES:
                break
    return end


def _read(line: bytes, path: Path) -> list[Any] | None:
    if not line:
        return None
    given, _, text = line.partition(b" ")
    if given != b"%08x" % zlib.crc32(text):
        log.warning("%s: a torn line of %d bytes was left out", path.name, len(line))
        return None
    record: list[Any] = orjson.loads(text)
    return record


def segments_of(folder: Path, process: str) -> list[Path]:
    return sorted(folder.glob(f"{process}.*{SUFFIX}"))


def orphans(folder: Path) -> Iterator[tuple[str, int]]:
    """Processes of this host that have ended and left a journal, each with its lock, which the caller closes."""
    for path in sorted(folder.glob(f"*{LOCK}")):
        lock = _lock(path)
        if lock is not None:
            yield path.name.removesuffix(LOCK), lock


def forget(folder: Path, process: str) -> None:
    """Remove what is left of a process whose journal has been taken over."""
    for path in segments_of(folder, process):
        path.unlink(missing_ok=True)
    (folder / (process + LOCK)).unlink(missing_ok=True)


def _lock(path: Path) -> int | None:
    """The lock of a process, held until it is closed; None where somebody holds it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    if not path.exists() or path.stat().st_ino != os.fstat(file).st_ino:  # its journal was taken over meanwhile
        os.close(file)
        return None
    return file


def _sync(file: int) -> None:
    try:
        os.fdatasync(file)
    finally:
        os.close(file)
