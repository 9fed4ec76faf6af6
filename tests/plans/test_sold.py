"""The whole way: a plan is offered, subscribed to, called under, and what was used stands on both statements."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from commonweight.plans import (
    Accounting,
    Demand,
    PlanNeeded,
    Price,
    QuotaExceeded,
    Statements,
    TermsOfKeys,
    Tokens,
    as_csv,
)
from tests.plans.usage_world import SomeOffer
from tests.plans.world import World

PRICE = {"input": 150_000, "output": 600_000, "cached_input": 75_000}
FEE = 31_000_000
ASKED = Demand("chat.completions", 2_000, 500)


OFFER = SomeOffer(name="maker/big@" + "c" * 40)


def accounting_of(world: World, folder: Path) -> Accounting:
    return Accounting(world.database, world.clock, folder, TermsOfKeys(world.database), world.entitlements)


async def test_what_is_called_under_a_plan_stands_on_both_statements_to_the_micro_unit(world: World, tmp_path: Path) -> None:
    await world.offer("team", monthly_fee=FEE, included_tokens=1_000, price=PRICE)
    bob, carol, ada = [await world.caller(name) for name in ("bob", "carol", "ada")]
    await world.subscribing.subscribe(bob, "maker/team", "firm")
    accounting = accounting_of(world, tmp_path)
    for tokens in (Tokens(900, 100, 300), Tokens(1_001, 0, 7), Tokens(13, 13, 11)):
        (await accounting.admit(carol, OFFER, ASKED)).settle(tokens, 0.25)
    await accounting.close()
    price = Price("EUR", PRICE["input"], PRICE["output"], PRICE["cached_input"])
    # The first request has 200 tokens of its answer beyond what is included; then everything is.
    cost = price.cost(Tokens(0, 0, 200)) + price.cost(Tokens(1_001, 0, 7)) + price.cost(Tokens(13, 13, 11))
    statements = Statements(world.database, world.identity, world.clock)
    paid = await statements.get(bob, "2026-03", "firm")
    earned = await statements.get(ada, "2026-03", "maker", "publisher")
    assert paid.charged == earned.charged == {"EUR": FEE + cost}
    (line,) = earned.by_model["maker/big"]
    assert (line.requests, line.included_tokens, line.engine_micros) == (3, 1_000, 750_000)
    rows = csv.DictReader(io.StringIO(as_csv(paid)))
    assert sum(int(row["amount_micro"]) for row in rows) == FEE + cost


async def test_a_model_under_a_plan_is_refused_before_anything_is_counted(world: World, tmp_path: Path) -> None:
    await world.offer("team")
    accounting = accounting_of(world, tmp_path)
    with pytest.raises(PlanNeeded):
        await accounting.admit(await world.caller("dave"), OFFER, ASKED)
    await accounting.close()


async def test_without_a_price_the_included_tokens_are_a_hard_stop(world: World, tmp_path: Path) -> None:
    await world.offer("free", join="automatic", included_tokens=3_000)
    accounting, dave = accounting_of(world, tmp_path), await world.caller("dave")
    (await accounting.admit(dave, OFFER, ASKED)).settle(Tokens(2_000, 0, 500))
    with pytest.raises(QuotaExceeded):
        await accounting.admit(dave, OFFER, ASKED)
    await accounting.close()


async def test_what_nobody_needed_a_plan_for_is_on_the_publishers_statement_without_a_price(
    world: World, tmp_path: Path
) -> None:
    accounting, dave = accounting_of(world, tmp_path), await world.caller("dave")
    (await accounting.admit(dave, OFFER, ASKED)).settle(Tokens(5, 0, 5), 0.5)
    await accounting.close()
    statements = Statements(world.database, world.identity, world.clock)
    earned = await statements.get(await world.caller("ada"), "2026-03", "maker", "publisher")
    assert [(line.requests, line.cost, line.engine_micros) for line in earned.usage] == [(1, 0, 500_000)]
    assert earned.charged == {}
