"""Log files of engines: appended to by the child, kept small by us."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO

MAX_LOG_BYTES = 4 << 20  # thousands of warnings; an engine that writes more repeats itself
MAX_EXCERPT_BYTES = 16 << 10  # where the reason of a failed start stands
_ERROR_LINE = re.compile(r"^[\d.]+ E (?P<text>.*)$", re.MULTILINE)


class EngineLog:
    """`HOME/logs/engine-<name>.log` and, when that has grown too large, `….log.1`."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"engine-{_slug(name)}.log"
        self._start = 0

    def open(self) -> BinaryIO:
        """A file for the child's standard error. Remembers where this run begins."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size > MAX_LOG_BYTES:
            self.path.replace(f"{self.path}.1")
        file = self.path.open("ab")
        self._start = file.tell()
        return file

    def trim(self) -> None:
        """Empty the file when it has grown too large. The child goes on at its start, since it appends."""
        if self.path.exists() and self.path.stat().st_size > MAX_LOG_BYTES:
            os.truncate(self.path, 0)
            self._start = 0

    def reason(self) -> str:
        """The first error that this run wrote, or its last line; empty when it wrote nothing."""
        if not self.path.exists():
            return ""
        with self.path.open("rb") as file:
            file.seek(self._start)
            text = file.read(MAX_EXCERPT_BYTES).decode(errors="replace").strip()
        first_error = _ERROR_LINE.search(text)
        return first_error["text"] if first_error else text.rpartition("\n")[2]


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "--", name)[:120]
