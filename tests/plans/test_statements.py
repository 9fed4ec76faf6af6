"""Statements add up to the ledger to the last micro-unit; closed ones never change; what came late is on the next."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, and_, delete, func, insert, select, update

from commonweight.db.tables import accounting as accounts
from commonweight.db.tables import offering as tables
from commonweight.plans import InvalidPlan, StatementNotFound, Statements, as_csv
from commonweight.plans.statement_store import SUMS
from tests.plans.world import World

KEYS = tuple(column.name for column in accounts.ledger.primary_key)
START = datetime(2026, 1, 1, tzinfo=UTC)


def statements_of(world: World) -> Statements:
    return Statements(world.database, world.identity, world.clock)


async def use(world: World, at: datetime, cost: int, **given: Any) -> None:
    """What the ledger gets for one request."""
    row: dict[str, Any] = dict.fromkeys(KEYS, 0) | dict.fromkeys(SUMS, 3)
    row |= {"repository": "maker/big", "commit": "c", "route": "chat", "currency": "EUR", "publisher_id": 0}
    row |= {"hour": at.replace(minute=0, second=0, microsecond=0), "cost": cost, "requests": 1, **given}
    same = and_(*(accounts.ledger.c[name] == row[name] for name in KEYS))
    more = {name: accounts.ledger.c[name] + row[name] for name in SUMS}
    async with world.database.write() as connection:
        if (await connection.execute(update(accounts.ledger).where(same).values(more))).rowcount == 0:
            await connection.execute(insert(accounts.ledger).values(row))


async def parties(world: World) -> dict[str, int]:
    firm, maker = await world.identity.account("firm"), await world.identity.account("maker")
    return {"payer_id": firm.id, "publisher_id": maker.id}


uses = st.tuples(
    st.integers(0, 120 * 24), st.integers(0, 10**9), st.integers(1, 3), st.integers(1, 2), st.sampled_from(["EUR", "USD"])
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(uses, st.integers(0, 20)), max_size=25))
async def test_all_statements_together_are_the_ledger_whatever_comes_late(
    world: World, steps: list[tuple[tuple[int, int, int, int, str], int]]
) -> None:
    async with world.database.write() as connection:
        for table in (tables.statement_lines, tables.closed_months, accounts.ledger):
            await connection.execute(delete(table))
    world.clock.advance(START - world.clock.now())
    for (hour, cost, payer, publisher, currency), days in steps:
        await use(world, START + timedelta(hours=hour), cost, payer_id=payer, publisher_id=publisher, currency=currency)
        world.clock.advance(timedelta(days=days))
        await statements_of(world).close_months()
    world.clock.advance(timedelta(days=200))
    await statements_of(world).close_months()
    keys = ("payer_id", "publisher_id", "currency")
    assert await summed(world, tables.statement_lines, keys) == await summed(world, accounts.ledger, keys)


async def summed(world: World, table: Table, keys: tuple[str, ...]) -> dict[tuple[Any, ...], tuple[int, ...]]:
    columns = [table.c[name] for name in keys]
    query = select(*columns, *(func.sum(table.c[name]) for name in SUMS)).group_by(*columns)
    async with world.database.read() as connection:
        rows = (await connection.execute(query)).all()
    return {tuple(row[:3]): tuple(int(amount) for amount in row[3:]) for row in rows}


async def test_a_closed_statement_does_not_change_and_what_came_late_is_on_the_next_one(world: World) -> None:
    who, bob = await parties(world), await world.caller("bob")
    statements = statements_of(world)
    await use(world, datetime(2026, 3, 5, 10, tzinfo=UTC), 1_000, **who)
    world.clock.advance(timedelta(days=40))
    assert await statements.close_months() == ["2026-03"]
    assert await statements.close_months() == []
    before = await statements.get(bob, "2026-03", "firm")
    await use(world, datetime(2026, 3, 5, 10, tzinfo=UTC), 234, **who)
    await use(world, datetime(2026, 4, 2, 10, tzinfo=UTC), 5, **who)
    assert await statements.get(bob, "2026-03", "firm") == before
    april = await statements.get(bob, "2026-04", "firm")
    assert [(line.month, line.late, line.cost, line.requests) for line in april.usage] == [
        ("2026-03", True, 234, 1),
        ("2026-04", False, 5, 1),
    ]
    assert (before.charged, april.charged) == ({"EUR": 1_000}, {"EUR": 239})


async def test_a_month_that_is_over_but_not_closed_is_not_shown_as_late_on_the_next(world: World) -> None:
    who, bob = await parties(world), await world.caller("bob")
    await use(world, datetime(2026, 3, 5, tzinfo=UTC), 1_000, **who)
    world.clock.advance(timedelta(days=31))
    statements = statements_of(world)
    assert await statements.close_months() == []
    assert (await statements.get(bob, "2026-04", "firm")).usage == []
    assert (await statements.get(bob, "2026-03", "firm")).charged == {"EUR": 1_000}


async def test_fees_and_credits_stand_beside_usage_and_the_publisher_sees_the_same_lines(world: World) -> None:
    who, bob, ada = await parties(world), await world.caller("bob"), await world.caller("ada")
    await world.offer("team", monthly_fee=31_000_000)
    one = await world.subscribing.subscribe(bob, "maker/team", "firm")
    await use(world, world.clock.now(), 7, plan_id=one.plan_id, plan_version=1, subscription_id=one.id, **who)
    world.clock.advance(timedelta(days=1))
    await world.subscribing.cancel(bob, one.id, at_once=True)
    statements = statements_of(world)
    paid = await statements.get(bob, "2026-03", "firm")
    earned = await statements.get(ada, "2026-03", "maker", "publisher")
    assert paid.charged == earned.charged == {"EUR": 31_000_000 - 29_000_000 + 7}
    assert [line.repository for lines in earned.by_model.values() for line in lines] == ["maker/big"]
    assert (paid.plans, paid.names[who["publisher_id"]]) == ({one.plan_id: "maker/team"}, "maker")


async def test_what_others_pay_or_earn_looks_missing(world: World) -> None:
    statements = statements_of(world)
    for name, account, side in (("dave", "firm", "payer"), ("bob", "maker", "publisher"), ("dave", "none", "payer")):
        with pytest.raises(StatementNotFound):
            await statements.get(await world.caller(name), "2026-03", account, side)
    with pytest.raises(StatementNotFound):
        await statements.get(await world.caller("bob"), "2026-04", "firm")
    with pytest.raises(InvalidPlan):
        await statements.get(await world.caller("bob"), "march", "firm")


async def test_the_csv_adds_up_to_the_statement_and_calculates_nothing(world: World) -> None:
    who, bob = await parties(world), await world.caller("bob")
    await world.offer("team", monthly_fee=31_000_000)
    await world.subscribing.subscribe(bob, "maker/team", "firm")
    await use(world, world.clock.now(), 1_234_567, **who)
    statement = await statements_of(world).get(bob, "2026-03", "firm")
    rows = list(csv.DictReader(io.StringIO(as_csv(statement))))
    assert sum(int(row["amount_micro"]) for row in rows) == statement.charged["EUR"]
    assert [row["amount"] for row in rows] == ["1.234567", "31.000000"]
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


async def test_months_are_listed_from_the_newest_back_to_the_first_with_anything(world: World) -> None:
    bob = await world.caller("bob")
    await use(world, datetime(2026, 1, 5, tzinfo=UTC), 1, **await parties(world))
    await statements_of(world).close_months()
    listed = await statements_of(world).months(bob, "firm")
    assert [(str(month), closed) for month, closed in listed] == [("2026-03", False), ("2026-02", False), ("2026-01", True)]
