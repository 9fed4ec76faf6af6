"""The terms of a file, packed: 44 bytes each (xorb hash, then u32 first chunk, end chunk, uncompressed bytes)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from commonweight.storage.xet.shard import Term

_TERM = struct.Struct("<32sIII")


def pack_terms(terms: Iterable[Term]) -> bytes:
    return b"".join(_TERM.pack(term.xorb, term.start, term.end, term.unpacked_bytes) for term in terms)


def unpack_terms(packed: bytes) -> list[Term]:
    return [Term(xorb, unpacked, start, end) for xorb, start, end, unpacked in _TERM.iter_unpack(packed)]


def overlapping(terms: Sequence[Term], start: int, end: int) -> tuple[int, list[Term]]:
    """The terms that have a byte in `start` to `end` (exclusive), and the file offset at which the first of them begins."""
    base, at = 0, 0
    kept: list[Term] = []
    for term in terms:
        if at < end and start < at + term.unpacked_bytes:
            base = base if kept else at
            kept.append(term)
        at += term.unpacked_bytes
    return base, kept
