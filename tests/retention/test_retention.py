"""Decisions, and what is kept by them, on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.errors import InvalidInput
from commonweight.identity import Account, Caller, Identity, MemberRole, Role, TokenInfo
from commonweight.retention import (
    DecisionNotFound,
    Kind,
    MayNotDecide,
    NewAnswer,
    NotKept,
    Retention,
    Scope,
)

SECRET = "the launch code is 7-4-1"


@dataclass
class World:
    retention: Retention
    house: Account
    other: Account
    chief: Caller
    member: Caller

    def answer(self, number: int, previous: str | None = None, kind: Kind = Kind.RESPONSE) -> NewAnswer:
        said = {"items": [{"content": f"{SECRET} {number}"}]}
        return NewAnswer(f"x_{number}", kind, "m", "completed", said, {"id": f"x_{number}"}, {"n": str(number)}, previous)


def acting(account: Account, role: Role, house: Account, member: MemberRole) -> Caller:
    return Caller(account, TokenInfo(1, "t", role), {house.id: (house, member)})


@pytest.fixture
async def world(database: Database, clock: SetClock) -> World:
    identity = Identity(database, clock, b"k")
    house, other = await identity.create_organisation("house"), await identity.create_user("other")
    ada, bob = await identity.create_user("ada"), await identity.create_user("bob")
    chief, member = acting(ada, Role.ADMIN, house, MemberRole.ADMIN), acting(bob, Role.ADMIN, house, MemberRole.WRITE)
    return World(Retention(database, clock), house, other, chief, member)


async def test_nothing_may_be_kept_until_somebody_decides(world: World) -> None:
    decisions = world.retention.decisions
    assert await decisions.in_force(world.house.id, Kind.RESPONSE) is None
    await decisions.decide(world.chief, world.house, Scope.RESPONSES, 30, "complaints")
    held = await decisions.in_force(world.house.id, Kind.RESPONSE)
    assert held is not None
    assert (held.days, held.reason, held.decided_by) == (30, "complaints", "ada")
    assert await decisions.in_force(world.house.id, Kind.COMPLETION) is None
    assert await decisions.in_force(world.other.id, Kind.RESPONSE) is None


async def test_only_administrators_of_the_account_decide_and_see_decisions(world: World) -> None:
    decisions = world.retention.decisions
    made = await decisions.decide(world.chief, world.house, Scope.ALL, 1, "why")
    weak = acting(world.chief.account or world.other, Role.WRITE, world.house, MemberRole.ADMIN)
    for caller in (world.member, weak, Caller()):
        with pytest.raises(MayNotDecide):
            await decisions.decide(caller, world.house, Scope.ALL, 1, "why")
        with pytest.raises(MayNotDecide):
            await decisions.of(caller, world.house)
        with pytest.raises(DecisionNotFound):
            await decisions.end(caller, made.id)


@pytest.mark.parametrize(("days", "reason"), [(0, "why"), (4_000, "why"), (1, "  ")])
async def test_a_decision_needs_days_and_a_reason(world: World, days: int, reason: str) -> None:
    with pytest.raises(InvalidInput):
        await world.retention.decisions.decide(world.chief, world.house, Scope.ALL, days, reason)


async def test_ending_a_decision_deletes_what_was_kept_by_it_and_leaves_it_on_record(world: World) -> None:
    decisions, kept = world.retention.decisions, world.retention.kept
    made = await decisions.decide(world.chief, world.house, Scope.ALL, 1, "why")
    await kept.keep(made, world.answer(1))
    ended = await decisions.end(world.chief, made.id)
    assert ended.ended_by == "ada"
    assert await decisions.in_force(world.house.id, Kind.RESPONSE) is None
    with pytest.raises(NotKept):
        await kept.find(world.house.id, Kind.RESPONSE, "x_1")
    assert [one.id for one in await decisions.of(world.chief, world.house)] == [made.id]
    assert (await decisions.end(world.chief, made.id)).ended_at == ended.ended_at


async def test_what_others_keep_looks_missing(world: World) -> None:
    made = await world.retention.decisions.decide(world.chief, world.house, Scope.ALL, 1, "why")
    kept = world.retention.kept
    await kept.keep(made, world.answer(1))
    assert (await kept.find(world.house.id, Kind.RESPONSE, "x_1")).metadata == {"n": "1"}
    for account, kind in ((world.other.id, Kind.RESPONSE), (world.house.id, Kind.COMPLETION)):
        with pytest.raises(NotKept):
            await kept.find(account, kind, "x_1")
        with pytest.raises(NotKept):
            await kept.delete(account, kind, "x_1")


async def test_what_is_kept_ends_with_its_days(world: World, clock: SetClock) -> None:
    made = await world.retention.decisions.decide(world.chief, world.house, Scope.ALL, 2, "why")
    kept = world.retention.kept
    await kept.keep(made, world.answer(1))
    clock.advance(timedelta(days=1))
    await kept.keep(made, world.answer(2))
    assert await kept.expire() == 0
    clock.advance(timedelta(days=1, seconds=1))
    with pytest.raises(NotKept):
        await kept.find(world.house.id, Kind.RESPONSE, "x_1")
    assert await kept.expire() == 1
    assert (await kept.find(world.house.id, Kind.RESPONSE, "x_2")).id == "x_2"


async def test_lists_are_in_order_of_time_and_page_by_the_last_id_seen(world: World, clock: SetClock) -> None:
    made = await world.retention.decisions.decide(world.chief, world.house, Scope.ALL, 2, "why")
    kept = world.retention.kept
    for number in range(5):
        await kept.keep(made, world.answer(number, kind=Kind.COMPLETION))
        clock.advance(timedelta(seconds=number % 2))  # some at the same moment
    whose = (world.house.id, Kind.COMPLETION)
    first = await kept.list(*whose, limit=2)
    second = await kept.list(*whose, limit=3, after=first.answers[-1].id)
    assert [one.id for one in (*first.answers, *second.answers)] == [f"x_{i}" for i in range(5)]
    assert (first.more, second.more) == (True, False)
    newest = await kept.list(*whose, limit=1, newest_first=True)
    assert newest.answers[0].id == "x_4"
    assert (await kept.list(*whose, limit=9, after="unknown")).answers == ()
    assert [one.id for one in (await kept.list(*whose, limit=9, metadata={"n": "3"})).answers] == ["x_3"]
    assert (await kept.list(*whose, limit=9, metadata={"m": "3"})).answers == []


async def test_a_chain_is_read_from_its_beginning_and_breaks_where_one_is_deleted(world: World) -> None:
    made = await world.retention.decisions.decide(world.chief, world.house, Scope.ALL, 2, "why")
    kept = world.retention.kept
    for number, previous in ((1, None), (2, "x_1"), (3, "x_2")):
        await kept.keep(made, world.answer(number, previous))
    assert [one.id for one in await kept.chain(world.house.id, "x_3")] == ["x_1", "x_2", "x_3"]
    await kept.delete(world.house.id, Kind.RESPONSE, "x_1")
    with pytest.raises(NotKept):
        await kept.chain(world.house.id, "x_3")


async def test_a_response_begun_anew_forgets_its_events_and_stops_whoever_worked_before(world: World) -> None:
    made = await world.retention.decisions.decide(world.chief, world.house, Scope.ALL, 2, "why")
    kept, new = world.retention.kept, world.answer(1)
    await kept.keep(made, NewAnswer("x_1", new.kind, "m", "queued", new.request, new.document))
    assert await kept.begin("x_1") == 1
    assert await kept.add_events("x_1", 1, 0, b"one")
    assert await kept.begin("x_1") == 2
    assert not await kept.add_events("x_1", 1, 1, b"two")
    assert await kept.add_events("x_1", 2, 0, b"anew")
    assert await kept.finish("x_1", 2, {"status": "completed"}, 1, b"end")
    events = await kept.events("x_1", 0)
    assert events is not None
    assert (events.data, events.following, events.status) == (b"anewend", 2, "completed")
    assert await kept.begin("x_1") is None


async def test_a_cancelled_response_is_worked_on_no_more_and_a_finished_one_stays(world: World) -> None:
    made = await world.retention.decisions.decide(world.chief, world.house, Scope.ALL, 2, "why")
    kept, new = world.retention.kept, world.answer(1)
    await kept.keep(made, NewAnswer("x_1", new.kind, "m", "queued", new.request, new.document))
    await kept.begin("x_1")
    assert (await kept.cancel(world.house.id, "x_1")).status == "cancelled"
    assert not await kept.add_events("x_1", 1, 0, b"one")
    await kept.keep(made, world.answer(2))
    assert (await kept.cancel(world.house.id, "x_2")).status == "completed"


async def test_deleted_text_is_in_no_file_of_the_database(tmp_path: Path, sqlite_template: Path, clock: SetClock) -> None:
    path = tmp_path / "kept.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite+aiosqlite:///{path}")
    ada = await Identity(database, clock, b"k").create_user("ada")
    caller, retention = Caller(ada, TokenInfo(1, "t", Role.ADMIN)), Retention(database, clock)
    made = await retention.decisions.decide(caller, ada, Scope.ALL, 1, "why")
    long = {"items": [SECRET * 1_000]}
    await retention.kept.keep(made, NewAnswer("x_1", Kind.RESPONSE, "m", "completed", long, {}, events=SECRET.encode()))

    def found() -> bool:
        return any(SECRET.encode() in file.read_bytes() for file in tmp_path.iterdir())

    assert found()
    await retention.kept.delete(ada.id, Kind.RESPONSE, "x_1")
    assert not found()
    await database.close()
    assert not found()


async def test_the_job_deletes_what_is_over_and_comes_again(world: World, clock: SetClock) -> None:
    made = await world.retention.decisions.decide(world.chief, world.house, Scope.ALL, 1, "why")
    await world.retention.kept.keep(made, world.answer(1))
    clock.advance(timedelta(days=2))

    async def progress(fraction: float, message: str = "") -> None:
        pass

    await world.retention.expiry.on_expire({}, progress)  # type: ignore[arg-type]
    assert await world.retention.kept.expire() == 0
