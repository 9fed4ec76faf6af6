"""Files that are stored, given to another scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select

from commonweight.db import Connection, Lock, insert_ignoring, share
from commonweight.db.tables.storage import large_file_holdings, large_files
from commonweight.storage.sparing import spare_files
from commonweight.storage.values import LargeFile
from commonweight.storage.wholes import in_chunks

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
    return True


async def _moved(connection: Connection, file: LargeFile) -> LargeFile | None:
    return None if file.in_chunks else await in_chunks(connection, file.sha256)


async def _there(connection: Connection, names: Collection[str]) -> set[str]:
    found: set[str] = set()
    ordered = sorted(names)
    for at in range(0, len(ordered), AT_ONCE):
        query = select(large_files.c.xet_hash).where(large_files.c.xet_hash.in_(ordered[at : at + AT_ONCE]))
        found.update(await connection.scalars(query))
    return found
