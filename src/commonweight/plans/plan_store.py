"""Plans and their versions, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, insert, select, update

from commonweight.db import Connection
from commonweight.db.tables import offering as tables
from commonweight.identity import account_names
from commonweight.plans.terms import read_terms, write_terms
from commonweight.plans.values import Plan, Terms

MAX_LISTED: Final = 500  # plans of one list; a publisher has a handful

_plans, _versions = tables.plans, tables.plan_versions
_NOW: Final = and_(_versions.c.plan_id == _plans.c.id, _versions.c.version == _plans.c.version)


async def find(connection: Connection, condition: ColumnElement[bool]) -> list[Plan]:
    """Plans at the version that is offered now, in the order in which they were made."""
    return await _read(connection, _NOW, condition)


async def of_version(connection: Connection, wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Plan]:
    """Plans as they were at versions, by (plan, version)."""
    if not wanted:
        return {}
    pair = _versions.c.plan_id == _plans.c.id
    numbers = {plan for plan, _ in wanted}
    found = await _read(connection, pair, _plans.c.id.in_(sorted(numbers)), limit=None)
    asked = set(wanted)
    return {(plan.id, plan.version): plan for plan in found if (plan.id, plan.version) in asked}


async def history(connection: Connection, plan_id: int) -> list[Plan]:
    """Every version of a plan, the oldest first."""
    return await _read(connection, _versions.c.plan_id == _plans.c.id, _plans.c.id == plan_id, limit=None)


async def add(connection: Connection, publisher_id: int, name: str, now: datetime) -> int:
    """A plan without a version, and its number."""
    row = {"publisher_id": publisher_id, "name": name, "version": 0, "offered": False, "anywhere": False, "made_at": now}
    number: int | None = await connection.scalar(insert(_plans).values(row).returning(_plans.c.id))
    assert number is not None, "an insert returns the key"
    return number


async def add_version(
    connection: Connection, plan_id: int, version: int, terms: Terms, words: Mapping[str, Any], anywhere: bool, now: datetime
) -> None:
    """The next version of a plan, offered from now on. `words`: title, description and who made it (`made_by`)."""
    row = {"plan_id": plan_id, "version": version, "terms": write_terms(terms), "since": now, **words}
    await connection.execute(insert(_versions).values(row))
    changed = {"version": version, "offered": True, "anywhere": anywhere}
    await connection.execute(update(_plans).where(_plans.c.id == plan_id).values(changed))


async def withdraw(connection: Connection, plan_id: int) -> None:
    await connection.execute(update(_plans).where(_plans.c.id == plan_id).values(offered=False))


async def _read(
    connection: Connection, joined: ColumnElement[bool], condition: ColumnElement[bool], limit: int | None = MAX_LISTED
) -> list[Plan]:
    wanted = (
        _plans.c.id, _plans.c.publisher_id, _plans.c.name, _plans.c.offered, _plans.c.anywhere,
        _versions.c.version, _versions.c.title, _versions.c.description, _versions.c.terms, _versions.c.since,
    )  # fmt: skip
    query = select(*wanted).join(_versions, joined).where(condition).order_by(_plans.c.id, _versions.c.version).limit(limit)
    rows = (await connection.execute(query)).all()
    names = await account_names(connection, {row.publisher_id for row in rows})
    return [_plan(row, names.get(row.publisher_id, "")) for row in rows]


def _plan(row: Any, publisher: str) -> Plan:
    return Plan(
        id=row.id,
        version=row.version,
        publisher_id=row.publisher_id,
        publisher=publisher,
        name=row.name,
        title=row.title,
        description=row.description,
        terms=read_terms(row.terms),
        offered=row.offered,
        since=row.since,
        anywhere=row.anywhere,
    )
