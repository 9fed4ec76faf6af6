"""
A pack becomes checked objects in a file. Deltas are resolved from their bases upwards, so that each object is read once.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import resource
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from dulwich.errors import ApplyDeltaError
from dulwich.pack import apply_delta

from commonweight.hub.fetching import tagged
from commonweight.hub.pointers import MAX_POINTER_BYTES, parse_pointer
from commonweight.hub.receiving.checks import Malformed, check
from commonweight.hub.receiving.laid_out import lay
from commonweight.hub.receiving.reader import BLOB, NAMES, TAG, TREE, Bounds, Entry, PackReader, PackRefused

MEMORY_BYTES: Final = 1 << 30  # of its own; the mapped pack does not count
NAMED_BYTES: Final = 21
MOST_TOLD: Final = 50  # files that are too large, by name; who pushes more of them has understood


@dataclass(frozen=True, slots=True)
class Tip:
    """What a pushed name comes to, behind tags of this pack: `kind` is None where that is not in the pack."""

    id: str
    kind: str | None


@dataclass(frozen=True, slots=True)
class Unpacked:
    """
    What came. `whole`: those of the tips, and of what they come to, that are in the pack. `outside`: kind (1 byte) and id
    (20) of each object that is named and did not come: one piece of bytes goes through a pipe at once, a million values hold
    up whoever takes them. `pointers`: id of the blob, SHA-256 and size. `oversized`: id and size.
    """

    objects: int
    whole: frozenset[str]
    outside: bytes
    pointers: Sequence[tuple[bytes, str, int]]
    oversized: Sequence[tuple[bytes, int]]
    tips: Mapping[str, Tip]

    def named_outside(self, count: int) -> Iterator[dict[str, str]]:
        """The objects of `outside`, `count` at a time: id and kind."""
        for start in range(0, len(self.outside), count * NAMED_BYTES):
            some = self.outside[start : start + count * NAMED_BYTES]
            parts = (some[at : at + NAMED_BYTES] for at in range(0, len(some), NAMED_BYTES))
            yield {part[1:].hex(): NAMES[part[0]] for part in parts}


@dataclass(frozen=True, slots=True)
class _Place:
    kind: int
    at: int
    size: int


@dataclass
class _Found:
    """What has been seen so far."""

    places: dict[bytes, _Place] = field(default_factory=dict)
    named: dict[bytes, int] = field(default_factory=dict)
    folders: dict[bytes, list[bytes]] = field(default_factory=dict)
    tags: dict[bytes, str] = field(default_factory=dict)
    pointers: list[tuple[bytes, str, int]] = field(default_factory=list)
    oversized: list[tuple[bytes, int]] = field(default_factory=list)


def unpack(pack: Path, target: Path, tips: Collection[str], bounds: Bounds) -> Unpacked:
    """
    Read a pack, write its objects to `target`. Raises PackRefused, Malformed. Uses no more than MEMORY_BYTES.
    """
    with _little_memory(), pack.open("rb") as file, target.open("w+b") as out:
        if not os.fstat(file.fileno()).st_size:  # an empty file cannot be mapped
            raise PackRefused("no pack came")
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))  # goes with the last slice of it
        found = _Unpacking(PackReader(view, bounds), out, bounds).run()
    ends = {tip: _tip(found, tip) for tip in tips}
    here = {one for one in [*ends, *(end.id for end in ends.values())] if bytes.fromhex(one) in found.places}
    return Unpacked(
        objects=len(found.places),
        whole=frozenset(here),
        outside=b"".join(bytes([kind]) + oid for oid, kind in found.named.items() if oid not in found.places),
        pointers=found.pointers,
        oversized=found.oversized[:MOST_TOLD],
        tips=ends,
    )


class _Unpacking:
    def __init__(self, reader: PackReader, out: BinaryIO, bounds: Bounds) -> None:
        self._reader = reader
        self._out = out
        self._bounds = bounds
        self._found = _Found()
        self._waiting: dict[int | bytes, list[Entry]] = {}  # deltas, by the offset or the id of their base
        self._ids: dict[int, bytes] = {}  # by offset

    def run(self) -> _Found:
        for entry in self._reader.entries():
            if entry.base is None:
                self._take_whole(entry)
            else:
                self._reader.data(entry)  # what it is upon may come later
                self._waiting.setdefault(entry.base, []).append(entry)
        self._resolve()
        self._check_named()
        _check_depth(self._found.folders, self._bounds.depth)
        return self._found

    def _take_whole(self, entry: Entry) -> None:
        if entry.kind == BLOB and entry.size > self._bounds.object_bytes:
            self._found.oversized.append((self._reader.digest(entry), entry.size))
        else:
            self._ids[entry.offset] = self._keep(entry.kind, self._reader.data(entry))

    def _resolve(self) -> None:
        ready = list(self._ids.items())
        while ready:
            offset, oid = ready.pop()
            upon = self._waiting.pop(offset, []) + self._waiting.pop(oid, [])
            if not upon:
                continue
            base = self._found.places[oid]
            self._out.flush()
            data = os.pread(self._out.fileno(), base.size, base.at)
            ready += [(entry.offset, self._keep(base.kind, self._applied(data, entry))) for entry in upon]
        left = sum(map(len, self._waiting.values()))
        if left and not self._found.oversized:  # else a file that is too large explains it
            raise PackRefused(f"{left} deltas have a base that is not in the pack; thin packs are not taken")

    def _applied(self, base: bytes, entry: Entry) -> bytes:
        delta = self._reader.data(entry)
        size = _result_size(delta)
        if size > self._bounds.object_bytes:
            raise PackRefused(f"an object has {size} bytes, and {self._bounds.object_bytes} are the most")
        self._reader.spend(size)
        try:
            return b"".join(apply_delta(base, delta))
        except (ApplyDeltaError, ValueError, IndexError, AssertionError) as error:
            raise PackRefused(f"a delta of the pack cannot be applied: {error}") from None

    def _keep(self, kind: int, data: bytes) -> bytes:
        oid = hashlib.sha1(f"{NAMES[kind]} {len(data)}\0".encode() + data, usedforsecurity=False).digest()
        if oid in self._found.places:
            return oid
        self._check(kind, oid, data)
        self._found.places[oid] = _Place(kind, lay(self._out, kind, oid, data), len(data))
        return oid

    def _check(self, kind: int, oid: bytes, data: bytes) -> None:
        found = self._found
        for named, expected in check(kind, data):
            if found.named.setdefault(named, expected) != expected:
                raise Malformed(f"{named.hex()} is named as a {NAMES[expected]} and as something else")
            if kind == TREE and expected == TREE:
                found.folders.setdefault(oid, []).append(named)
        if len(found.named) > self._bounds.references:
            raise PackRefused(f"more than {self._bounds.references} objects are named; push the history in steps")
        if kind == TAG:
            found.tags[oid] = tagged(data) or ""
        if kind == BLOB and len(data) <= MAX_POINTER_BYTES and (pointer := parse_pointer(data)):
            found.pointers.append((oid, pointer.sha256, pointer.size))

    def _check_named(self) -> None:
        for oid, expected in self._found.named.items():
            place = self._found.places.get(oid)
            if place is not None and place.kind != expected:
                raise Malformed(f"{oid.hex()} is named as a {NAMES[expected]} and is a {NAMES[place.kind]}")


def _check_depth(folders: Mapping[bytes, Sequence[bytes]], most: int) -> None:
    """Raises Malformed for folders that lie deeper in each other than `most`: whoever walks them goes down step by step."""
    heights: dict[bytes, int] = {}
    for start in folders:
        stack = [start]
        while stack:
            missing = [one for one in folders.get(stack[-1], ()) if one in folders and one not in heights]
            if missing:
                stack += missing
                continue
            one = stack.pop()
            heights[one] = 1 + max((heights.get(below, 1) for below in folders.get(one, ())), default=0)
            if heights[one] > most:
                raise Malformed(f"folders lie in each other deeper than {most} levels")


def _result_size(delta: bytes) -> int:
    """The second of the two sizes at the beginning of a delta."""
    at = 0
    for _ in range(2):
        size, shift, byte = 0, 0, 0x80
        while byte & 0x80:
            if at >= len(delta) or shift > 56:
                raise PackRefused("a delta of the pack has no size")
            byte = delta[at]
            size, shift, at = size | (byte & 0x7F) << shift, shift + 7, at + 1
    return size


def _tip(found: _Found, tip: str) -> Tip:
    oid = bytes.fromhex(tip)
    while oid in found.tags:  # ends: a tag names what was there before it
        oid = bytes.fromhex(found.tags[oid])
    place = found.places.get(oid)
    return Tip(oid.hex(), NAMES[place.kind] if place else None)


@contextmanager
def _little_memory() -> Iterator[None]:
    """Refuses what takes more memory than it may, instead of taking it from others. Raises PackRefused."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, before[1]))
    try:
        yield
    except MemoryError:
        raise PackRefused("the pack takes too much memory to unpack; push the history in steps") from None
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
