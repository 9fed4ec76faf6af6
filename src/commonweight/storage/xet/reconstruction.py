"""
Which bytes of which xorbs make a file, or a part of it (xet-protocol, section 8). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commonweight.storage.errors import PastTheEnd
from commonweight.storage.xet.chunk_table import ChunkTable
from commonweight.storage.xet.shard import Term


@dataclass(frozen=True, slots=True)
class FetchRange:
    """Chunks `start` to `end` of a xorb, which lie in its stored bytes `byte_start` to `byte_end` (ends exclusive)."""

    start: int
    end: int
    byte_start: int
    byte_end: int


@dataclass(frozen=True, slots=True)
class Reconstruction:
    skip: int
    """Bytes to drop from the first term."""
    length: int
    """Bytes of the file that were asked for and exist."""
    terms: tuple[Term, ...]
    fetch: Mapping[bytes, tuple[FetchRange, ...]]
    """What to read of each xorb: ranges that neither overlap nor touch; each term lies inside one of them."""


def reconstruct(
    terms: Sequence[Term], tables: Mapping[bytes, ChunkTable], start: int = 0, end: int | None = None
) -> Reconstruction:
    """
    The terms that cover file bytes `start` to `end` (exclusive; None: to the end; clamped), trimmed to whole chunks.

    Raises PastTheEnd where `start` is not inside the file, unless the whole of an empty file is asked for.
    """
    size = sum(term.unpacked_bytes for term in terms)
    stop = size if end is None else min(end, size)
    if start >= size and (start or end is not None):
        raise PastTheEnd(
            f"The file has {size} bytes; byte {start} was asked for.", headers={"content-range": f"bytes */{size}"}
        )
    kept: list[Term] = []
    skip, at = 0, 0
    for term in terms:
        if at < stop and start < at + term.unpacked_bytes:
            trimmed, dropped = _trim(term, tables[term.xorb], start - at, stop - at)
            skip = skip if kept else max(0, start - at) - dropped
            kept.append(trimmed)
        at += term.unpacked_bytes
    return Reconstruction(skip, max(0, stop - start), tuple(kept), _fetch_ranges(kept, tables))


def _trim(term: Term, table: ChunkTable, start: int, stop: int) -> tuple[Term, int]:
    """The chunks of a term that overlap its bytes `start` to `stop`, and how many bytes of the term lie before them."""
    base = table.unpacked_start(term.start)
    first, last = term.start, term.end
    while table.unpacked_ends[first] - base <= start:
        first += 1
    while table.unpacked_start(last - 1) - base >= stop:
        last -= 1
    return Term(term.xorb, table.unpacked_length(first, last), first, last), table.unpacked_length(term.start, first)


def _fetch_ranges(terms: Sequence[Term], tables: Mapping[bytes, ChunkTable]) -> dict[bytes, tuple[FetchRange, ...]]:
    spans: dict[bytes, list[tuple[int, int]]] = {}
    for term in terms:
        spans.setdefault(term.xorb, []).append((term.start, term.end))
    return {
        xorb: tuple(
            FetchRange(start, end, tables[xorb].stored_start(start), tables[xorb].stored_start(end))
            for start, end in _merged(found)
        )
        for xorb, found in spans.items()
    }


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that overlap or touch become one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
