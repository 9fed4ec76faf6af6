"""
Answers to chunk queries: not only the chunk that was asked about, but the xorbs of all files that the next upload is likely
to share (xet-protocol, section 9.2), since clients use every xorb in an answer.

What an answer tells lies in files that the one who asks may read, in xorbs that he may refer to. Every chunk hash in it is
hashed again under the answer's key: it says something to whoever has the chunk already, and nothing else to anybody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, select

from commonweight.db import Connection, Database
from commonweight.db.tables.collecting import damages, doomed_files
from commonweight.db.tables.dedup import asked_chunks
from commonweight.db.tables.storage import large_file_holdings, large_file_xorbs, large_files, xorb_holdings, xorbs
from commonweight.storage.damages import XORB
from commonweight.storage.pool import WorkPool
from commonweight.storage.terms import unpack_terms
from commonweight.storage.values import Kin
from commonweight.storage.work_related import Told, build_answer
from commonweight.storage.xet.chunk_table import RECORD_BYTES
from commonweight.storage.xet.hashes import hash_text

MAX_FILES: Final = 4000  # of one scope; the largest sharded checkpoints have some hundreds
MAX_CHUNKS: Final = 1 << 17  # in one answer: 48 bytes each, so 6 MiB, which speak of some 8 GiB of weights
GUESSES_SHARE: Final = 4  # a quarter of an answer at most, since small uploads get it too and most need none of it
AT_ONCE: Final = 500  # names in one statement

_held = large_file_holdings.c

Spans = dict[str, list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class _Found:
    """Xorbs of one scope, the likeliest first, and which of their chunks may be told: None for all."""

    xorbs: Sequence[str]
    spans: Spans | None


class RelatedXorbs:
    def __init__(self, db: Database, workers: WorkPool, most: int = MAX_CHUNKS) -> None:
        """`most`: how many chunks one answer tells of."""
        self._most = most
        self._db = db
        self._workers = workers

    async def answer(self, chunk: str, kin: Sequence[Kin], key: bytes, created: int, expires: int) -> bytes | None:
        """
        A shard with the xorbs of these files, those with the chunk first; None where there are none. `key` is 32 bytes.

        Files that nothing refers to are left out: all that is told stays for the grace of collection, which `expires`
        (Unix seconds) must lie within.
        """
        told = await self.told(chunk, kin)
        return await self._workers.run(build_answer, told, key, created, expires) if told else None

    async def told(self, chunk: str, kin: Sequence[Kin]) -> list[Told]:
        """The xorbs of these files, those with the chunk first, unsealed."""
        told: dict[str, Told] = {}
        left, left_for_guesses = self._most, self._most // GUESSES_SHARE
        async with self._db.read() as connection:
            for one in kin:
                room = min(left, left_for_guesses) if one.is_guess else left
                taken = room - await _tell(connection, told, await _found(connection, chunk, one), room)
                left -= taken
                left_for_guesses -= taken if one.is_guess else 0
        return list(told.values())


async def _found(connection: Connection, chunk: str, kin: Kin) -> _Found:
    files = await _files(connection, chunk, kin)
    if kin.sha256s is None:
        return _Found(await _xorbs_of(connection, kin.scope, files), None)
    return _Found(await _xorbs_of(connection, kin.scope, files), await _spans(connection, files))


async def _files(connection: Connection, chunk: str, kin: Kin) -> list[str]:
    """The files' Xet names: those with the chunk first, then the newest."""
    has_it = exists().where(
        large_file_xorbs.c.xet_hash == _held.xet_hash,
        large_file_xorbs.c.xorb == asked_chunks.c.xorb,
        asked_chunks.c.chunk == chunk,
    )
    doomed = exists().where(doomed_files.c.scope == _held.scope, doomed_files.c.xet_hash == _held.xet_hash)
    query = select(_held.xet_hash).where(_held.scope == kin.scope, ~doomed)
    order = (case((has_it, 0), else_=1), _held.since.desc(), _held.xet_hash)
    if kin.sha256s is None:
        return list(await connection.scalars(query.order_by(*order).limit(MAX_FILES)))
    found: list[str] = []
    for some in _slices(sorted(kin.sha256s)[:MAX_FILES]):
        found += await connection.scalars(query.where(_held.sha256.in_(some)).order_by(*order))
    return found


async def _xorbs_of(connection: Connection, scope: int, files: Sequence[str]) -> list[str]:
    """The xorbs of files, in the order of these, that the scope holds and that are whole."""
    is_held = exists().where(xorb_holdings.c.scope == scope, xorb_holdings.c.xorb == large_file_xorbs.c.xorb)
    pairs: dict[str, list[str]] = {}
    for some in _slices(files):
        query = select(large_file_xorbs.c.xet_hash, large_file_xorbs.c.xorb)
        mine = and_(large_file_xorbs.c.xet_hash.in_(some), is_held, ~_is_damaged(large_file_xorbs.c.xorb))
        for row in await connection.execute(query.where(mine)):
            pairs.setdefault(row.xet_hash, []).append(row.xorb)
    return list(dict.fromkeys(xorb for file in files for xorb in pairs.get(file, ())))


async def _spans(connection: Connection, files: Sequence[str]) -> Spans:
    """Which chunks of which xorbs these files are made of."""
    spans: Spans = {}
    for some in _slices(files):
        for packed in await connection.scalars(select(large_files.c.terms).where(large_files.c.xet_hash.in_(some))):
            for term in unpack_terms(packed):
                spans.setdefault(hash_text(term.xorb), []).append((term.start, term.end))
    return spans


async def _tell(connection: Connection, told: dict[str, Told], found: _Found, left: int) -> int:
    """Add xorbs to what is told, as long as there is room; how many chunks there is room for then."""
    new = [name for name in found.xorbs if name not in told]
    for some in _slices(new):
        sizes = await _chunk_counts(connection, some)
        chosen = []
        for name in some:
            if sizes.get(name, left + 1) <= left:
                chosen.append(name)
                left -= sizes[name]
        query = select(xorbs.c.hash, xorbs.c.chunks, xorbs.c.stored_bytes).where(xorbs.c.hash.in_(chosen))
        rows = {row.hash: row for row in await connection.execute(query)}
        for name in chosen:
            if name in rows:
                spans = None if found.spans is None else tuple(found.spans.get(name, ()))
                told[name] = Told(name, rows[name].chunks, rows[name].stored_bytes, spans)
    return left


async def _chunk_counts(connection: Connection, names: Collection[str]) -> Mapping[str, int]:
    query = select(xorbs.c.hash, func.length(xorbs.c.chunks).label("bytes")).where(xorbs.c.hash.in_(names))
    return {row.hash: int(row.bytes) // RECORD_BYTES for row in await connection.execute(query)}


def _is_damaged(name: ColumnElement[str]) -> ColumnElement[bool]:
    """What is damaged is mended by being sent again."""
    return exists(select(literal(1)).where(damages.c.kind == XORB, damages.c.subject == name))


def _slices(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[at : at + AT_ONCE] for at in range(0, len(names), AT_ONCE)]
