"""
What processes of one host tell each other: that an account, a token or a membership has changed.

Each remembers callers for some seconds. Eight bytes in a file that all of them map tell whether what they remember still
counts, so that who was removed or revoked, also by a command, is refused at the next request. Reading
them is reading memory.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Final

BYTES: Final = 8


class Freshness:
    """`path` None: for one process alone, which needs no file."""

    def __init__(self, path: Path | None = None) -> None:
        self._map = None if path is None else _mapped(path)

    def current(self) -> bytes:
        """Another value than before where something has changed."""
        return b"" if self._map is None else self._map[:BYTES]

    def change(self) -> None:
        """After the commit of a change."""
        if self._map is not None:
            self._map[:BYTES] = os.urandom(BYTES)


def _mapped(path: Path) -> mmap.mmap:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.fstat(descriptor).st_size < BYTES:
            os.ftruncate(descriptor, BYTES)
        return mmap.mmap(descriptor, BYTES)
    finally:
        os.close(descriptor)
