"""
What a change touches: the verdicts on shapes that can come out otherwise are marked, in the transaction of the change.

A marked verdict is given out by nobody before it was decided again: by whoever asks first, or by the sweep.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commonweight.db import Connection
from commonweight.identity import Caller
from commonweight.jobs import enqueue
from commonweight.policy import causes, marking, state
from commonweight.policy.library import Library
from commonweight.rights import ALWAYS_RESTS_ON

SWEEP = "policy_sweep"  # the job that decides what is marked
LOOK = "policy_look"  # the job that looks at lineages again
SWEPT_AT_ONCE = 300  # verdicts on shapes; they take about a second, more are a job's


@dataclass(frozen=True)
class Touched:
    """A cause, and how many verdicts on shapes it touches; `others` are causes that came with it."""

    cause_id: int
    count: int
    others: tuple[int, ...] = ()

    def with_all(self, more: Iterable[Touched]) -> Touched:
        """One deed that had several causes."""
        found = [self, *more]
        return Touched(found[-1].cause_id, sum(one.count for one in found), tuple(one.cause_id for one in found[:-1]))

    @property
    def is_much(self) -> bool:
        """More than a moment's work: a job was written for it."""
        return self.count > SWEPT_AT_ONCE


@dataclass(frozen=True)
class Reach:
    """Which verdicts a change can concern: of these uses, on shapes that declare one of these licences (None: any)."""

    uses: Collection[int]
    licences: Collection[str] | None = None


def reach_of_facts(library: Library, uses: Collection[int], places: Collection[str]) -> Reach:
    """What facts at these places can concern. A fact that no record asks for concerns nothing."""
    if not ALWAYS_RESTS_ON.isdisjoint(places):
        return Reach(uses)
    return Reach(uses, library.names_of(library.asking_for(places)))


async def revise(
    connection: Connection, now: datetime, caller: Caller | None, kind: str, words: Mapping[str, Any], *reaches: Reach
) -> Touched:
    """Write a cause and mark what it reaches. The caller of this has changed what verdicts rest on, in this transaction."""
    version = await state.lock(connection)
    await state.count_up(connection, version)
    cause = await causes.add(connection, now, kind, words, caller)
    count = 0
    for reach in reaches:
        count += await marking.mark(connection, cause, reach.uses, reach.licences)
    await causes.note_touched(connection, cause, count)
    touched = Touched(cause, count)
    if touched.is_much:
        await enqueue(connection, now, SWEEP, {"cause_id": cause})
    return touched
