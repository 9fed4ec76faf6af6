"""
How often repositories are fetched, counted without a write for each request.

One download: somebody is given bytes of a file of a repository (by resolve, or a token for its chunks), for the first time
within an hour. Who that is says the account, or else the address; neither is kept beyond memory. Each process counts for
itself, and writes what it has every FLUSH_SECONDS: a process that is killed loses so much.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Hashable
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from commonweight.clock import Clock
from commonweight.db import Connection, Database, add_all
from commonweight.db.tables.hub import repositories
from commonweight.db.tables.listings import download_days
from commonweight.errors import CommonweightError

log = logging.getLogger(__name__)

FLUSH_SECONDS: Final = 10.0
AGAIN_SECONDS: Final = 3600.0
MAX_RECENT: Final = 50_000  # of one process, about 8 MiB; beyond that somebody may count twice within the hour
DAYS: Final = 30  # of `downloads`
TRENDING_DAYS: Final = 7


class DownloadCounter:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._recent: OrderedDict[tuple[int, Hashable], float] = OrderedDict()
        self._counted: Counter[tuple[date, int]] = Counter()
        self._flushing: asyncio.Task[None] | None = None

    def count(self, repository_id: int, who: Hashable) -> None:
        """That somebody is given bytes. Writes nothing now."""
        key, now = (repository_id, who), time.monotonic()
        if self._recent.get(key, 0.0) > now:
            return
        self._recent[key] = now + AGAIN_SECONDS
        self._recent.move_to_end(key)
        if len(self._recent) > MAX_RECENT:
            self._recent.popitem(last=False)
        self._counted[self._clock.now().date(), repository_id] += 1
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_later())

    async def _flush_later(self) -> None:
        while self._counted:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.flush()
            except (SQLAlchemyError, CommonweightError) as error:
                log.warning("downloads could not be written and wait: %s", error)

    async def flush(self) -> None:
        """Write what was counted. What cannot be written stays counted."""
        counted, self._counted = self._counted, Counter()
        if not counted:
            return
        try:
            async with self._database.write() as connection:
                await _add(connection, counted)
        except BaseException:
            self._counted.update(counted)
            raise

    async def close(self) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
        try:
            await self.flush()
        except (SQLAlchemyError, CommonweightError) as error:
            log.warning("downloads of the last seconds are lost: %s", error)


async def _add(connection: Connection, counted: Counter[tuple[date, int]]) -> None:
    ids = sorted({number for _, number in counted})
    here = repositories.c
    there: set[int] = set()
    for at in range(0, len(ids), 500):
        there |= set(await connection.scalars(select(here.id).where(here.id.in_(ids[at : at + 500]))))
    rows = [
        {"day": day, "repository_id": number, "count": count}
        for (day, number), count in sorted(counted.items())
        if number in there
    ]
    await add_all(connection, download_days, rows, keys=["day", "repository_id"])
    more: Counter[int] = Counter()
    for row in rows:
        more[int(str(row["repository_id"]))] += int(str(row["count"]))
    if more:
        names = ("downloads", "downloads_all_time", "trending")
        added: dict[str, Any] = {name: here[name] + bindparam("more") for name in names}
        statement = update(repositories).where(here.id == bindparam("number")).values(added)
        await connection.execute(statement, [{"number": number, "more": count} for number, count in sorted(more.items())])


async def recount(connection: Connection, today: date) -> None:
    """
    Once a day: what is older than DAYS counts no longer for `downloads`, what is older than TRENDING_DAYS not for trending.
    """
    days, here = download_days.c, repositories.c
    await connection.execute(delete(download_days).where(days.day <= today - timedelta(days=DAYS)))

    def since(first: date) -> Any:
        counts = select(func.sum(days.count)).where(days.repository_id == here.id, days.day > first)
        return func.coalesce(counts.correlate(repositories).scalar_subquery(), 0)

    counted = {"downloads": since(today - timedelta(days=DAYS)), "trending": since(today - timedelta(days=TRENDING_DAYS))}
    await connection.execute(update(repositories).where((here.downloads > 0) | (here.trending > 0)).values(counted))
