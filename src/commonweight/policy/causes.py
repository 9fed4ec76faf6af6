"""Why verdicts are looked at again: one row for each reason, to which the changes that it brought about point."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, func, insert, literal, select, update

from commonweight.db import Connection
from commonweight.db.tables import standing as tables
from commonweight.identity import Caller
from commonweight.policy.values import VerdictChange

_causes, _changes, _subjects = tables.causes, tables.changes, tables.subjects

#: What can make a verdict come out otherwise.
CAUSES: Final[Mapping[str, str]] = {
    "organisation": "A fact about the organisation changed.",
    "use": "A fact about the use changed.",
    "default": "Another use became the default.",
    "permission": "A permission was recorded or ended.",
    "decision": "An exception or a reading was recorded or ended.",
    "day": "Something lapsed or began, or a figure got old.",
    "records": "A record of terms, or the engine, changed.",
    "commit": "A new commit says otherwise.",
    "lineage": "Something in the lineage changed.",
    "visibility": "The repository was opened or closed.",
    "document": "A document that the terms incorporate changed.",
}


async def add(
    connection: Connection, at: datetime, kind: str, words: Mapping[str, Any], caller: Caller | None = None
) -> int:
    """Write a cause; its number."""
    assert kind in CAUSES, "a cause is one of the kinds that pages explain"
    account_id = caller.account.id if caller is not None and caller.account else None
    row = {"at": at, "kind": kind, "words": dict(words), "account_id": account_id, "touched": 0}
    number: int | None = await connection.scalar(insert(_causes).values(row).returning(_causes.c.id))
    assert number is not None, "an insert returns the key"
    return number


async def note_touched(connection: Connection, cause_id: int, touched: int) -> None:
    """How many verdicts on shapes have to be decided again for it."""
    await connection.execute(update(_causes).where(_causes.c.id == cause_id).values(touched=touched))


class OfShape(NamedTuple):
    """A change for every model of a shape. `before` and `after` are value and part of the verdicts on the shape."""

    cause_id: int
    shape_id: int
    use_id: int
    before: tuple[str, str]
    after: tuple[str, str]


async def tell_of_shapes(connection: Connection, at: datetime, found: Sequence[OfShape]) -> None:
    """Write the changes of all models of these shapes, by one statement."""
    if not found:
        return
    p = bindparam
    told = select(
        p("the_cause", type_=_changes.c.cause_id.type), literal(at, _changes.c.at.type),
        p("the_use", type_=_changes.c.use_id.type), _subjects.c.subject, _subjects.c.repository_id,
        _subjects.c.namespace_id, _subjects.c.private, p("was", type_=_changes.c.before.type),
        p("is_now", type_=_changes.c.after.type), _subjects.c.part + p("old_part", type_=_subjects.c.part.type),
        _subjects.c.part + p("new_part", type_=_subjects.c.part.type),
    ).where(_subjects.c.shape_id == p("the_shape", type_=_subjects.c.shape_id.type), _subjects.c.head)  # fmt: skip
    columns = [
        "cause_id", "at", "use_id", "subject", "repository_id", "namespace_id", "private", "before", "after",
        "verdict_before", "verdict_after",
    ]  # fmt: skip
    rows = [
        {"the_cause": one.cause_id, "the_use": one.use_id, "the_shape": one.shape_id, "was": one.before[0],
         "is_now": one.after[0], "old_part": one.before[1], "new_part": one.after[1]}
        for one in found
    ]  # fmt: skip
    await connection.execute(insert(_changes).from_select(columns, told), rows)


async def tell(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Changes of single models."""
    if rows:
        await connection.execute(insert(_changes), [dict(row) for row in rows])


async def changes_of(
    connection: Connection, cause_ids: Collection[int], limit: int
) -> tuple[tuple[VerdictChange, ...], int]:
    """The first changes that causes brought about, without headlines, and how many there are."""
    mine = _changes.c.cause_id.in_(sorted(cause_ids))
    total = await connection.scalar(select(func.count()).select_from(_changes).where(mine)) or 0
    rows = (await connection.execute(select(_changes).where(mine).order_by(_changes.c.subject).limit(limit))).all()
    return tuple(VerdictChange(row.subject, title_of(row.subject), row.before, row.after, "") for row in rows), total


def title_of(subject: str) -> str:
    return subject.partition("/")[2].partition("@")[0]
