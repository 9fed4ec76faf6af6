"""
A file cut into chunks, and laid out: which of them are stored already, and in which xorbs the others are to lie. For child
processes; arguments and results are plain values.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from commonweight.storage.work import mapped
from commonweight.storage.work_related import Told, wanted_chunks
from commonweight.storage.xet.chunk_table import ChunkTable
from commonweight.storage.xet.hashes import HASH_BYTES, chunk_hash, parse_hash
from commonweight.storage.xet.merkle import file_hash
from commonweight.storage.xet.xorb import MAX_XORB_BYTES, MAX_XORB_CHUNKS, XorbFacts, build_xorb

WINDOW_BYTES = 64 << 20  # cut at a time; what is left of it begins the next


@dataclass(frozen=True, slots=True)
class Cut:
    """The chunks of a file, in order: 32 bytes of hash each, and their lengths."""

    hashes: bytes
    lengths: array[int]

    def __len__(self) -> int:
        return len(self.lengths)

    def hash_of(self, number: int) -> bytes:
        return self.hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]

    def leaves(self) -> list[tuple[bytes, int]]:
        """(hash, length) of each chunk, as the merkle tree wants them."""
        return [(self.hash_of(number), length) for number, length in enumerate(self.lengths)]


@dataclass(frozen=True, slots=True)
class Run:
    """
    Chunks `start` to `end` (exclusive) of a xorb that is stored, or of the xorb number so-and-so that is to be packed; so
    many uncompressed bytes.
    """

    xorb: bytes | int
    start: int
    end: int
    unpacked_bytes: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A file as runs; and for each xorb that is to be packed where its chunks lie in the file: (offset, length)."""

    runs: Sequence[Run]
    new: Sequence[Sequence[tuple[int, int]]]


def cut_file(path: Path) -> Cut:
    from commonweight.storage.xet.chunking import cut_points  # numpy: only where it is needed

    data = mapped(path)
    hashes, lengths, at = bytearray(), array("I"), 0
    while at < len(data):
        window = data[at : at + WINDOW_BYTES]
        begin = 0
        for end in cut_points(window, last=at + len(window) == len(data)):
            hashes += chunk_hash(window[begin:end])
            lengths.append(end - begin)
            begin = end
        at += begin
    return Cut(bytes(hashes), lengths)


def name_of_file(cut: Cut) -> bytes:
    """Its id."""
    return file_hash(cut.leaves())


def pack_xorb(path: Path, spans: Sequence[tuple[int, int]], target: Path) -> XorbFacts:
    """A xorb of these (offset, length) of a file, written to `target`."""
    data = mapped(path)
    body, facts = build_xorb(data[at : at + length] for at, length in spans)
    target.write_bytes(body)
    return facts


def lay_out(cut: Cut, told: Sequence[Told]) -> Layout:
    """Every chunk once: where it is told to be stored, where the file has had it before, or else in a new xorb."""
    known = _Known(told)
    placed: list[tuple[bytes | int, int]] = []
    new: list[list[tuple[int, int]]] = []
    mine: dict[bytes, tuple[bytes | int, int]] = {}
    packed = at = 0
    for number, length in enumerate(cut.lengths):
        chunk = cut.hash_of(number)
        place = known.place(chunk, placed[-1] if placed else None) or mine.get(chunk)
        if place is None:
            if not new or packed + length > MAX_XORB_BYTES or len(new[-1]) == MAX_XORB_CHUNKS:
                new.append([])
                packed = 0
            place = mine[chunk] = (len(new) - 1, len(new[-1]))
            new[-1].append((at, length))
            packed += length
        placed.append(place)
        at += length
    return Layout(list(_runs(placed, cut.lengths)), new)


class _Known:
    """Where chunks are stored; a chunk that lies in several places is taken where it follows the one before."""

    def __init__(self, told: Sequence[Told]) -> None:
        self._hashes: dict[bytes, bytes] = {}
        self._wanted: dict[bytes, bytearray] = {}
        self._places: dict[bytes, tuple[bytes, int]] = {}
        for one in told:
            table, xorb = ChunkTable.unpack(one.chunks), parse_hash(one.name)
            wanted = wanted_chunks(one, len(table))
            self._hashes[xorb], self._wanted[xorb] = table.hashes, wanted
            for number in range(len(table)):
                if wanted[number]:
                    self._places.setdefault(table.hashes_of(number, number + 1), (xorb, number))

    def place(self, chunk: bytes, before: tuple[bytes | int, int] | None) -> tuple[bytes, int] | None:
        if before is not None and isinstance(before[0], bytes):
            xorb, following = before[0], before[1] + 1
            there = self._hashes[xorb][following * HASH_BYTES : (following + 1) * HASH_BYTES]
            if there == chunk and self._wanted[xorb][following]:
                return xorb, following
        return self._places.get(chunk)


def _runs(placed: Sequence[tuple[bytes | int, int]], lengths: Sequence[int]) -> Iterator[Run]:
    """Chunks that follow each other in one xorb are one run."""
    first = 0
    while first < len(placed):
        xorb, start = placed[first]
        last = first + 1
        while last < len(placed) and placed[last] == (xorb, start + last - first):
            last += 1
        yield Run(xorb, start, start + last - first, sum(lengths[first:last]))
        first = last
