"""
Unpacked objects in a file, one after the other: kind (1 byte), id (20), size (8, big-endian), then the bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from commonweight.hub.packing import ENTRY
from commonweight.hub.receiving.reader import TREE

HEAD: Final = struct.Struct(">B20sQ")


@dataclass(frozen=True, slots=True)
class Laid:
    """An object of the file."""

    kind: int
    id: bytes
    data: bytes


def lay(out: BinaryIO, kind: int, oid: bytes, data: bytes) -> int:
    """Write an object; where its bytes begin."""
    out.write(HEAD.pack(kind, oid, len(data)))
    at = out.tell()
    out.write(data)
    return at


def laid_out(path: Path) -> Iterator[Laid]:
    """The objects of a file."""
    with path.open("rb") as file:
        while head := file.read(HEAD.size):
            kind, oid, size = HEAD.unpack(head)
            yield Laid(kind, oid, file.read(size))


def names_of(path: Path, ids: Collection[bytes]) -> dict[bytes, str]:
    """A name for each of these ids that a folder among the objects of a file names."""
    wanted, found = set(ids), dict[bytes, str]()
    for one in laid_out(path):
        if one.kind == TREE and len(found) < len(wanted):
            found |= {oid: name.decode() for _, name, oid in ENTRY.findall(one.data) if oid in wanted}
    return found
