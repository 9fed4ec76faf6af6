"""
Shards: files as lists of terms, xorbs as lists of chunks, in records of 48 bytes (xet-protocol, section 6).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from commonweight.storage.errors import ShardRefused
from commonweight.storage.xet.hashes import ZERO_HASH, swizzle

TAG = b"HFRepoMetaData\0" + bytes((85, 105, 103, 69, 106, 123, 129, 87, 131, 165, 189, 217, 92, 205, 209, 74, 169))
VERSION = 2
RECORD_BYTES = 48
FOOTER_BYTES = 200
MAX_SHARD_BYTES = 64 << 20  # the official client starts a new shard there
BOOKEND = b"\xff" * 32 + bytes(16)

HAS_VERIFICATION = 1 << 31
HAS_METADATA = 1 << 30
IS_ASKED = 1 << 31  # of a chunk: clients may ask about it wherever it stands

_HEADER = struct.Struct("<32sQQ")
_FILE = struct.Struct("<32sII8x")
_FIVE = struct.Struct("<32sIIII")  # of a term, of a xorb's header, of a chunk
_HASH = struct.Struct("<32s16x")
_FOOTER = struct.Struct("<9Q32sQQ48x4Q")


@dataclass(frozen=True, slots=True)
class Term:
    """A stretch of a file: chunks `start` to `end` (exclusive) of a xorb."""

    xorb: bytes
    unpacked_bytes: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ShardFile:
    file_hash: bytes
    terms: tuple[Term, ...]
    verification: tuple[bytes, ...] | None
    """One hash a term, or None where the shard carries none."""
    sha256: str | None
    """Hex digest as the uploader states it."""


@dataclass(frozen=True, slots=True)
class ShardChunk:
    chunk_hash: bytes
    start: int
    """Offset in the uncompressed xorb."""
    unpacked_bytes: int
    flags: int = 0


@dataclass(frozen=True, slots=True)
class ShardXorb:
    xorb_hash: bytes
    unpacked_bytes: int
    stored_bytes: int
    chunks: tuple[ShardChunk, ...]


@dataclass(frozen=True, slots=True)
class Shard:
    files: tuple[ShardFile, ...]
    xorbs: tuple[ShardXorb, ...]


def parse_shard(body: bytes) -> Shard:
    """What a shard says, up to its second bookend; tables and a footer behind it are not read. Raises ShardRefused."""
    if len(body) > MAX_SHARD_BYTES:
        raise ShardRefused(f"The shard has {len(body)} bytes; at most {MAX_SHARD_BYTES} are accepted.")
    records = _Records(body)
    tag, version, _ = _HEADER.unpack(records.next("header"))
    if tag != TAG:
        raise ShardRefused("The body is not a shard: its first 32 bytes are not the shard tag.")
    if version != VERSION:
        raise ShardRefused(f"The shard has version {version}; {VERSION} was expected.")
    files = []
    while (record := records.next("file section")) != BOOKEND:
        files.append(_parse_file(record, records))
    xorbs = []
    while (record := records.next("xorb section")) != BOOKEND:
        xorbs.append(_parse_xorb(record, records))
    return Shard(tuple(files), tuple(xorbs))


class _Records:
    """The body as records of 48 bytes, read forwards."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def next(self, where: str) -> bytes:
        return self.take(1, where)

    def take(self, count: int, where: str) -> bytes:
        """`count` records as one run of bytes. Raises ShardRefused where the body is shorter."""
        end = self._at + count * RECORD_BYTES
        if end > len(self._body):
            raise ShardRefused(f"The shard ends inside its {where}: {end} bytes are needed, {len(self._body)} came.")
        taken = self._body[self._at : end]
        self._at = end
        return taken


def _parse_file(record: bytes, records: _Records) -> ShardFile:
    file_hash, flags, count = _FILE.unpack(record)
    terms = tuple(
        Term(xorb, unpacked, start, end) for xorb, _, unpacked, start, end in _FIVE.iter_unpack(records.take(count, "terms"))
    )
    verification = None
    if flags & HAS_VERIFICATION:
        verification = tuple(digest for (digest,) in _HASH.iter_unpack(records.take(count, "verification hashes")))
    sha256 = None
    if flags & HAS_METADATA:
        (swizzled,) = _HASH.unpack(records.next("file metadata"))
        sha256 = swizzle(swizzled).hex()
    return ShardFile(file_hash, terms, verification, sha256)


def _parse_xorb(record: bytes, records: _Records) -> ShardXorb:
    xorb_hash, _, count, unpacked, stored = _FIVE.unpack(record)
    chunks = tuple(
        ShardChunk(digest, start, length, flags)
        for digest, start, length, flags, _ in _FIVE.iter_unpack(records.take(count, "chunks"))
    )
    return ShardXorb(xorb_hash, unpacked, stored, chunks)


def build_shard(files: Iterable[ShardFile], xorbs: Iterable[ShardXorb]) -> bytes:
    """A shard without tables and footer, as the official client uploads it."""
    return _HEADER.pack(TAG, VERSION, 0) + _sections(files, xorbs)


def build_dedup_answer(xorbs: Iterable[ShardXorb], *, key: bytes = ZERO_HASH, created: int, expires: int) -> bytes:
    """
    A shard that answers a chunk query: xorbs only, with a footer. Times are unix seconds.

    All three lookup offsets point at the end of the xorb section, although the specification calls them reserved:
    zeros there make the official client abort (section 6.5).
    """
    body = _HEADER.pack(TAG, VERSION, FOOTER_BYTES) + _sections((), xorbs)
    end, empty = len(body), 0
    offsets = (RECORD_BYTES, 2 * RECORD_BYTES, end, empty, end, empty, end, empty)
    return body + _FOOTER.pack(1, *offsets, key, created, expires, empty, empty, empty, end)


def _sections(files: Iterable[ShardFile], xorbs: Iterable[ShardXorb]) -> bytes:
    return b"".join([*map(_file_records, files), BOOKEND, *map(_xorb_records, xorbs), BOOKEND])


def _file_records(file: ShardFile) -> bytes:
    flags = (HAS_VERIFICATION if file.verification is not None else 0) | (HAS_METADATA if file.sha256 else 0)
    parts = [_FILE.pack(file.file_hash, flags, len(file.terms))]
    parts += [_FIVE.pack(term.xorb, 0, term.unpacked_bytes, term.start, term.end) for term in file.terms]
    parts += [_HASH.pack(digest) for digest in file.verification or ()]
    if file.sha256:
        parts.append(_HASH.pack(swizzle(bytes.fromhex(file.sha256))))
    return b"".join(parts)


def _xorb_records(xorb: ShardXorb) -> bytes:
    parts = [_FIVE.pack(xorb.xorb_hash, 0, len(xorb.chunks), xorb.unpacked_bytes, xorb.stored_bytes)]
    parts += [_FIVE.pack(chunk.chunk_hash, chunk.start, chunk.unpacked_bytes, chunk.flags, 0) for chunk in xorb.chunks]
    return b"".join(parts)
