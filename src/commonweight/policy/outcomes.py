"""What a change of facts came to: little is decided at once, much by a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from commonweight.db import Database
from commonweight.identity import Caller
from commonweight.policy import causes, marking, progress
from commonweight.policy.revising import Touched
from commonweight.policy.sweeping import Sweeper
from commonweight.policy.uses import Uses
from commonweight.policy.values import Outcome, Use, UseChange

MAX_TOLD: Final = 200  # changes in the answer to whoever changed a fact; the feed has all of them


class Outcomes:
    """`forget` empties what this process remembers of uses and verdicts."""

    def __init__(self, database: Database, uses: Uses, sweeper: Sweeper, forget: Callable[[], None]) -> None:
        self._database = database
        self._uses = uses
        self._sweeper = sweeper
        self._forget = forget

    async def of_use(self, use: Use, touched: Touched) -> UseChange:
        outcome = await self.of(touched)
        return UseChange(use, outcome.changes, outcome)

    async def of(self, touched: Touched) -> Outcome:
        """Little is decided again at once; much by a job, and by whoever asks before it is through."""
        self._forget()
        if not touched.is_much:
            await self._sweeper.sweep_marked()
        async with self._database.read() as connection:
            changes, changed = await causes.changes_of(connection, {touched.cause_id, *touched.others}, MAX_TOLD)
            waiting = await marking.count_pending(connection)
        return Outcome(touched.cause_id, changes, changed, waiting)

    async def so_far(self, caller: Caller, cause_id: int) -> Outcome:
        """
        What a deed has come to by now: for whoever looks on while a job decides. Raises NotAllowed, RecordNotFound.
        """
        self._uses.check_may_change(caller)
        async with self._database.read() as connection:
            return await progress.of_cause(connection, cause_id, MAX_TOLD)
