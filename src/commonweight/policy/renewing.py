"""Put what was decided again in the place of what stood; where it says the same, what stood stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from commonweight.db import Connection
from commonweight.policy import causes, keeping, shelf
from commonweight.policy.deciding import Decided
from commonweight.policy.shelf import Stands


async def renew(connection: Connection, now: datetime, decided: Sequence[Decided], shapes: Mapping[str, int]) -> None:
    """
    Verdicts on shapes, whose numbers `shapes` gives, stand from here on; models whose verdict comes out otherwise
    are told of.

    The caller holds the lock of the state.
    """
    digests, uses = {one.shape_digest for one in decided}, {one.use_id for one in decided}
    stood = await shelf.standing_of(connection, digests, uses)
    new = []
    for one in decided:
        was = stood.get((one.shape_digest, one.use_id))
        if was is not None and was.said.content == one.content:
            await keeping.let_stay(connection, was.shape_id, one)
        else:
            new.append(one)
    numbers = await keeping.keep_verdicts(connection, new, shapes)
    reasons = _Reasons(connection, now)
    told, rows = [], []
    for one in new:
        was = stood.get((one.shape_digest, one.use_id))
        if was is not None and was.said.value != one.value:
            cause = await reasons.of(was.stands, one)
            before, after = (was.said.value, was.said.part), (one.value, one.part)
            told.append(causes.OfShape(cause, was.shape_id, one.use_id, before, after))
        rows.append(keeping.standing_row(shapes[one.shape_digest], numbers[one.part], one))
    await causes.tell_of_shapes(connection, now, told)
    await keeping.let_stand(connection, rows)


class _Reasons:
    """Why a verdict was decided again: the cause it waited for, else a record or the day; one cause of a kind at a time."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._made: dict[str, int] = {}

    async def of(self, stood: Stands, decided: Decided) -> int:
        if stood.pending is not None:
            return stood.pending
        kind = "day" if stood.basis == decided.basis else "records"
        if kind not in self._made:
            self._made[kind] = await causes.add(self._connection, self._now, kind, {"day": self._now.date().isoformat()})
        return self._made[kind]
