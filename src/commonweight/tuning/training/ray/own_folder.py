"""A folder on a node that one process has for itself, and that goes when that process does, or soon after."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import IO, Final

LOCK: Final = ".lock"


class OwnFolder:
    """
    `path` below `root`, locked as long as this process lives. Where another holds it, it is waited for: that one is about
    to end, since its training has begun anew here. What ended processes left behind in `root` is removed.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.path = root / name
        self._lock = _locked(self.path, wait=True)
        for other in root.iterdir():
            if other != self.path and other.is_dir() and (left := _locked(other, wait=False)) is not None:
                shutil.rmtree(other, ignore_errors=True)
                left.close()

    def remove(self) -> None:
        """The folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()


def _locked(folder: Path, *, wait: bool) -> IO[bytes] | None:
    """The lock of a folder; None where another has it, or where the file system knows no locks."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file.fileno()).st_ino == (folder / LOCK).stat().st_ino:
                return file
        except FileNotFoundError:
            pass  # it went with its folder while it was waited for
        except OSError:
            file.close()
            return None
        file.close()
