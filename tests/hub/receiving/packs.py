"""Packs made by hand, good and bad."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

from commonweight.hub.packing import entry_head
from commonweight.hub.receiving import Bounds, Laid, Unpacked, laid_out, unpack

BOUNDS = Bounds(objects=1000, object_bytes=1 << 20, total_bytes=8 << 20, references=10_000, depth=64)
COMMIT, TREE, BLOB, TAG, OFFSET_DELTA, REF_DELTA = 1, 2, 3, 4, 6, 7
IDENT = b"Ada <ada@example.org> 1700000000 +0000"


def oid(kind: str, data: bytes) -> bytes:
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data).digest()


def entry(kind: int, data: bytes, base: bytes = b"", size: int | None = None) -> bytes:
    return entry_head(kind, len(data) if size is None else size) + base + zlib.compress(data)


def pack(*entries: bytes, count: int | None = None) -> bytes:
    body = b"PACK" + struct.pack(">II", 2, len(entries) if count is None else count) + b"".join(entries)
    return body + hashlib.sha1(body).digest()


def number(value: int) -> bytes:
    """As the sizes of a delta are written."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def delta(base: int, result: int, *steps: bytes) -> bytes:
    return number(base) + number(result) + b"".join(steps)


def copy(offset: int, size: int) -> bytes:
    return b"\xff" + offset.to_bytes(4, "little") + size.to_bytes(3, "little")


def add(data: bytes) -> bytes:
    return bytes([len(data)]) + data


def distance(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        value -= 1
        out.insert(0, value & 0x7F | 0x80)
    return bytes(out)


def tree(*items: tuple[bytes, bytes, bytes]) -> bytes:
    """Mode, name, id of each."""
    return b"".join(mode + b" " + name + b"\0" + one for mode, name, one in items)


def commit(of: bytes, *parents: bytes, head: bytes = b"", ident: bytes = IDENT, message: bytes = b"Message\n") -> bytes:
    lines = b"".join(b"parent " + one.hex().encode() + b"\n" for one in parents)
    return (
        b"tree "
        + of.hex().encode()
        + b"\n"
        + lines
        + b"author "
        + ident
        + b"\ncommitter "
        + ident
        + b"\n"
        + head
        + b"\n"
        + message
    )


def read(folder: Path, data: bytes, *tips: bytes, bounds: Bounds = BOUNDS) -> tuple[Unpacked, dict[bytes, Laid]]:
    """What is made of a pack. Raises what `unpack` does."""
    (folder / "pack").write_bytes(data)
    unpacked = unpack(folder / "pack", folder / "objects", [one.hex() for one in tips], bounds)
    return unpacked, {one.id: one for one in laid_out(folder / "objects")}
