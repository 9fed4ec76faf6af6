"""
Files are looked through in a process of its own, within bounds of time and memory: what a file is made to exhaust ends that
process, and is a finding. Nothing of a file is imported or run by it.
"""

from __future__ import annotations

import asyncio
import io
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, Final

from commonweight.storage import WorkLost, WorkPool
from commonweight.vetting.scans import kinds
from commonweight.vetting.scans.archives import scan_hdf5, scan_keras, scan_pickles
from commonweight.vetting.scans.structures import scan_gguf, scan_safetensors
from commonweight.vetting.scans.templates import MAX_TEMPLATE, TEMPLATE_TOO_LONG, scan_template, scan_tokenizer
from commonweight.vetting.scans.values import SUSPICIOUS, Scan, ScanFinding

RULES: Final = 1  # counted up when the same content may be judged otherwise: then all is looked through again
SECONDS: Final = 120.0  # of one file; the most costly that is no attack takes some seconds
IDLE_SECONDS: Final = 60.0
MAX_MEMORY: Final = 2 << 30  # bytes of address space; four million opcodes take 300 MB

TOO_COSTLY: Final = "Looking through it took too much time or memory, and was given up."
REASONS: Final = (TOO_COSTLY,)


def scanner_version() -> str:
    """Ours, and that of the lists of names."""
    return f"commonweight {RULES}, picklescan {version('picklescan')}"


class ChildScanner:
    """Looks through one file at a time. One belongs to one event loop."""

    def __init__(self, workers: WorkPool | None = None, *, seconds: float = SECONDS) -> None:
        self.version = scanner_version()
        self._workers = workers or WorkPool(children=1, idle_seconds=IDLE_SECONDS)
        self._seconds = seconds

    async def look(self, path: str, content: Path | bytes, size: int) -> Scan | int:
        """
        At the content of a file that is called `path` and has `size` bytes: a file on this machine, or its first bytes. An
        answer that is a number says how many of them are needed.
        """
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._workers.run(look_bounded, path, content, size)
        except (TimeoutError, WorkLost):
            found = Scan.of([ScanFinding(SUSPICIOUS, TOO_COSTLY)])
        return found if isinstance(found, int) else replace(found, scanner=self.version)

    async def close(self) -> None:
        """End the process, if it waits for work."""
        await self._workers.close()


def look_bounded(path: str, content: Path | bytes, size: int) -> Scan | int:
    """What the child does."""
    bound_memory(MAX_MEMORY)
    try:
        return look(path, content, size)
    except (MemoryError, RecursionError):
        return Scan.of([ScanFinding(SUSPICIOUS, TOO_COSTLY)])


def look(path: str, content: Path | bytes, size: int) -> Scan | int:
    """See `ChildScanner.look`."""
    kind = kinds.kind_of(path)
    if kind in kinds.BY_HEADER:
        assert isinstance(content, bytes)
        return scan_gguf(content, size) if kind == kinds.GGUF else scan_safetensors(content, size)
    if isinstance(content, Path):
        with content.open("rb") as file:
            return _look_into(kind, file, size)
    return _look_into(kind, io.BytesIO(content), len(content))


def _look_into(kind: str, file: BinaryIO, size: int) -> Scan:
    if kind in (kinds.TEMPLATE, kinds.TOKENIZER):
        if size > 64 * MAX_TEMPLATE:
            return Scan.of([ScanFinding(SUSPICIOUS, TEMPLATE_TOO_LONG)])
        content = file.read()
        return scan_tokenizer(content) if kind == kinds.TOKENIZER else scan_template(content.decode(errors="replace"))
    if kind == kinds.HDF5:
        return scan_hdf5(file)
    if kind == kinds.KERAS:
        return scan_keras(file, size)
    return scan_pickles(file, size, must_be=kind == kinds.PICKLE)


def bound_memory(most: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    import resource  # not on every system

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
