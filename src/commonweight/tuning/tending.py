"""A job that comes again by itself: tunings whose own job was given up are ended, and say so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.jobs import Handler, come_again, unfinished
from commonweight.tuning import rows
from commonweight.tuning.running import Report
from commonweight.tuning.tunings import CHECK, TUNE
from commonweight.tuning.values import OPEN, Level, Status, Wanted

TEND: Final = "tend_tunings"
EVERY: Final = timedelta(minutes=10)  # a job is given up only after a minute of attempts: this hurries nobody
GIVEN_UP: Final = "The server failed at this job again and again and has given it up. Its log says why."


class TuningTender:
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

    async def on_tend(self, payload: Mapping[str, Any], report: Report) -> None:
        """A paused one waits for its owner, and has no job meanwhile."""
        await self.start()
        error = {"code": "server_error", "message": GIVEN_UP, "param": None}
        async with self._database.write() as connection:
            found = await rows.open_tunings(connection)
            looked_after = {one.get("tuning") for kind in (CHECK, TUNE) for one in await unfinished(connection, kind)}
            now = self._clock.now()
            for tuning in found:
                if tuning.number in looked_after or tuning.wanted is Wanted.PAUSE:
                    continue
                values = {"status": Status.FAILED.value, "error": error, "finished_at": now, "fence": ""}
                if await rows.change(connection, tuning.number, OPEN, None, **values):
                    await rows.add_event(connection, tuning.number, now, GIVEN_UP, level=Level.ERROR)
