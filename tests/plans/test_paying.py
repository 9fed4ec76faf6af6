"""Payments: by hand and by signed messages; late, twice, forged, about nothing."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from commonweight.errors import NotAllowed, NotFound
from commonweight.plans import (
    BadSignature,
    InvalidPlan,
    ManualPayment,
    Payments,
    State,
    Subscription,
    SubscriptionUnknown,
    providers_of,
)
from commonweight.plans.webhooks import sign
from tests.plans.world import World

#: The example of the scheme's specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
FEE = 31_000_000


def payments_of(world: World) -> Payments:
    return Payments(world.database, world.clock, providers_of(f"acme={SECRET}"))


async def waiting(world: World, **terms: Any) -> Subscription:
    await world.offer("pro", monthly_fee=FEE, **{"prepaid": True, **terms})
    return await world.subscribing.subscribe(await world.caller("bob"), "maker/pro", "firm")


async def send(world: World, id: str, kind: str, data: dict[str, Any], *, key: bytes = KEY, age: int = 0) -> str:
    body = json.dumps({"type": kind, "data": {"currency": "EUR", **data}}).encode()
    at = str(int(world.clock.now().timestamp()) - age)
    headers = {"webhook-id": id, "webhook-timestamp": at, "webhook-signature": sign(key, id, at, body).decode()}
    return await payments_of(world).receive("acme", headers, body)


async def state(world: World, one: Subscription) -> State:
    return (await world.subscriptions.get(await world.caller("bob"), one.id)).subscription.state


def test_signatures_are_those_of_the_schemes_own_example() -> None:
    signature = sign(KEY, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert signature == b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_prepaid_subscription_begins_when_as_much_as_it_costs_was_paid(world: World) -> None:
    one = await waiting(world)
    assert one.state is State.UNPAID
    assert await send(world, "m1", "payment.succeeded", {"subscription": one.id, "amount": FEE - 1}) == "recorded"
    assert await state(world, one) is State.UNPAID
    assert await send(world, "m2", "payment.succeeded", {"subscription": one.id, "amount": 1}) == "began"
    assert await state(world, one) is State.ACTIVE


async def test_the_same_message_twice_counts_once(world: World) -> None:
    one = await waiting(world)
    assert await send(world, "m1", "payment.succeeded", {"subscription": one.id, "amount": FEE}) == "began"
    assert await send(world, "m1", "payment.succeeded", {"subscription": one.id, "amount": FEE}) == "already"
    assert await payments_of(world).listed(await world.caller("dave")) == []
    assert [paid.amount for paid in await payments_of(world).listed(await world.caller("root"))] == [FEE]


@pytest.mark.parametrize(("key", "age"), [(b"x" * 24, 0), (KEY, 301), (KEY, -301)])
async def test_what_is_forged_or_old_changes_nothing(world: World, key: bytes, age: int) -> None:
    one = await waiting(world)
    with pytest.raises(BadSignature):
        await send(world, "m1", "payment.succeeded", {"subscription": one.id, "amount": FEE}, key=key, age=age)
    assert await state(world, one) is State.UNPAID
    assert await payments_of(world).listed(await world.caller("root")) == []


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
async def test_what_is_not_signed_is_refused(world: World, missing: str) -> None:
    headers = {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
    with pytest.raises(BadSignature):
        await payments_of(world).receive("acme", {name: text for name, text in headers.items() if name != missing}, b"{}")


async def test_a_message_about_no_subscription_is_refused_and_acted_on_when_there_is_one(world: World) -> None:
    with pytest.raises(SubscriptionUnknown):
        await send(world, "m1", "payment.succeeded", {"subscription": 1, "amount": FEE})
    with pytest.raises(SubscriptionUnknown):
        await send(world, "m1", "payment.succeeded", {"subscription": 1, "amount": FEE})
    one = await waiting(world)
    assert await send(world, "m1", "payment.succeeded", {"subscription": one.id, "amount": FEE}) == "began"


async def test_a_payment_that_fails_ends_it_and_one_that_comes_late_lets_it_go_on(world: World) -> None:
    one = await waiting(world, prepaid=False)
    assert one.state is State.ACTIVE
    world.clock.advance(timedelta(days=9))
    assert await send(world, "m1", "payment.failed", {"subscription": one.id, "amount": FEE}) == "lapsed"
    assert await state(world, one) is State.LAPSED
    world.clock.advance(timedelta(days=3))
    assert await send(world, "m2", "payment.succeeded", {"subscription": one.id, "amount": FEE}) == "began"
    assert await state(world, one) is State.ACTIVE


async def test_a_late_payment_for_one_that_was_cancelled_is_kept_as_a_credit(world: World) -> None:
    one = await waiting(world)
    await world.subscribing.cancel(await world.caller("bob"), one.id)
    assert await send(world, "m1", "payment.succeeded", {"subscription": one.id, "amount": FEE}) == "recorded"
    assert await state(world, one) is State.CANCELLED


async def test_a_late_payment_does_not_bring_back_what_another_took_the_place_of(world: World) -> None:
    one = await waiting(world, prepaid=False)
    await send(world, "m1", "payment.failed", {"subscription": one.id, "amount": FEE})
    other = await world.subscribing.subscribe(await world.caller("bob"), "maker/pro", "firm")
    assert await send(world, "m2", "payment.succeeded", {"subscription": one.id, "amount": FEE}) == "recorded"
    assert (await state(world, one), await state(world, other)) == (State.LAPSED, State.ACTIVE)


async def test_what_was_paid_back_is_money_the_other_way(world: World) -> None:
    one = await waiting(world)
    await send(world, "m1", "payment.succeeded", {"subscription": one.id, "amount": FEE})
    assert await send(world, "m2", "payment.refunded", {"subscription": one.id, "amount": 5}) == "recorded"
    assert [paid.amount for paid in await payments_of(world).listed(await world.caller("root"))] == [-5, FEE]


@pytest.mark.parametrize(
    "data",
    [
        {"amount": 0},
        {"amount": -1},
        {"amount": 1.5},
        {"amount": True},
        {"amount": 10**16},
        {"currency": "eur"},
        {"subscription": "1"},
    ],
)
async def test_a_message_that_says_nothing_sensible_is_refused(world: World, data: dict[str, Any]) -> None:
    with pytest.raises(InvalidPlan):
        await send(world, "m1", "payment.succeeded", {"subscription": 1, "amount": 5, **data})


async def test_a_payment_by_hand_counts_once_by_its_reference(world: World) -> None:
    one, payments = await waiting(world), payments_of(world)
    paid = ManualPayment(one.id, FEE, "EUR", "invoice 7")
    with pytest.raises(NotAllowed):
        await payments.record(await world.caller("bob"), paid)
    assert await payments.record(await world.caller("root"), paid) == "began"
    assert await payments.record(await world.caller("ada"), paid) == "already"


async def test_an_unknown_provider_is_missing(world: World) -> None:
    with pytest.raises(NotFound):
        await payments_of(world).receive("other", {}, b"")


@pytest.mark.parametrize("text", ["acme", "acme=secret", "a b=" + SECRET, "acme=whsec_AAAA"])
def test_settings_that_are_no_providers_are_refused_without_showing_a_secret(text: str) -> None:
    with pytest.raises(InvalidPlan) as raised:
        providers_of(text)
    assert "MfKQ" not in str(raised.value)


async def test_processes_that_get_one_message_at_once_act_on_it_once(world: World) -> None:
    one = await waiting(world)
    data = {"subscription": one.id, "amount": FEE}
    outcomes = await asyncio.gather(*(send(world, "m1", "payment.succeeded", data) for _ in range(4)))
    assert sorted(outcomes) == ["already", "already", "already", "began"]
