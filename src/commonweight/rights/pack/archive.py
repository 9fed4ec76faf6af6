"""A pack as one file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import Final

from commonweight.rights.pack.values import PackFile

#: The first day that the format knows: the bytes depend on the files alone.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_READABLE: Final = 0o644 << 16


def as_zip(files: Iterable[PackFile]) -> bytes:
    """A zip archive; the same files give the same bytes on every machine, so nothing is compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.path, _EPOCH)
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = _READABLE
            archive.writestr(entry, file.content)
    return buffer.getvalue()
