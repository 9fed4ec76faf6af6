"""
The entries of a pack (gitformat-pack): where each lies, what it is, its bytes. Nothing is believed, everything has a bound.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from commonweight.errors import Unprocessable

HEAD_BYTES: Final = 12
DIGEST_BYTES: Final = 20
STEP_BYTES: Final = 64 << 10  # of compressed bytes at once
MOST_SHIFT: Final = 56  # of a size's bits; more are no size
SLACK: Final = 64 << 10  # a delta may be as large as its result and this

COMMIT, TREE, BLOB, TAG, OFFSET_DELTA, REF_DELTA = 1, 2, 3, 4, 6, 7
NAMES: Final = {COMMIT: "commit", TREE: "tree", BLOB: "blob", TAG: "tag"}


class PackRefused(Unprocessable):
    """`detail` is a line that git prints for the person who pushes."""

    code = "pack_refused"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one push may bring."""

    objects: int
    object_bytes: int  # of one object, and of a regular file
    total_bytes: int  # of all objects and deltas, unpacked
    references: int  # different objects that trees and commits name
    depth: int  # folders within folders


@dataclass(frozen=True, slots=True)
class Entry:
    """An object, or a delta upon `base`: the offset of another entry, or an id. `at`: where its compressed bytes begin."""

    offset: int
    kind: int
    size: int
    at: int
    base: int | bytes | None = None


class PackReader:
    """Reads a pack from memory, or from a mapped file."""

    def __init__(self, pack: memoryview, bounds: Bounds) -> None:
        self._end = len(pack) - DIGEST_BYTES
        self._pack = pack
        self._bounds = bounds
        self._left = bounds.total_bytes
        self._next = HEAD_BYTES

    def count(self) -> int:
        """How many entries there are to be. Raises PackRefused for what is no pack, or a damaged one."""
        if self._end < HEAD_BYTES or bytes(self._pack[:4]) != b"PACK":
            raise PackRefused("this is no pack")
        version, count = (int.from_bytes(self._pack[at : at + 4], "big") for at in (4, 8))
        if version not in (2, 3):
            raise PackRefused(f"a pack of version {version} came, and version 2 was expected")
        if count > self._bounds.objects:
            raise PackRefused(f"{count} objects came, and {self._bounds.objects} are the most; push the history in steps")
        if hashlib.sha1(self._pack[: self._end], usedforsecurity=False).digest() != self._pack[self._end :]:
            raise PackRefused("the pack came damaged; push again")
        return count

    def entries(self) -> Iterator[Entry]:
        """Each entry. THE CALLER MUST read or skip one before it takes the next. Raises PackRefused."""
        for _ in range(self.count()):
            yield self._entry(self._next)
        if self._next != self._end:
            raise PackRefused("the pack has more in it than it says")

    def data(self, entry: Entry) -> bytes:
        """The bytes of an object or a delta. Raises PackRefused beyond the bounds."""
        most = self._bounds.object_bytes if entry.base is None else self._bounds.object_bytes + SLACK
        if entry.size > most:
            raise PackRefused(f"an object has {entry.size} bytes, and {most} are the most")
        return b"".join(self._inflated(entry))

    def digest(self, entry: Entry) -> bytes:
        """The id of an object that is too large to be kept. Raises PackRefused."""
        digest = hashlib.sha1(f"{NAMES[entry.kind]} {entry.size}\0".encode(), usedforsecurity=False)
        for piece in self._inflated(entry):
            digest.update(piece)
        return digest.digest()

    def spend(self, count: int) -> None:
        """Counts bytes that a delta becomes. Raises PackRefused beyond the bound."""
        self._left -= count
        if self._left < 0:
            raise PackRefused(
                f"the pack unpacks to more than {self._bounds.total_bytes >> 20} MB; keep large files with git-lfs, "
                "and push a long history in steps"
            )

    def _entry(self, offset: int) -> Entry:
        at, byte = offset + 1, self._byte(offset)
        kind, size, shift = (byte >> 4) & 7, byte & 15, 4
        while byte & 0x80:
            byte = self._byte(at)
            size, shift, at = size | (byte & 0x7F) << shift, shift + 7, at + 1
            if shift > MOST_SHIFT:
                raise PackRefused("a size in the pack is no size")
        if kind in NAMES:
            return Entry(offset, kind, size, at)
        if kind == OFFSET_DELTA:
            distance, at = self._distance(at)
            return Entry(offset, kind, size, at, offset - distance)
        if kind == REF_DELTA:
            return Entry(offset, kind, size, at + DIGEST_BYTES, bytes(self._pack[at : at + DIGEST_BYTES]))
        raise PackRefused(f"an entry of the pack is of the unknown kind {kind}")

    def _distance(self, at: int) -> tuple[int, int]:
        byte = self._byte(at)
        distance, shift = byte & 0x7F, 0
        while byte & 0x80:
            at, shift = at + 1, shift + 7
            byte = self._byte(at)
            distance = ((distance + 1) << 7) | (byte & 0x7F)
            if shift > MOST_SHIFT:
                raise PackRefused("a distance in the pack is no distance")
        return distance, at + 1

    def _byte(self, at: int) -> int:
        if at >= self._end:
            raise PackRefused("the pack ends in the middle of an entry")
        return self._pack[at]

    def _inflated(self, entry: Entry) -> Iterator[bytes]:
        """In pieces; the entry that follows begins where this ends."""
        self.spend(entry.size)
        inflate, at, left = zlib.decompressobj(), entry.at, entry.size
        step = min(STEP_BYTES, entry.size + entry.size // 512 + 64)  # what an honest object takes
        while not inflate.eof:
            chunk = self._pack[at : min(at + step, self._end)]
            if not chunk:
                raise PackRefused("the pack ends in the middle of an object")
            try:
                piece = inflate.decompress(chunk, min(left + 1, STEP_BYTES))
            except zlib.error as error:
                raise PackRefused(f"an object of the pack cannot be decompressed: {error}") from None
            at += len(chunk) - len(inflate.unused_data if inflate.eof else inflate.unconsumed_tail)
            left, step = left - len(piece), STEP_BYTES
            if left < 0:
                break
            yield piece
        if left:
            raise PackRefused("an object of the pack is of another size than it says")
        self._next = max(self._next, at)
