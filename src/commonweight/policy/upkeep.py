"""
What keeps standing verdicts right without anybody asking: jobs that decide what is marked, look at lineages again,
and notice that a day has come.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import policy as policy_tables
from commonweight.db.tables import standing as tables
from commonweight.jobs import enqueue, ensure
from commonweight.policy import causes, marking, people, state
from commonweight.policy.library import ENGINE, Library
from commonweight.policy.looking import Looker
from commonweight.policy.revising import LOOK, SWEEP, Reach, revise
from commonweight.policy.settling import Settler
from commonweight.policy.sweeping import Report, Sweeper
from commonweight.policy.uses import Uses

DAY: Final = "policy_day"  # the job that runs once a day, after midnight UTC: days of questions are days in UTC
AFTER_MIDNIGHT: Final = timedelta(seconds=1)

Handler = Callable[[Mapping[str, Any], Report], Awaitable[None]]

_standing = tables.standing


class Upkeep:
    def __init__(
        self,
        database: Database,
        library: Library,
        uses: Uses,
        looker: Looker,
        settler: Settler,
        sweeper: Sweeper,
        clock: Clock,
    ) -> None:
        self._database = database
        self._library = library
        self._uses = uses
        self._looker = looker
        self._settler = settler
        self._sweeper = sweeper
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """Jobs of this room, by kind."""
        return {SWEEP: self.on_sweep, LOOK: self.on_look, DAY: self.on_day}

    # At the start

    async def start(self) -> None:
        """
        What stands is for this program's records from here on; what others of them touch is marked. Whoever
        migrates, or owns the jobs, calls this; a second time changes nothing.
        """
        await self._uses.standing()
        now = self._clock.now()
        async with self._database.write() as connection:
            before = await state.lock(connection)
            if before.library != self._library.digest:
                await self._take_over(connection, before)
            await ensure(connection, now, DAY, {}, _next_midnight(now))

    async def _take_over(self, connection: Connection, before: state.State) -> None:
        """Other records, or another engine: what they touch is decided again, and texts may be recognised otherwise."""
        now, records = self._clock.now(), dict(self._library.digests)
        changed = sorted(key for key in {*before.records, *records} if before.records.get(key) != records.get(key))
        if before.library:
            uses = list((await self._asked(connection)).uses)
            licences = None if ENGINE in changed else self._library.names_of(changed)
            await revise(connection, now, None, "records", {"records": changed}, Reach(uses, licences))
        await state.note(connection, library=self._library.digest, records=records)
        await enqueue(connection, now, LOOK, {"everything": True})

    async def fill(self) -> None:
        """A use is new: a job decides for it."""
        async with self._database.write() as connection:
            await enqueue(connection, self._clock.now(), SWEEP, {})

    # Jobs

    async def on_sweep(self, payload: Mapping[str, Any], report: Report) -> None:
        """The job `policy_sweep`: decide what is marked, and where nothing stands yet."""
        await self._sweeper.sweep(report)

    async def on_look(self, payload: Mapping[str, Any], report: Report) -> None:
        """The job `policy_look`: `{"repository_id": …, "names": […]}` or `{"everything": true}`."""
        use_id = (await self._uses.standing()).id
        if payload.get("everything"):
            await self._looker.look_at_everything(self._settler, use_id, report)
        if payload.get("repository_id") is not None:
            await self._looker.look_at_head(self._settler, use_id, int(payload["repository_id"]))
        names = [str(name) for name in payload.get("names", ())]
        if names:
            await self._looker.look_at_names(self._settler, use_id, names, report)
        await self._sweeper.sweep(report)

    async def on_commit(self, payload: Mapping[str, Any], report: Report) -> None:
        """After the job `read_revision` has read a commit: what stands for it, and for all that was made from it."""
        await self._follow(int(payload["repository_id"]), ())

    async def on_repository_changed(self, payload: Mapping[str, Any], report: Report) -> None:
        """The job `repository_changed`: opened, closed, moved or deleted; `names` are those that it had and has."""
        await self._follow(int(payload["repository_id"]), [str(name) for name in payload["names"]])

    async def _follow(self, repository_id: int, names: Collection[str]) -> None:
        use_id = (await self._uses.standing()).id
        found = await self._looker.look_at_head(self._settler, use_id, repository_id)
        names = sorted({*names, *([found] if found else [])})
        async with self._database.write() as connection:
            if await marking.others_stand_on(connection, names, repository_id):
                await enqueue(connection, self._clock.now(), LOOK, {"names": names})

    async def on_day(self, payload: Mapping[str, Any], report: Report) -> None:
        """The job `policy_day`: what lapsed or began, figures that got old, texts that came into force."""
        now = self._clock.now()
        async with self._database.write() as connection:
            before = await state.lock(connection)
            await self._mark_of_day(connection, before, now)
            await state.note(connection, day=now.date())
            await ensure(connection, now, DAY, {}, _next_midnight(now))
        await self._sweeper.sweep(report)

    async def _mark_of_day(self, connection: Connection, before: state.State, now: datetime) -> None:
        today = now.date()
        uses = list((await self._asked(connection)).uses)
        since = before.day or today - timedelta(days=1)
        words = {"day": today.isoformat(), **await _lapses(connection, since, today)}
        cause = await causes.add(connection, now, "day", words)
        touched = await marking.mark_where(connection, cause, _standing.c.good_until < today)
        new = [t.key for t in self._library.records if t.effective and since < t.effective <= today]
        if new:
            touched += await marking.mark(connection, cause, uses, self._library.names_of(new))
        await causes.note_touched(connection, cause, touched)

    async def _asked(self, connection: Connection) -> Any:
        return await self._settler.asked(connection)


async def _lapses(connection: Connection, since: date, today: date) -> dict[str, list[str]]:
    """Names of what lapsed and what began, after `since` until today."""
    permissions, decisions = policy_tables.permissions.c, policy_tables.decisions.c
    held = await people.permissions(connection, permissions.ended_at.is_(None))
    made = await people.decisions(connection, decisions.ended_at.is_(None))
    windows = [(one.name, one.since, one.until) for one in held] + [(one.name, one.since, one.expires) for one in made]
    day = timedelta(days=1)
    found = {
        "lapsed": [name for name, _, until in windows if until is not None and since < until + day <= today],
        "began": [name for name, begins, _ in windows if begins is not None and since < begins <= today],
    }
    return {what: names for what, names in found.items() if names}


def _next_midnight(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC) + AFTER_MIDNIGHT
