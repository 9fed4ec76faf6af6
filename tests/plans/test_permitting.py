"""
A subscription to a licensor's plan permits: the subscriber's verdict turns, citing it, and turns back. Llama 2 asks groups
above 700 million users for a permission; here ada is the licensor, bob subscribes, and the organisation is such a group.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.errors import NotAllowed
from commonweight.hub import Revision
from commonweight.jobs import Jobs, Runner
from commonweight.plans import AccountStandings, InvalidPlan, Offering, Permitting, PlanEdit, Subscribing
from commonweight.plans.lifecycle import PERMISSION
from commonweight.plans.standings import RECONCILE
from commonweight.policy import OrganisationEdit
from tests.policy.conftest import catalogues, records
from tests.policy.world import World as PolicyWorld
from tests.policy.world import make_world

__all__ = ["catalogues", "records"]

MANY = {"kind": "company", "mau": [{"scope": "group", "month": "2023-06", "value": 710_000_000}]}
GRANT = {"licence": "Llama 2", "lifts": ["mau700"], "terms": "For use on this platform."}
TERMS = {"covered": {"names": ["ada/llama"]}, "monthly_fee": 5_000_000, "grant": {**GRANT, "licence": "llama-2"}}


@dataclass
class World:
    base: PolicyWorld
    offering: Offering
    subscribing: Subscribing
    standings: AccountStandings
    runner: Runner
    model: Revision

    async def verdict(self, name: str) -> Any:
        self.base.policy.admit.__self__.forget()
        return await self.base.policy.verdict_for(await self.base.caller(name), self.model)

    async def subscribe(self) -> int:
        one = await self.subscribing.subscribe(await self.base.caller("bob"), "ada/pro")
        await self.runner.run_until_empty()
        return one.id

    async def recognise(self) -> int:
        found = await self.standings.find(await self.base.caller("root"), "ada", "licensor", "Their own text.", "llama-2")
        await self.runner.run_until_empty()
        return found.id


@pytest.fixture
async def world(database: Database, clock: SetClock, tmp_path: Path, records: Any, catalogues: Any) -> AsyncIterator[World]:
    base = await make_world(database, clock, tmp_path, records, catalogues)
    await base.policy.set_organisation(await base.caller("root"), OrganisationEdit(MANY))
    model = await base.publish("llama", {"license": "llama2"})
    offering = Offering(database, base.identity, clock)
    permitting = Permitting(database, base.policy, clock)
    await offering.offer(await base.caller("ada"), "ada", PlanEdit("pro", terms=TERMS))
    handlers = {
        **base.policy.upkeep.handlers(),
        PERMISSION: permitting.on_subscription,
        RECONCILE: permitting.on_all,
        "read_revision": base.hub.on_read_revision,
    }
    yield World(
        base,
        offering,
        Subscribing(database, base.identity, offering, clock),
        AccountStandings(database, base.identity, clock),
        Runner(Jobs(database, clock, "test"), handlers),
        model,
    )
    await base.workers.close()


async def test_the_subscribers_verdict_turns_citing_it_and_turns_back(world: World) -> None:
    assert (await world.verdict("bob")).value == "needs_permission"
    await world.recognise()
    number = await world.subscribe()
    turned = await world.verdict("bob")
    clause = next(one for one in turned.document["clauses"] if one["id"] == "llama-2#mau700")
    assert (clause["effect"], clause["decided_by"]) == ("allowed", f"subscription-{number}")
    assert turned.value == "allowed_with_duties"
    assert (await world.base.policy.verdict(await world.base.caller("bob"), turned.id)).value == turned.value
    await world.subscribing.cancel(await world.base.caller("bob"), number, at_once=True)
    await world.runner.run_until_empty()
    assert (await world.verdict("bob")).value == "needs_permission"
    ended = await world.base.policy.decisions.permissions(ended=True)
    assert [one.end_reason for one in ended] == [f"The subscription {number} is cancelled."]


async def test_what_one_subscribed_to_permits_nothing_to_others(world: World) -> None:
    await world.recognise()
    await world.subscribe()
    assert (await world.verdict("root")).value == "needs_permission"
    admit = world.base.policy.admit
    assert (await admit(world.model)).refusal is not None
    assert (await admit(world.model, caller=await world.base.caller("bob"))).refusal is None


async def test_nobody_permits_in_the_name_of_a_licensor_that_they_were_not_found_to_be(world: World) -> None:
    number = await world.subscribe()
    assert (await world.verdict("bob")).value == "needs_permission"
    found = await world.recognise()
    assert (await world.verdict("bob")).value == "allowed_with_duties"
    await world.standings.end(await world.base.caller("root"), found, "They sold it.")
    await world.runner.run_until_empty()
    assert (await world.verdict("bob")).value == "needs_permission"
    assert number


async def test_what_is_permitted_to_the_house_turns_the_verdict_that_stands(world: World) -> None:
    await world.recognise()
    await world.subscribe()
    root = await world.base.caller("root")
    await world.standings.find(root, "bob", "house", "Bob buys for the company.")
    await world.runner.run_until_empty()
    assert (await world.base.policy.standing_verdict(world.model)).value == "allowed_with_duties"
    (held,) = await world.base.policy.decisions.permissions()
    assert (held.organisation, held.kind, held.author) == ("own", "bought", "ada")


async def test_one_that_ends_with_the_month_permits_until_its_last_day_whatever_the_jobs_do(world: World) -> None:
    await world.recognise()
    number = await world.subscribe()
    await world.subscribing.cancel(await world.base.caller("bob"), number)
    await world.runner.run_until_empty()
    (held,) = await world.base.policy.decisions.permissions()
    assert held.until is not None
    assert held.until.isoformat() == "2026-03-31"
    world.base.clock.advance(timedelta(days=31))
    assert (await world.verdict("bob")).value == "needs_permission"


async def test_licensors_are_found_by_administrators_with_a_reason(world: World) -> None:
    with pytest.raises(NotAllowed):
        await world.standings.find(await world.base.caller("ada"), "ada", "licensor", "I say so.", "llama-2")
    root = await world.base.caller("root")
    for standing, reason, licence in (
        ("licensor", "Yes.", ""),
        ("house", "Yes.", "mit"),
        ("owner", "Yes.", ""),
        ("house", " ", ""),
    ):
        with pytest.raises(InvalidPlan):
            await world.standings.find(root, "ada", standing, reason, licence)
