"""The job that deletes what has been kept for long enough."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.jobs import Progress, come_again
from commonweight.retention.conversations import Conversations
from commonweight.retention.kept import Kept

EXPIRE: Final = "retention_expire"
EVERY: Final = timedelta(hours=1)  # retention counts in days; nothing is readable beyond its time meanwhile


class Expiry:
    """Runs in the worker, every hour."""

    def __init__(self, database: Database, kept: Kept, conversations: Conversations, clock: Clock) -> None:
        self._database = database
        self._kept = kept
        self._conversations = conversations
        self._clock = clock

    def handlers(self) -> dict[str, Callable[[Mapping[str, Any], Progress], Awaitable[None]]]:
        """Jobs of this room, by kind."""
        return {EXPIRE: self.on_expire}

    async def start(self) -> None:
        """Whoever owns the jobs calls this; a second time changes nothing."""
        async with self._database.write() as connection:
            await come_again(connection, self._clock.now(), EXPIRE, EVERY)

    async def on_expire(self, payload: Mapping[str, Any], progress: Progress) -> None:
        """The job `retention_expire`."""
        await self._kept.expire()
        await self._conversations.expire()
        await self.start()
