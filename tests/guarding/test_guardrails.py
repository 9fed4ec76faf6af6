"""Who decides which guardrails, and whom they concern, on both databases."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.guarding import (
    Action,
    GuardrailNotFound,
    Guardrails,
    InvalidGuardrail,
    MayNotGuard,
    NewGuardrail,
    Scope,
    Side,
    Thing,
    Topic,
    Wanted,
)
from commonweight.identity import Account, Caller, Identity, MemberRole, Role, TokenInfo

NEW = NewGuardrail("names of projects", Wanted(words=("blue whale",)), "They are not public yet.")


@dataclass
class World:
    guardrails: Guardrails
    identity: Identity
    house: Account
    root: Caller
    chief: Caller
    member: Caller
    stranger: Caller


@pytest.fixture
async def world(database: Database, clock: SetClock) -> World:
    identity = Identity(database, clock, b"k")
    house = await identity.create_organisation("house")
    root = await identity.create_user("root", is_admin=True)
    ada, bob, eve = [await identity.create_user(name) for name in ("ada", "bob", "eve")]

    def acting(account: Account, number: int, role: MemberRole | None = None) -> Caller:
        return Caller(account, TokenInfo(number, "t", Role.ADMIN), {house.id: (house, role)} if role else {})

    callers = acting(root, 1), acting(ada, 2, MemberRole.ADMIN), acting(bob, 3, MemberRole.WRITE), acting(eve, 4)
    return World(Guardrails(database, identity, clock), identity, house, *callers)


async def test_nothing_is_looked_for_until_somebody_decides(world: World) -> None:
    assert await world.guardrails.guard(world.stranger, "m") is None
    made = await world.guardrails.decide(world.root, NEW)
    assert (made.decided_by, made.ended_at, made.wanted.words) == ("root", None, ("blue whale",))
    guard = await world.guardrails.guard(world.stranger, "m")
    assert guard is not None
    assert guard.looks_at(Side.ANSWER)
    ended = await world.guardrails.end(world.root, made.id)
    assert ended.ended_by == "root"
    assert await world.guardrails.guard(world.stranger, "m") is None
    assert [one.id for one in await world.guardrails.of(world.root)] == [made.id]


async def test_a_guardrail_concerns_those_it_was_made_for(world: World) -> None:
    key = await world.identity.create_token(world.member.account or world.house, "k", Role.READ)
    by_key = await world.identity.authenticate(f"Bearer {key}")
    number = by_key.token.id if by_key.token else 0
    for_house = replace(NEW, scope=Scope.ACCOUNT, account="house")
    for_key = replace(NEW, scope=Scope.KEY, account="bob", key=number)
    for_model = replace(NEW, scope=Scope.MODEL, model="fast")
    cases = (
        (for_house, [world.chief, world.member], [world.stranger, by_key]),
        (for_key, [by_key], [world.member, world.stranger]),
    )
    for new, concerned, others in cases:
        made = await world.guardrails.decide(world.root, new)
        for caller in concerned:
            assert await world.guardrails.guard(caller, "m") is not None
        for caller in others:
            assert await world.guardrails.guard(caller, "m") is None
        await world.guardrails.end(world.root, made.id)
    await world.guardrails.decide(world.root, for_model)
    assert await world.guardrails.guard(world.stranger, "fast", "acme/m") is not None
    assert await world.guardrails.guard(world.stranger, "acme/m") is None


async def test_who_administers_an_account_decides_for_it_and_nobody_else_for_all(world: World) -> None:
    made = await world.guardrails.decide(world.chief, replace(NEW, scope=Scope.ACCOUNT, account="house"))
    assert [one.id for one in await world.guardrails.of(world.chief)] == [made.id]
    assert await world.guardrails.of(world.stranger) == []
    for caller in (world.member, world.stranger, Caller()):
        with pytest.raises(MayNotGuard):
            await world.guardrails.decide(caller, replace(NEW, scope=Scope.ACCOUNT, account="house"))
        with pytest.raises(GuardrailNotFound):
            await world.guardrails.end(caller, made.id)
    for new in (NEW, replace(NEW, scope=Scope.MODEL, model="m")):
        with pytest.raises(MayNotGuard):
            await world.guardrails.decide(world.chief, new)
    with pytest.raises(MayNotGuard):
        await world.guardrails.of(Caller())


TOPIC = Topic("war", ("how to fight",))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": " "}, "name"),
        ({"reason": ""}, "reason"),
        ({"scope": Scope.MODEL}, "no model was named"),
        ({"scope": Scope.KEY, "account": "ada"}, "no key was named"),
        ({"scope": Scope.KEY, "account": "ada", "key": 99}, "has no key 99"),
        ({"wanted": Wanted()}, "nothing to look for"),
        ({"wanted": Wanted(words=("  ",))}, "words or phrases"),
        ({"wanted": Wanted(words=("x" * 200,))}, "words or phrases"),
        ({"wanted": Wanted(frozenset({Thing.TOPIC}))}, "lists of their own"),
        ({"wanted": Wanted(words=("a",), countries=("Germany",))}, "two capitals"),
        ({"wanted": Wanted(topics=(TOPIC,), judge="m")}, "no place that could be masked"),
        ({"wanted": Wanted(topics=(TOPIC,)), "action": Action.NOTE}, "embedding model"),
        ({"wanted": Wanted(topics=(TOPIC,), judge="m", likeness=1.5), "action": Action.NOTE}, "likeness"),
        ({"wanted": Wanted(topics=(Topic("x", ()),), judge="m"), "action": Action.NOTE}, "examples"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_what_was_expected(
    world: World, change: dict[str, object], said: str
) -> None:
    with pytest.raises(InvalidGuardrail) as error:
        await world.guardrails.decide(world.root, replace(NEW, **change))  # type: ignore[arg-type]
    assert said in error.value.sentence
