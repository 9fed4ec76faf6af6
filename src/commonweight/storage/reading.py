"""
Bytes of stored files, from the chunks of their xorbs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from commonweight.storage.catalogue import Catalogue, StoredXorb
from commonweight.storage.errors import NotStored, PastTheEnd, StoredBytesDamaged, XorbRefused
from commonweight.storage.objects import Objects
from commonweight.storage.terms import overlapping
from commonweight.storage.values import LargeFile
from commonweight.storage.wholes import Wholes
from commonweight.storage.work import Piece
from commonweight.storage.xet.chunk_table import ChunkTable
from commonweight.storage.xet.hashes import chunk_hash, hash_text
from commonweight.storage.xet.reconstruction import Reconstruction, reconstruct
from commonweight.storage.xet.shard import Term
from commonweight.storage.xet.xorb import decode_chunks

PIECE_BYTES = 1 << 20  # a body of 1 MiB at a time: small beside a xorb, large beside what a piece costs to hand over
READ_AHEAD = 3  # pieces in work per reader: one being sent, one ready, one being decoded
TERMS_AT_ONCE = 8  # terms whose chunk tables (40 KB for a full xorb) are held at a time

Addresses = Callable[[str, int, int], str]
"""(xorb, first byte, end exclusive) -> an address"""


@dataclass(frozen=True, slots=True)
class _Run:
    """Whole chunks in one object: their bytes there, their hashes, and which of the decoded bytes are wanted."""

    key: str
    start: int
    end: int
    hashes: bytes
    skip: int
    take: int


class Reader:
    def __init__(self, catalogue: Catalogue, objects: Objects, wholes: Wholes) -> None:
        self._catalogue = catalogue
        self._objects = objects
        self._wholes = wholes

    async def read(self, file: LargeFile, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """
        Bytes `start` to `end` (exclusive; None: to the end; clamped) in pieces of about 1 MiB.

        Raises PastTheEnd before the first piece where `start` lies behind the end, StoredBytesDamaged where a stored
        xorb cannot be read.
        """
        stop = file.size if end is None else min(end, file.size)
        if start > file.size:
            raise PastTheEnd(f"The file has {file.size} bytes; byte {start} was asked for.")
        if start >= stop:
            return
        pieces = self._decoded(file, start, stop) if file.in_chunks else self._whole(file, start, stop)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def _whole(self, file: LargeFile, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        """Out of a file's one object; when that has gone, since it was moved into chunks, on from there in those."""
        key, at = await self._wholes.key(file.xet_hash), start
        while key is not None and at < stop:
            try:
                piece = await self._objects.get_range(key, at, min(at + PIECE_BYTES, stop))
            except NotStored:
                break
            if not piece:
                raise StoredBytesDamaged(f"The stored object {key} is shorter than it was.")
            yield piece
            at += len(piece)
        if at < stop:
            async for piece in self._decoded(await self._moved(file), at, stop):
                yield piece

    async def _moved(self, file: LargeFile) -> LargeFile:
        found = await self._wholes.in_chunks(file.sha256)
        if found is None:
            raise NotStored(f"There is no large file {file.sha256}.")
        return found

    async def _decoded(self, file: LargeFile, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        waiting: deque[asyncio.Task[bytes]] = deque()
        try:
            async with aclosing(self._runs(file, start, stop)) as runs:
                async for run in runs:
                    waiting.append(asyncio.create_task(self._decode(run)))
                    if len(waiting) >= READ_AHEAD:
                        yield await waiting.popleft()
            while waiting:
                yield await waiting.popleft()
        finally:
            for task in waiting:
                task.cancel()

    async def reconstruct(self, file: LargeFile, start: int, end: int | None) -> Reconstruction:
        """Terms and ranges for file bytes `start` to `end`. Raises PastTheEnd."""
        stop = file.size if end is None else min(end, file.size)
        if start >= file.size and (start or end is not None):
            headers = {"content-range": f"bytes */{file.size}"}
            raise PastTheEnd(f"The file has {file.size} bytes; byte {start} was asked for.", headers=headers)
        base, terms = overlapping(await self._terms(file), start, stop)
        tables = await self._tables(terms)
        return reconstruct(terms, tables, start - base, stop - base) if terms else Reconstruction(0, 0, (), {})

    async def addresses(self, found: Reconstruction, seconds: int) -> Addresses | None:
        """
        Addresses of stored bytes in the store itself, each for one of the ranges of `found`; None where bytes go through
        this server. Raises NotStored where a xorb was collected since.
        """
        sign = self._objects.signer
        if sign is None:
            return None
        stored = await self._catalogue.stored_xorbs(found.fetch.keys())
        if missing := found.fetch.keys() - stored.keys():
            raise NotStored(f"There is no xorb {hash_text(min(missing))}.")
        keys = {hash_text(name): one.key for name, one in stored.items()}
        return lambda xorb, start, end: sign(keys[xorb], start, end, seconds)

    async def local_pieces(self, file: LargeFile) -> list[Piece] | None:
        """Where the file's chunks lie on this machine; None where they lie elsewhere, or it has none yet."""
        if not file.in_chunks:
            return None
        return await self.local_pieces_of(await self._terms(file))

    async def local_pieces_of(self, terms: Sequence[Term]) -> list[Piece] | None:
        pieces: list[Piece] = []
        for at in range(0, len(terms), TERMS_AT_ONCE):
            batch = terms[at : at + TERMS_AT_ONCE]
            tables, stored = await self._tables(batch), await self._stored(batch)
            for term in batch:
                path = self._objects.local_path(stored[term.xorb].key)
                if path is None:
                    return None
                table = tables[term.xorb]
                pieces.append(Piece(path, table.stored_start(term.start), table.stored_start(term.end)))
        return pieces

    async def chunks(self, file: LargeFile) -> AsyncGenerator[tuple[bytes, int], None]:
        """Hash and length of each chunk, in the order of the file. Raises NotStored."""
        terms = await self._terms(file)
        for at in range(0, len(terms), TERMS_AT_ONCE):
            batch = terms[at : at + TERMS_AT_ONCE]
            tables = await self._tables(batch)
            for term in batch:
                if term.xorb not in tables:
                    raise NotStored(f"A part of the large file {file.xet_hash} is not stored.")
                for chunk in tables[term.xorb].leaves(term.start, term.end):
                    yield chunk

    async def read_terms(self, terms: Sequence[Term]) -> AsyncGenerator[bytes, None]:
        """All bytes of these terms, one run after the other."""
        for at in range(0, len(terms), TERMS_AT_ONCE):
            batch = terms[at : at + TERMS_AT_ONCE]
            for run in await self._runs_of(batch, 0, sum(term.unpacked_bytes for term in batch)):
                yield await self._decode(run)

    async def xorb_bytes(self, name: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Stored bytes `start` to `end` (exclusive) of a xorb, in pieces. Raises NotStored, PastTheEnd."""
        stored = await self._catalogue.xorb(name)
        if stored is None:
            raise NotStored(f"There is no xorb {name}.")
        if not 0 <= start < end <= stored.stored_bytes:
            raise PastTheEnd(f"The xorb has {stored.stored_bytes} bytes; {start} to {end} were asked for.")
        return self._stored_pieces(stored.key, start, end)

    async def _stored_pieces(self, key: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        for at in range(start, end, PIECE_BYTES):
            stop = min(at + PIECE_BYTES, end)
            piece = await self._objects.get_range(key, at, stop)
            if len(piece) < stop - at:
                raise StoredBytesDamaged(f"The stored object {key} is shorter than it was.")
            yield piece

    async def _runs(self, file: LargeFile, start: int, end: int) -> AsyncGenerator[_Run, None]:
        base, terms = overlapping(await self._terms(file), start, end)
        for at in range(0, len(terms), TERMS_AT_ONCE):
            batch = terms[at : at + TERMS_AT_ONCE]
            for run in await self._runs_of(batch, start - base, end - base):
                yield run
            base += sum(term.unpacked_bytes for term in batch)

    async def _runs_of(self, terms: Sequence[Term], start: int, end: int) -> list[_Run]:
        """Runs for bytes `start` to `end` of these terms taken together; `start` may be negative, `end` too large."""
        tables, stored = await self._tables(terms), await self._stored(terms)
        found = reconstruct(terms, tables, max(0, start), end)
        runs: list[_Run] = []
        skip, left = found.skip, found.length
        for term in found.terms:
            for first, last in _spans(tables[term.xorb], term):
                run = _run(stored[term.xorb], tables[term.xorb], (first, last), skip, left)
                runs.append(run)
                skip, left = 0, left - run.take
        return runs

    async def _decode(self, run: _Run) -> bytes:
        packed = await self._objects.get_range(run.key, run.start, run.end)
        try:
            data = await asyncio.to_thread(_joined, packed, run.hashes)
        except XorbRefused as error:
            raise StoredBytesDamaged(f"The stored object {run.key} can no longer be read: {error.detail}") from None
        if len(data) < run.skip + run.take:
            raise StoredBytesDamaged(f"The stored object {run.key} is shorter than it was.")
        return data[run.skip : run.skip + run.take]

    async def _terms(self, file: LargeFile) -> list[Term]:
        terms = await self._catalogue.terms(file.xet_hash)
        if terms is None:
            raise NotStored(f"There is no large file {file.xet_hash}.")
        return terms

    async def _tables(self, terms: Sequence[Term]) -> dict[bytes, ChunkTable]:
        return await self._catalogue.tables({term.xorb for term in terms})

    async def _stored(self, terms: Sequence[Term]) -> dict[bytes, StoredXorb]:
        return await self._catalogue.stored_xorbs({term.xorb for term in terms})


def _spans(table: ChunkTable, term: Term) -> list[tuple[int, int]]:
    """A term as runs of chunks that unpack to about one piece each."""
    spans: list[tuple[int, int]] = []
    first = term.start
    for chunk in range(term.start, term.end):
        if table.unpacked_length(first, chunk + 1) >= PIECE_BYTES or chunk + 1 == term.end:
            spans.append((first, chunk + 1))
            first = chunk + 1
    return spans


def _run(stored: StoredXorb, table: ChunkTable, span: tuple[int, int], skip: int, left: int) -> _Run:
    take = min(table.unpacked_length(*span) - skip, left)
    return _Run(stored.key, table.stored_start(span[0]), table.stored_start(span[1]), table.hashes_of(*span), skip, take)


def _joined(packed: bytes, hashes: bytes) -> bytes:
    """
    The chunks, each checked: a bit that has turned over shows itself neither in plain chunks nor, often, in LZ4.

    Raises XorbRefused.
    """
    chunks = list(decode_chunks(packed))
    if b"".join(map(chunk_hash, chunks)) != hashes:
        raise XorbRefused("its chunks are not those that were put there.")
    return b"".join(chunks)
