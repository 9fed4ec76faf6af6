"""
Files that git-lfs sends are kept whole at first, and moved into chunks by a job.

The job is written in the transaction that makes the file part of its scope, so none lies whole for ever; it waits for no
commit, since a commit may come from anywhere. What no commit names goes with all else that nothing refers to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Connection
from commonweight.hub.akin import Akin
from commonweight.jobs import Handler, Progress, enqueue
from commonweight.storage import LargeFile, Storage

MOVE: Final = "move_into_chunks"


class IntoChunks:
    def __init__(self, storage: Storage, akin: Akin, clock: Clock) -> None:
        self._storage = storage
        self._akin = akin
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        return {MOVE: self.on_move}

    async def receive(self, scope: int, source: AsyncIterator[bytes], sha256: str) -> LargeFile:
        """
        Keep a file for a scope, whole; it is in chunks soon. Raises DigestRefused, DiskFull.

        THE CALLER MUST have checked that the sender may add to the scope.
        """

        async def then(connection: Connection) -> None:
            await enqueue(connection, self._clock.now(), MOVE, {"scope": scope, "sha256": sha256})

        return await self._storage.whole_files.keep(scope, source, sha256, then)

    async def on_move(self, payload: Mapping[str, Any], report: Progress) -> None:
        """The job `move_into_chunks`: may be broken off anywhere, and repeated."""
        scope, sha256 = int(payload["scope"]), str(payload["sha256"])
        await self._storage.whole_files.move(scope, sha256, await self._akin.beside(scope))
