"""
Xorbs: chunks back to back, each with a header of 8 bytes, optionally a footer (xet-protocol, section 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from blake3 import blake3

from commonweight.storage.errors import XorbRefused
from commonweight.storage.xet.chunk_table import ChunkTable
from commonweight.storage.xet.compression import Decoder, Scheme, compress
from commonweight.storage.xet.hashes import chunk_hash, hash_text
from commonweight.storage.xet.merkle import merkle_root

HEADER_BYTES = 8
MAX_CHUNK_BYTES = 131_072  # uncompressed; the rule of section 3 never cuts later
MAX_PACKED_CHUNK_BYTES = 262_144  # what the official client's parser accepts
MAX_XORB_CHUNKS = 8_192
MAX_XORB_BYTES = 64 << 20  # of uncompressed bytes: what the official client counts
FOOTER_MARK = b"XETBLOB"
MAX_FOOTER_BYTES = 92 + 40 * MAX_XORB_CHUNKS + 4
MAX_BODY_BYTES = MAX_XORB_BYTES + HEADER_BYTES * MAX_XORB_CHUNKS + MAX_FOOTER_BYTES

Bytes = bytes | memoryview


@dataclass(frozen=True, slots=True)
class PackedChunk:
    """A chunk as it lies in a xorb. `packed` are its bytes without the header."""

    scheme: int
    packed: Bytes
    unpacked_bytes: int
    end: int
    """Where it ends in the serialized xorb."""


@dataclass(frozen=True, slots=True)
class XorbFacts:
    """What verification found out. The first `stored_bytes` of the body are to be kept: a footer is not."""

    xorb_hash: bytes
    table: ChunkTable
    stored_bytes: int
    digest: str
    """BLAKE3 (hex) over the bytes to be kept, by which they are scrubbed later."""


def walk(body: Bytes) -> Iterator[PackedChunk]:
    """The chunks of a serialized xorb, or of a run of whole chunks. A footer ends it. Raises XorbRefused."""
    view, at = memoryview(body), 0
    while at < len(view):
        if view[at : at + len(FOOTER_MARK)] == FOOTER_MARK:
            return
        chunk = _chunk_at(view, at)
        yield chunk
        at = chunk.end


def _chunk_at(view: memoryview, at: int) -> PackedChunk:
    header = bytes(view[at : at + HEADER_BYTES])
    if len(header) < HEADER_BYTES:
        raise XorbRefused(f"The xorb ends inside a chunk header, at byte {len(view)}.")
    packed_bytes, unpacked_bytes = int.from_bytes(header[1:4], "little"), int.from_bytes(header[5:8], "little")
    _check_header(header[0], header[4], packed_bytes, unpacked_bytes, at)
    begin, end = at + HEADER_BYTES, at + HEADER_BYTES + packed_bytes
    if end > len(view):
        raise XorbRefused(
            f"The chunk at byte {at} needs {packed_bytes} bytes and {len(view) - begin} follow: the xorb is cut short."
        )
    return PackedChunk(header[4], view[begin:end], unpacked_bytes, end)


def _check_header(version: int, scheme: int, packed_bytes: int, unpacked_bytes: int, at: int) -> None:
    if version != 0:
        raise XorbRefused(f"The chunk at byte {at} has version {version}; 0 was expected.")
    if scheme not in (Scheme.STORED, Scheme.LZ4, Scheme.GROUPED_LZ4):
        raise XorbRefused(f"The chunk at byte {at} has compression scheme {scheme}; 0, 1 or 2 was expected.")
    if not 0 < unpacked_bytes <= MAX_CHUNK_BYTES:
        raise XorbRefused(f"The chunk at byte {at} says {unpacked_bytes} bytes; 1 to {MAX_CHUNK_BYTES} were expected.")
    if packed_bytes > MAX_PACKED_CHUNK_BYTES:
        raise XorbRefused(
            f"The chunk at byte {at} has {packed_bytes} compressed bytes; at most {MAX_PACKED_CHUNK_BYTES} are accepted."
        )


def verify_xorb(body: Bytes, expected: bytes) -> XorbFacts:
    """Check all of section 11 on a xorb: headers, every chunk's bytes, bounds, and the name. Raises XorbRefused."""
    decoder = Decoder()
    found: list[tuple[bytes, int, int]] = []
    total = 0
    for chunk in walk(body):
        total += chunk.unpacked_bytes
        _check_bounds(len(found) + 1, total)
        data = decoder.decode(chunk.scheme, chunk.packed, chunk.unpacked_bytes)
        found.append((chunk_hash(data), chunk.end, chunk.unpacked_bytes))
    if not found:
        raise XorbRefused("The xorb holds no chunk.")
    computed = merkle_root([(digest, length) for digest, _, length in found])
    if computed != expected:
        raise XorbRefused(f"The xorb's content has the hash {hash_text(computed)}; it was sent as {hash_text(expected)}.")
    stored = found[-1][1]
    _check_footer(len(body) - stored)
    return XorbFacts(computed, ChunkTable.of(found), stored, blake3(memoryview(body)[:stored]).hexdigest())


def _check_bounds(chunks: int, unpacked_bytes: int) -> None:
    if chunks > MAX_XORB_CHUNKS:
        raise XorbRefused(f"The xorb holds more than {MAX_XORB_CHUNKS} chunks.")
    if unpacked_bytes > MAX_XORB_BYTES:
        raise XorbRefused(f"The xorb unpacks to more than {MAX_XORB_BYTES} bytes.")


def _check_footer(footer_bytes: int) -> None:
    if footer_bytes > MAX_FOOTER_BYTES:
        raise XorbRefused(f"The xorb's footer has {footer_bytes} bytes; at most {MAX_FOOTER_BYTES} are accepted.")


def decode_chunks(body: Bytes) -> Iterator[bytes]:
    """The uncompressed chunks of a run of whole chunks. Raises XorbRefused."""
    decoder = Decoder()
    for chunk in walk(body):
        yield decoder.decode(chunk.scheme, chunk.packed, chunk.unpacked_bytes)


def serialize_chunk(data: Bytes) -> bytes:
    """One chunk with its header, compressed where that is smaller."""
    scheme, packed = compress(data)
    return b"\0" + len(packed).to_bytes(3, "little") + bytes([scheme]) + len(data).to_bytes(3, "little") + packed


def build_xorb(chunks: Iterable[Bytes]) -> tuple[bytes, XorbFacts]:
    """A serialized xorb of these chunks, without a footer, and its facts. Raises XorbRefused over a bound or for none."""
    found: list[tuple[bytes, int, int]] = []
    body, total = bytearray(), 0
    for data in chunks:
        total += len(data)
        _check_bounds(len(found) + 1, total)
        body += serialize_chunk(data)
        found.append((chunk_hash(data), len(body), len(data)))
    if not found:
        raise XorbRefused("A xorb needs at least one chunk.")
    root = merkle_root([(digest, length) for digest, _, length in found])
    return bytes(body), XorbFacts(root, ChunkTable.of(found), len(body), blake3(body).hexdigest())
