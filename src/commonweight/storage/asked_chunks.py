"""The chunks that clients ask about, and the xorbs that hold them: first ones of files, and one in 1,024."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select

from commonweight.db import Connection, Database, insert_ignoring
from commonweight.db.tables.dedup import asked_chunks
from commonweight.db.tables.storage import xorb_holdings
from commonweight.storage.xet.chunk_table import ChunkTable
from commonweight.storage.xet.hashes import HASH_BYTES, hash_text, is_asked

_asked = asked_chunks.c


async def note_asked(connection: Connection, xorb: str, table: ChunkTable) -> None:
    """Note those of a xorb's chunks that are asked about wherever they stand."""
    hashes = table.hashes
    chunks = (hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES))
    await _note(connection, {(hash_text(chunk), xorb) for chunk in chunks if is_asked(chunk)})


async def note_first(connection: Connection, firsts: Iterable[tuple[bytes, str]]) -> None:
    """Note the first chunks of files, each with its xorb."""
    await _note(connection, {(hash_text(chunk), xorb) for chunk, xorb in firsts})


async def _note(connection: Connection, pairs: Collection[tuple[str, str]]) -> None:
    rows = [{"chunk": chunk, "xorb": xorb} for chunk, xorb in sorted(pairs)]
    if rows:
        await insert_ignoring(connection, asked_chunks, rows)


async def xorbs_with(db: Database, chunk: str, limit: int) -> list[str]:
    """Some xorbs that hold a chunk, whoever holds them."""
    async with db.read() as connection:
        return list(await connection.scalars(select(_asked.xorb).where(_asked.chunk == chunk).limit(limit)))


async def scopes_with(db: Database, chunk: str, limit: int) -> list[int]:
    """Some scopes that hold a xorb with a chunk, the first of them first. To be told to nobody who may not read them."""
    query = (
        select(xorb_holdings.c.scope)
        .join(asked_chunks, _asked.xorb == xorb_holdings.c.xorb)
        .where(_asked.chunk == chunk)
        .distinct()
        .order_by(xorb_holdings.c.scope)
        .limit(limit)
    )
    async with db.read() as connection:
        return list(await connection.scalars(query))
