"""
What child processes do. Arguments and results are plain values; files are read where they lie.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from commonweight.storage.errors import StoredBytesDamaged, XorbRefused
from commonweight.storage.shard_check import CheckedFile, check_files
from commonweight.storage.xet.chunk_table import ChunkTable
from commonweight.storage.xet.merkle import file_hash
from commonweight.storage.xet.shard import parse_shard
from commonweight.storage.xet.xorb import (
    MAX_XORB_BYTES,
    MAX_XORB_CHUNKS,
    XorbFacts,
    build_xorb,
    decode_chunks,
    verify_xorb,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of whole chunks in a stored xorb: bytes `start` to `end` of a file on this machine."""

    path: Path
    start: int
    end: int


def verify_xorb_file(path: Path, expected: bytes) -> XorbFacts:
    """Verify a xorb in a file and cut its footer off. Raises XorbRefused."""
    facts = verify_xorb(mapped(path), expected)
    os.truncate(path, facts.stored_bytes)
    return facts


def pack_next_xorb(source: Path, start: int, target: Path) -> tuple[XorbFacts, int]:
    """Cut a file from byte `start` on into one full xorb, written to `target`. Returns the byte after its last."""
    from commonweight.storage.xet.chunking import cut_points  # numpy: only where it is needed

    with source.open("rb") as file:
        file.seek(start)
        data = memoryview(file.read(MAX_XORB_BYTES + 1))
    cuts = cut_points(data, last=len(data) <= MAX_XORB_BYTES)
    cuts = [cut for cut in cuts if cut <= MAX_XORB_BYTES][:MAX_XORB_CHUNKS]
    body, facts = build_xorb(data[begin:end] for begin, end in zip([0, *cuts], cuts, strict=False))
    target.write_bytes(body)
    return facts, start + cuts[-1]


def whole_file_hash(tables: Sequence[bytes]) -> bytes:
    """The id of a file that is made of these whole xorbs, given as packed chunk tables."""
    unpacked = [ChunkTable.unpack(table) for table in tables]
    return file_hash([leaf for table in unpacked for leaf in table.leaves(0, len(table))])


def xorbs_of_shard(body: bytes) -> set[bytes]:
    """The xorbs that a shard's files refer to. Raises ShardRefused."""
    return {term.xorb for file in parse_shard(body).files for term in file.terms}


def check_shard(body: bytes, tables: Mapping[bytes, bytes], held: set[bytes]) -> list[CheckedFile]:
    """The files of a shard, each checked against the packed chunk tables of its xorbs. Raises ShardRefused."""
    unpacked = {xorb: ChunkTable.unpack(table) for xorb, table in tables.items()}
    return check_files(parse_shard(body).files, unpacked, held)


def sha256_of_files(files: Sequence[Sequence[Piece]]) -> list[str]:
    """The sha256 (hex) of each file, read from its pieces."""
    return [_digest(pieces) for pieces in files]


def assemble(pieces: Sequence[Piece], target: Path) -> str:
    """Write a whole file into one that exists, and return its sha256 (hex). It is on disk when this returns."""
    digest = hashlib.sha256()
    with target.open("r+b") as out:
        for data in _decoded(pieces):
            digest.update(data)
            out.write(data)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def _digest(pieces: Sequence[Piece]) -> str:
    digest = hashlib.sha256()
    for data in _decoded(pieces):
        digest.update(data)
    return digest.hexdigest()


def _decoded(pieces: Sequence[Piece]) -> Iterator[bytes]:
    for piece in pieces:
        try:
            yield from decode_chunks(mapped(piece.path)[piece.start : piece.end])
        except XorbRefused as error:
            raise StoredBytesDamaged(f"A stored xorb can no longer be read: {error.detail}") from None


def mapped(path: Path) -> memoryview:
    """A file's bytes without reading them all at once. The mapping goes when the last view of it does."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:  # an empty file cannot be mapped
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
