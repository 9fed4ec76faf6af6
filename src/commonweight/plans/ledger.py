"""From journals into the ledger: exactly once, whoever does it and however often it is tried."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from sqlalchemy import delete, select, update

from commonweight.db import Connection, Database, add_all, insert_ignoring
from commonweight.db.tables import accounting as tables
from commonweight.plans import journal
from commonweight.plans.lender import spend, take_back
from commonweight.plans.records import KEYS, MINUTE_KEYS, SUMS, Summed

_journals, _ledger, _minutes = tables.journals, tables.ledger, tables.ledger_minutes


class Ledger:
    """Takes journals over. How far a file has come is written in the transaction that adds its records."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def take(self, process: str, path: Path) -> None:
        """All records of a file that the ledger does not have."""
        begin = await self._taken(path.name)
        while True:
            summed = Summed()
            end = await asyncio.to_thread(journal.take_from, path, begin, summed.add)
            if end == begin:
                return
            if await self._add(process, path.name, (begin, end), summed):
                begin = end
            else:
                begin = await self._taken(path.name)  # somebody else has been there

    async def take_own(self, own: journal.Journal) -> None:
        """As far as the process has come; files that are full and taken over go."""
        current = own.current
        for path in own.segments():
            await self.take(own.process, path)
            if path != current:
                await self._forget_file(path)

    async def take_orphans(self) -> int:
        """Journals of processes of this host that have ended, and what they held goes back. How many there were."""
        count = 0
        for process, lock in journal.orphans(self._folder):
            try:
                await self.finish(process)
            finally:
                os.close(lock)
            count += 1
        return count

    async def finish(self, process: str) -> None:
        """The rest of a journal, what its process held, and its files. Only where the process has ended."""
        paths = journal.segments_of(self._folder, process)
        for path in paths:
            await self.take(process, path)
        async with self._database.write() as connection:
            await take_back(connection, process)
        for path in paths:
            await self._forget_file(path)
        journal.forget(self._folder, process)

    async def _taken(self, name: str) -> int:
        async with self._database.read() as connection:
            return await connection.scalar(select(_journals.c.taken).where(_journals.c.name == name)) or 0

    async def _add(self, process: str, name: str, part: tuple[int, int], summed: Summed) -> bool:
        """`part`: from which byte to which. False where the file has come further already."""
        begin, end = part
        async with self._database.write() as connection:
            await insert_ignoring(connection, _journals, [{"name": name, "taken": 0}])
            here = (_journals.c.name == name) & (_journals.c.taken == begin)
            if (await connection.execute(update(_journals).where(here).values(taken=end))).rowcount == 0:
                return False
            await _add_sums(connection, process, summed)
        return True

    async def _forget_file(self, path: Path) -> None:
        """The file first: a row without a file is nothing, a file without its row would be counted again."""
        path.unlink(missing_ok=True)
        async with self._database.write() as connection:
            await connection.execute(delete(_journals).where(_journals.c.name == path.name))


async def _add_sums(connection: Connection, process: str, summed: Summed) -> None:
    for table, rows, keys in ((_ledger, summed.hours(), KEYS), (_minutes, summed.minutes(), MINUTE_KEYS)):
        ordered = sorted(rows, key=lambda row, keys=keys: tuple(str(row[key]) for key in keys))  # type: ignore[misc]  # bound now
        await add_all(connection, table, ordered, keys=keys, sums=SUMS)
    await spend(connection, process, summed.spent.items())
