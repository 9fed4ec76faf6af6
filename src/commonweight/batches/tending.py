"""A job that comes again by itself: batches whose own job was given up are ended, with what is done."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from commonweight.batches import rows
from commonweight.batches.finishing import Finisher
from commonweight.batches.running import BATCH
from commonweight.batches.turn import Report
from commonweight.batches.values import Batch, Status
from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.jobs import Handler, come_again, unfinished

TEND: Final = "tend_batches"
EVERY = timedelta(minutes=10)  # a job is given up only after a minute of attempts: this hurries nobody
GIVEN_UP = "The server failed at this batch again and again and has given it up. Its log says why."


class Tender:
    def __init__(self, database: Database, finisher: Finisher, clock: Clock) -> None:
        self._database = database
        self._finisher = finisher
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """Jobs of this room that are short, by kind."""
        return {TEND: self.on_tend}

    async def start(self) -> None:
        """Have it come again and again from now on; a second call changes nothing."""
        async with self._database.write() as connection:
            await come_again(connection, self._clock.now(), TEND, EVERY)

    async def on_tend(self, payload: Mapping[str, Any], report: Report) -> None:
        """The job `tend_batches`."""
        await self.start()
        for batch in await self._left_alone():
            fence = secrets.token_hex(8)
            async with self._database.write() as connection:
                mine = await rows.put_up(connection, batch.number, fence)
            if mine is not None:
                problem = {"code": "server_error", "line": None, "message": GIVEN_UP, "param": None}
                await self._finisher.finish(mine, fence, Status.FAILED, [problem])

    async def _left_alone(self) -> list[Batch]:
        """Open batches that no job runs. One that was made just now has its job in the same transaction."""
        async with self._database.read() as connection:
            found = await rows.open_batches(connection)
            looked_after = {payload.get("batch") for payload in await unfinished(connection, BATCH)}
        return [batch for batch in found if batch.number not in looked_after]
