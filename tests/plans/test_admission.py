"""Who is let in, how much is reserved, what is settled, and what it is worth to the next request."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.db.tables import accounting as tables
from commonweight.db.tables import identity as identity_tables
from commonweight.plans import (
    Accounting,
    Budget,
    Entitlement,
    KeyNotAllowed,
    KeyTerms,
    Limits,
    Period,
    Price,
    QuotaExceeded,
    RateLimited,
    TermsOfKeys,
    Tokens,
)
from commonweight.plans.key_terms import row_of_terms
from tests.plans.usage_world import CALLER, OFFER, Fixed, accounting, demand, leased, ledger

Make = Callable[[Entitlement], Accounting]


@pytest.fixture
async def make(database: Database, clock: SetClock, tmp_path: Path) -> AsyncIterator[Make]:
    """Accounting of any number of processes."""
    made: list[Accounting] = []

    def one(entitlement: Entitlement) -> Accounting:
        made.append(accounting(database, clock, tmp_path / "journal", entitlement))
        return made[-1]

    yield one
    for each in made:
        await each.close()


async def _key(database: Database, clock: SetClock, terms: KeyTerms) -> None:
    """The terms of the key by which CALLER calls."""
    now = clock.now()
    account = {"id": 7, "kind": "user", "name": "ada", "name_lower": "ada", "created_at": now}
    token = {"id": 70, "account_id": 7, "name": "app", "hash": "h", "role": "read", "created_at": now}
    async with database.write() as connection:
        await connection.execute(insert(identity_tables.accounts).values(account))
        await connection.execute(insert(identity_tables.tokens).values(token))
        await connection.execute(insert(tables.key_terms).values(token_id=70, created_at=now, **row_of_terms(terms)))


async def test_requests_per_minute_are_one_limit_for_all_processes(make: Make, clock: SetClock) -> None:
    entitled = Entitlement(7, Limits(requests_per_minute=5))
    both = (make(entitled), make(entitled))
    refused, headers = 0, {}
    for i in range(12):
        try:
            (await both[i % 2].admit(CALLER, OFFER, demand())).settle(Tokens(1, 0, 1))
        except RateLimited as error:
            refused += 1
            headers = error.headers
    assert refused == 7
    assert headers["x-ratelimit-limit-requests"] == "5"
    assert 1 <= int(headers["retry-after"]) <= 60
    clock.advance(timedelta(minutes=1))
    (await both[0].admit(CALLER, OFFER, demand())).release()


async def test_changed_terms_count_once_they_are_read_again(make: Make, database: Database, clock: SetClock) -> None:
    await _key(database, clock, KeyTerms(7, models=("ada/*",), budget=Budget("tokens", 100, Period.TOTAL)))
    one = make(Entitlement(7, Limits()))
    (await one.admit(CALLER, OFFER, demand(20, 20))).settle(Tokens(20, 0, 20))
    for change in (
        KeyTerms(7, models=("ada/*",), budget=Budget("tokens", 60, Period.TOTAL)),
        KeyTerms(7, models=("ada/big",)),
    ):
        async with database.write() as connection:
            await connection.execute(update(tables.key_terms).values(row_of_terms(change)))
        one._keys.forget()
        with pytest.raises((QuotaExceeded, KeyNotAllowed)) as refused:
            await one.admit(CALLER, OFFER, demand(20, 20))
        assert isinstance(refused.value, KeyNotAllowed) is (change.budget is None)


async def test_another_entitlement_counts_from_the_next_request(database: Database, clock: SetClock, tmp_path: Path) -> None:
    entitlements = Fixed(Entitlement(7, Limits(requests_per_minute=1)))
    one = Accounting(database, clock, tmp_path / "journal", TermsOfKeys(database), entitlements)
    (await one.admit(CALLER, OFFER, demand())).release()
    with pytest.raises(RateLimited):
        await one.admit(CALLER, OFFER, demand())
    entitlements.entitlement = Entitlement(8, Limits(requests_per_minute=2, weight=3))
    admitted = await one.admit(CALLER, OFFER, demand())
    assert (admitted.ticket.account_id, admitted.ticket.weight) == (8, 3)
    assert dict(admitted.headers)[b"x-ratelimit-limit-requests"] == b"2"
    admitted.release()
    await one.close()


async def test_lines_of_batches_leave_the_minute_to_those_who_wait(make: Make) -> None:
    """They are counted by what they use up, not by how fast they come."""
    one = make(
        Entitlement(7, Limits(requests_per_minute=1, tokens_per_minute=30, concurrent_requests=1), included_tokens=50)
    )
    line = replace(demand(), lane="batch")
    lines = [await one.admit(CALLER, OFFER, line) for _ in range(2)]
    (await one.admit(CALLER, OFFER, demand(5, 5))).release()
    with pytest.raises(QuotaExceeded):
        await one.admit(CALLER, OFFER, line)
    for each in lines:
        each.release()


async def test_headers_say_what_is_left_on_success(make: Make) -> None:
    one = make(Entitlement(7, Limits(requests_per_minute=5, tokens_per_minute=1000)))
    headers = dict((await one.admit(CALLER, OFFER, demand(100, 50))).headers)
    assert headers[b"x-ratelimit-limit-requests"] == b"5"
    assert headers[b"x-ratelimit-remaining-requests"] == b"4"
    assert headers[b"x-ratelimit-remaining-tokens"] == b"850"
    assert headers[b"x-ratelimit-reset-tokens"] == b"1m0s"


async def test_what_was_reserved_and_not_used_is_there_for_the_next(make: Make) -> None:
    one = make(Entitlement(7, Limits(tokens_per_minute=200)))
    for _ in range(10):
        (await one.admit(CALLER, OFFER, demand(50, 50))).settle(Tokens(5, 0, 6))
    with pytest.raises(RateLimited):
        await one.admit(CALLER, OFFER, demand(50, 50))  # 110 are used


async def test_a_request_too_large_for_a_minute_takes_all_of_it(make: Make) -> None:
    one = make(Entitlement(7, Limits(tokens_per_minute=100)))
    admitted = await one.admit(CALLER, OFFER, demand(5000, 5000))
    with pytest.raises(RateLimited) as refused:
        await one.admit(CALLER, OFFER, demand())
    assert refused.value.of == "tokens"
    admitted.release()
    (await one.admit(CALLER, OFFER, demand())).release()


async def test_requests_at_once_are_counted_over_processes_and_freed_when_they_end(make: Make) -> None:
    entitled = Entitlement(7, Limits(concurrent_requests=2))
    first, second = make(entitled), make(entitled)
    running = [await first.admit(CALLER, OFFER, demand()), await second.admit(CALLER, OFFER, demand())]
    with pytest.raises(RateLimited, match="2 may be under way"):
        await first.admit(CALLER, OFFER, demand())
    running[1].release()
    (await first.admit(CALLER, OFFER, demand())).release()  # a slot that another process does not need comes over
    running[0].release()


async def test_included_tokens_come_first_and_the_rest_is_charged(make: Make, database: Database) -> None:
    price = Price("EUR", input=1_000_000, output=2_000_000, cached_input=500_000)
    one = make(Entitlement(7, Limits(), plan_id=1, plan_version=2, included_tokens=100, price=price))
    (await one.admit(CALLER, OFFER, demand(60, 30))).settle(Tokens(60, 0, 20))
    (await one.admit(CALLER, OFFER, demand(60, 30))).settle(Tokens(60, 10, 20))
    await one.close()
    found = await ledger(database)
    # 20 of the second were included; then 40 of its prompt, of which 10 are cached, and 20 of its answer.
    assert found == {
        "requests": 2,
        "prompt_tokens": 120,
        "completion_tokens": 40,
        "included_tokens": 100,
        "cost": 75,
    }


async def test_nothing_goes_beyond_included_tokens_without_a_price(make: Make, database: Database) -> None:
    one = make(Entitlement(7, Limits(), plan_id=1, included_tokens=100))
    (await one.admit(CALLER, OFFER, demand(50, 50))).settle(Tokens(30, 0, 20))
    with pytest.raises(QuotaExceeded, match="50 are left, and this request may need 60") as refused:
        await one.admit(CALLER, OFFER, demand(30, 30))
    assert refused.value.headers["x-should-retry"] == "false"
    (await one.admit(CALLER, OFFER, demand(25, 25))).settle(Tokens(25, 0, 25))
    await one.close()
    assert await leased(database, "i") == 100


async def test_a_budget_of_money_is_never_passed(make: Make, database: Database, clock: SetClock) -> None:
    price = Price("EUR", input=1_000_000, output=1_000_000, cached_input=0)
    await _key(database, clock, KeyTerms(7, budget=Budget("EUR", 50, Period.TOTAL)))
    one = make(Entitlement(7, Limits(), plan_id=1, included_tokens=0, price=price))
    (await one.admit(CALLER, OFFER, demand(20, 20))).settle(Tokens(20, 0, 15))
    with pytest.raises(QuotaExceeded, match="budget of this key"):
        await one.admit(CALLER, OFFER, demand(10, 10))
    (await one.admit(CALLER, OFFER, demand(10, 5))).settle(Tokens(10, 0, 5))
    await one.close()
    assert (await ledger(database))["cost"] == 50


async def test_a_key_is_for_its_models_alone(make: Make, database: Database, clock: SetClock) -> None:
    await _key(database, clock, KeyTerms(7, models=("ada/*", "starter")))
    one = make(Entitlement(7, Limits()))
    (await one.admit(CALLER, OFFER, demand())).release()
    await _key_models(database, ("bob/*", "starter"))
    two = make(Entitlement(7, Limits()))
    (await two.admit(CALLER, OFFER, demand(name="starter"))).release()
    with pytest.raises(KeyNotAllowed, match="may not be used for 'ada/tiny'"):
        await two.admit(CALLER, OFFER, demand())


async def _key_models(database: Database, models: tuple[str, ...]) -> None:
    async with database.write() as connection:
        await connection.execute(tables.key_terms.update().values(models=list(models)))


async def test_a_key_of_an_organisation_ends_with_the_membership(make: Make, database: Database, clock: SetClock) -> None:
    await _key(database, clock, KeyTerms(7))
    async with database.write() as connection:
        organisation = {"id": 8, "kind": "organisation", "name": "acme", "name_lower": "acme", "created_at": clock.now()}
        await connection.execute(insert(identity_tables.accounts).values(organisation))
        await connection.execute(tables.key_terms.update().values(payer_id=8))
    with pytest.raises(KeyNotAllowed, match="no member"):
        await make(Entitlement(8, Limits())).admit(CALLER, OFFER, demand())


async def test_sixty_four_at_once_in_two_processes_spend_what_there_is_and_no_more(make: Make, database: Database) -> None:
    entitled = Entitlement(7, Limits(), plan_id=1, included_tokens=1000)
    both = (make(entitled), make(entitled))
    spent = 0

    async def client(number: int) -> None:
        nonlocal spent
        for _ in range(5):
            with contextlib.suppress(QuotaExceeded):
                admitted = await both[number % 2].admit(CALLER, OFFER, demand(10, 10))
                await asyncio.sleep(0)
                admitted.settle(Tokens(7, 0, 6))
                spent += 13

    await asyncio.gather(*(client(number) for number in range(64)))
    for one in both:
        await one.close()
    assert 1000 - 2 * 20 < spent <= 1000  # in each process less than one more request fits
    assert await leased(database, "i") == spent == (await ledger(database))["included_tokens"]
