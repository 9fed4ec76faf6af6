"""
Mentions: whoever names what is stored keeps it for another grace, also where nothing refers to it (collecting.py).

Each function is part of the caller's transaction, which is the one that makes the mention count. What is doomed is stored
still, so a look at the tables alone tells whether there is anything to spare.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import delete, select

from commonweight.db import Connection, Database, Lock, share
from commonweight.db.tables.collecting import doomed_files, doomed_xorbs
from commonweight.db.tables.storage import large_file_holdings
from commonweight.storage.values import LargeFile

AT_ONCE: Final = 500  # values in one IN list

_doomed = doomed_files.c
_held = large_file_holdings.c


async def spare_files(connection: Connection, scope: int, xet_hashes: Collection[str]) -> None:
    """A scope's files are wanted again."""
    await share(connection, Lock.COLLECTION)
    for some in _batches(xet_hashes):
        await connection.execute(delete(doomed_files).where(_doomed.scope == scope, _doomed.xet_hash.in_(some)))


async def spare_xorbs(connection: Connection, names: Collection[str]) -> None:
    """These xorbs (hash strings) are wanted, by whomever: clients remember them of other scopes too."""
    await share(connection, Lock.COLLECTION)
    for some in _batches(names):
        await connection.execute(delete(doomed_xorbs).where(doomed_xorbs.c.xorb.in_(some)))


async def spare_mentioned(db: Database, scope: int, found: dict[str, LargeFile]) -> dict[str, LargeFile]:
    """Those of these files, by sha256, that the scope still holds, none of them doomed any more."""
    names = [file.xet_hash for file in found.values()]
    if not await _any_doomed(db, scope, names):
        return found
    async with db.write() as connection:
        await spare_files(connection, scope, names)
        there: set[str] = set()
        for some in _batches(names):
            held = select(_held.xet_hash).where(_held.scope == scope, _held.xet_hash.in_(some))
            there.update(await connection.scalars(held))
    return {sha256: file for sha256, file in found.items() if file.xet_hash in there}


async def _any_doomed(db: Database, scope: int, xet_hashes: Collection[str]) -> bool:
    async with db.read() as connection:
        for some in _batches(xet_hashes):
            query = select(_doomed.xet_hash).where(_doomed.scope == scope, _doomed.xet_hash.in_(some)).limit(1)
            if await connection.scalar(query) is not None:
                return True
    return False


def _batches(names: Collection[str]) -> Sequence[list[str]]:
    ordered = sorted(set(names))
    return [ordered[at : at + AT_ONCE] for at in range(0, len(ordered), AT_ONCE)]
