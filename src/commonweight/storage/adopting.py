"""Files that are stored, given to another scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from commonweight.db import Connection, Lock, insert_ignoring, share
from commonweight.db.tables.storage import large_file_holdings, large_files, xorb_holdings, xorbs
from commonweight.storage.sparing import spare_files
from commonweight.storage.terms import unpack_terms
from commonweight.storage.values import LargeFile
from commonweight.storage.wholes import in_chunks
from commonweight.storage.xet.chunk_table import RECORD_BYTES
from commonweight.storage.xet.hashes import hash_text

AT_ONCE: Final = 500  # names in one IN list


async def adopt_all(connection: Connection, scope: int, files: Sequence[LargeFile], now: datetime) -> bool:
    """
    Give a scope all of these files or none, in the caller's transaction. False where one of them was collected since it was
    found. One that lay whole then may have been moved into chunks since: they are given.
    """
    await share(connection, Lock.COLLECTION)
    there = await _there(connection, {one.xet_hash for one in files})
    found: dict[str, LargeFile] = {}
    for one in files:
        now_there = one if one.xet_hash in there else await _moved(connection, one)
        if now_there is None:
            return False
        found[now_there.xet_hash] = now_there
    rows = [{"scope": scope, "xet_hash": name, "sha256": one.sha256, "since": now} for name, one in found.items()]
    await insert_ignoring(connection, large_file_holdings, rows)
    await spare_files(connection, scope, sorted(found))
    await hold_xorbs(connection, scope, sorted(found), now)
    return True


async def hold_xorbs(connection: Connection, scope: int, names: Sequence[str], now: datetime) -> None:
    """
    Have the scope hold the xorbs of which the files have every chunk, as if it had brought them: shards may refer to them
    then, and uploaders are told of them. Of any other xorb the rest is somebody else's.
    """
    spans: dict[str, list[tuple[int, int]]] = {}
    for some in _slices(names):
        for packed in await connection.scalars(select(large_files.c.terms).where(large_files.c.xet_hash.in_(some))):
            for term in unpack_terms(packed):
                spans.setdefault(hash_text(term.xorb), []).append((term.start, term.end))
    whole: list[str] = []
    for some in _slices(sorted(spans)):
        query = select(xorbs.c.hash, func.length(xorbs.c.chunks).label("bytes")).where(xorbs.c.hash.in_(some))
        rows = (await connection.execute(query)).all()
        whole += [row.hash for row in rows if _covers(spans[row.hash], int(row.bytes) // RECORD_BYTES)]
    await insert_ignoring(connection, xorb_holdings, [{"scope": scope, "xorb": name, "since": now} for name in whole])


def _covers(spans: Sequence[tuple[int, int]], count: int) -> bool:
    """Whether spans (ends exclusive) leave out nothing of 0 to `count`."""
    reached = 0
    for start, end in sorted(spans):
        if start > reached:
            return False
        reached = max(reached, end)
    return reached >= count


async def _moved(connection: Connection, file: LargeFile) -> LargeFile | None:
    return None if file.in_chunks else await in_chunks(connection, file.sha256)


async def _there(connection: Connection, names: Collection[str]) -> set[str]:
    found: set[str] = set()
    for some in _slices(sorted(names)):
        found.update(await connection.scalars(select(large_files.c.xet_hash).where(large_files.c.xet_hash.in_(some))))
    return found


def _slices(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[at : at + AT_ONCE] for at in range(0, len(names), AT_ONCE)]
