"""A job that comes again by itself: conversions whose own job was given up are ended, and say so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.jobs import Handler, come_again, unfinished
from commonweight.tuning.conversions import rows
from commonweight.tuning.conversions.conversions import CONVERT
from commonweight.tuning.conversions.running import JobReport
from commonweight.tuning.conversions.values import ConversionStatus

TEND: Final = "tend_conversions"
EVERY: Final = timedelta(minutes=10)  # a job is given up only after a minute of attempts: this hurries nobody
GIVEN_UP: Final = "The server failed at this conversion again and again and has given it up. Its log says why."


class ConversionTender:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """Jobs of this room that are short, by kind."""
        return {TEND: self.on_tend}

    async def start(self) -> None:
        """Have it come again and again from now on; a second call changes nothing."""
        async with self._database.write() as connection:
            await come_again(connection, self._clock.now(), TEND, EVERY)

    async def on_tend(self, payload: Mapping[str, Any], report: JobReport) -> None:
        """The job `tend_conversions`."""
        await self.start()
        async with self._database.write() as connection:
            tended = {one.get("conversion") for one in await unfinished(connection, CONVERT)}
            for conversion in await rows.still_open(connection):
                if conversion.number not in tended:
                    error = {"code": "server_error", "message": GIVEN_UP, "hint": ""}
                    values = {"status": ConversionStatus.FAILED.value, "finished_at": self._clock.now()}
                    await rows.change(connection, conversion.number, None, error=error, **values)
