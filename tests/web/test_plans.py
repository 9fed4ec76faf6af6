"""Plans, subscriptions, statements, keys and usage as people meet them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from commonweight.db.tables import accounting as accounts
from commonweight.identity import Role, TokenInfo
from commonweight.plans import InvalidPlan, Limits, Permitting, PlanEdit, Selling
from commonweight.policy import OrganisationEdit
from commonweight.web.pages.usage import usage_bars
from commonweight.web.presenting.selling import money
from tests.policy.world import World
from tests.web.reader import Reader

TERMS: dict[str, Any] = {
    "covered": {"names": ["ada/*"]},
    "monthly_fee": 31_000_000,
    "included_tokens": 1_000,
    "price": {"input": 150_000, "output": 600_000},
}


@pytest.fixture
async def bob(new_reader: Callable[[], Reader], world: World) -> Reader:
    bob = new_reader()
    await bob.sign_in(world.tokens["bob"])
    return bob


async def offer(world: World, name: str = "team", **changed: Any) -> int:
    selling = Selling(world.database, world.identity, world.policy, world.clock, Limits())
    edit = PlanEdit(name, f"For {name}s", terms={**TERMS, **changed})
    return (await selling.offering.offer(await world.caller("ada"), "ada", edit)).id


async def subscribe(bob: Reader, plan: int) -> str:
    """The address of the new subscription."""
    page = await bob.get("/models/plans")
    made = await bob.post("/settings/subscriptions", {"csrf": page.csrf, "plan": plan, "subscriber": "bob"})
    assert made.status == 303
    return made.headers["location"]


async def test_plans_are_shown_to_everybody_and_subscribed_to_by_who_signs_in(
    reader: Reader, bob: Reader, world: World
) -> None:
    plan = await offer(world)
    page = await reader.get("/models/plans?publisher=ada")
    assert "31.00 EUR a month" in page.words
    assert "Sign in to subscribe" in page.words
    address = await subscribe(bob, plan)
    shown = await bob.get(address)
    assert "For teams" in shown.words
    assert "active" in shown.words
    assert "Began" in shown.words
    assert "Your subscription" in (await bob.get("/models/plans")).words


async def test_a_models_page_says_what_it_costs_here(ada: Reader, bob: Reader, world: World) -> None:
    await world.publish("reader", {"license": "mit"})
    assert "No plan names this model" in (await bob.get("/ada/reader/plans")).words
    await offer(world)
    page = await bob.get("/ada/reader/plans")
    assert "It can be called under one of these plans" in page.words
    assert "You need none" not in page.words
    assert "You need none" in (await ada.get("/ada/reader/plans")).words
    assert '/ada/reader/plans"' in (await bob.get("/ada/reader")).text


async def test_a_request_is_approved_then_changed_and_cancelled(ada: Reader, bob: Reader, world: World) -> None:
    plan, more = await offer(world, join="approval"), await offer(world, "more", monthly_fee=62_000_000)
    address = await subscribe(bob, plan)
    asked = await ada.get("/settings/subscriptions")
    assert "asked for" in asked.words
    assert (await ada.post(f"{address}/approve", {"csrf": asked.csrf})).status == 303
    page = await bob.get(address)
    changed = await bob.post(f"{address}/change", {"csrf": page.csrf, "plan": more, "when": "month"})
    assert changed.status == 303
    assert "next month: For mores" in (await bob.get(address)).words
    assert (await bob.post(f"{address}/keep", {"csrf": page.csrf})).status == 303
    assert (await bob.post(f"{address}/cancel", {"csrf": page.csrf, "when": "now", "reason": "Too dear."})).status == 303
    assert "Too dear." in (await bob.get(address)).words


async def test_what_cannot_be_done_is_said_on_the_page_and_what_others_have_is_missing(
    ada: Reader, bob: Reader, new_reader: Callable[[], Reader], world: World
) -> None:
    address = await subscribe(bob, await offer(world))
    page = await bob.get(address)
    refused = await bob.post(f"{address}/approve", {"csrf": page.csrf})
    assert (refused.status, "who publishes the plan" in refused.words) == (403, True)
    again = await bob.post("/settings/subscriptions", {"csrf": page.csrf, "plan": 999})
    assert (again.status, "There is no plan 999" in again.words) == (404, True)
    assert (await bob.post(f"{address}/fly", {"csrf": page.csrf})).status == 404
    await world.identity.create_user("eve")
    token = await world.identity.create_token(await world.identity.account("eve"), "t", Role.WRITE)
    eve = new_reader()
    await eve.sign_in(token)
    assert (await eve.get(address)).status == 404
    assert (await eve.get("/settings/statements?account=bob")).status == 404
    assert (await bob.get("/settings/subscriptions/x")).status == 404


async def test_a_statement_lists_what_a_month_comes_to(bob: Reader, ada: Reader, world: World) -> None:
    await subscribe(bob, await offer(world))
    page = await bob.get("/settings/statements")
    assert "Statement 2026-03" in page.words
    assert "Comes to 31.00 EUR" in page.words
    assert "/cw/v1/statements/2026-03/csv?account=bob&amp;side=payer" in page.text
    earned = await ada.get("/settings/statements?side=publisher")
    assert "what its models earned" in earned.words
    assert "31.00 EUR" in earned.words
    assert (await bob.get("/settings/statements?month=march")).status == 400


async def test_a_key_is_shown_once_and_revoked(bob: Reader, world: World) -> None:
    page = await bob.get("/settings/keys")
    fields = {"csrf": page.csrf, "name": "shop", "payer": "bob", "models": "ada/*", "budget": "12.50", "unit": "EUR"}
    made = await bob.post("/settings/keys", {**fields, "period": "month", "expires": "2027-01-31"})
    key = re.search(r"cw_[\w-]{20,}", made.text)
    assert key
    assert 'OpenAI(base_url="http://house.test/v1"' in made.text.replace("&#34;", '"')
    assert (await world.identity.authenticate(f"Bearer {key[0]}")).account
    listed = await bob.get("/settings/keys")
    assert key[0] not in listed.text
    assert "12.50 EUR" in listed.words
    number = re.search(r"/settings/keys/(\d+)/revoke", listed.text)
    assert number
    assert (await bob.post(number[0], {"csrf": listed.csrf})).status == 303
    assert "You have no key yet" in (await bob.get("/settings/keys")).words


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("budget", "much"),
        ("budget", "1.1234567"),
        ("expires", "soon"),
        ("models", "a/b/c"),
        ("plan", "x"),
        ("networks", "here"),
    ],
)
async def test_a_key_that_cannot_be_is_refused_and_what_was_typed_stays(bob: Reader, field: str, value: str) -> None:
    page = await bob.get("/settings/keys")
    refused = await bob.post("/settings/keys", {"csrf": page.csrf, "name": "the shop", "unit": "EUR", field: value})
    assert refused.status == 400
    assert 'value="the shop"' in refused.text


async def test_usage_is_drawn_by_day_and_added_up_by_model(bob: Reader, world: World) -> None:
    account = await world.identity.account("bob")
    row: dict[str, Any] = {column.name: 0 for column in accounts.ledger.columns}
    row |= {"repository": "ada/reader", "commit": "c", "route": "chat", "currency": "EUR", "cost": 1_500_000, "requests": 2}
    row |= {"hour": world.clock.now().replace(minute=0), "payer_id": account.id, "account_id": account.id}
    row |= {"prompt_tokens": 900, "completion_tokens": 100}
    async with world.database.write() as connection:
        await connection.execute(insert(accounts.ledger).values(row))
    page = await bob.get("/settings/usage?days=7&by=model")
    assert "ada/reader" in page.words
    assert "Tokens 1,000" in page.words
    assert "1.50 EUR" in page.words
    assert page.text.count("<title>2026-") == 7 + 1  # each day of all of it, and the one on which this model was used
    assert 'aria-label="Tokens by day: ada/reader"' in page.text
    assert (await bob.get("/settings/usage?days=x&by=nothing")).status == 200


def test_a_chart_without_usage_has_its_days_and_no_height() -> None:
    bars, most = usage_bars([], datetime(2026, 3, 1, tzinfo=UTC).date(), 30)
    assert (len(bars), most, {bar.whole for bar in bars}) == (30, 0, {0.0})


@pytest.mark.parametrize(
    ("micro", "text"),
    [(5_000_000, "5.00"), (1_234_567, "1.234567"), (-500_000, "-0.50"), (12_345_678_900_000, "12,345,678.90"), (0, "0.00")],
)
def test_money_is_shown_to_its_last_digit(micro: int, text: str) -> None:
    assert money(micro, "EUR") == f"{text} EUR"


async def test_the_subscriber_of_a_licensor_sees_their_own_verdict_and_others_the_one_that_stands(
    bob: Reader, root: Reader, world: World
) -> None:
    admin = await world.caller("root")
    many = {"kind": "company", "mau": [{"scope": "group", "month": "2023-06", "value": 710_000_000}]}
    await world.policy.set_organisation(admin, OrganisationEdit(many))
    await world.publish("llama", {"license": "llama2"})
    selling = Selling(world.database, world.identity, world.policy, world.clock, Limits())
    await selling.standings.find(admin, "ada", "licensor", "Their own text.", "llama-2")
    plan = await offer(world, grant={"licence": "llama-2", "lifts": ["mau700"]})
    assert "Ask first" in (await bob.get("/ada/llama/rights")).words
    await subscribe(bob, plan)
    await Permitting(world.database, world.policy, world.clock).settle(1)
    page = await bob.get("/ada/llama/rights")
    assert "Ask first" not in page.words
    assert "subscription-1" in page.words
    assert "Ask first" in (await root.get("/ada/llama/rights")).words
    assert "Yes, with duties" in (await bob.get("/ada/llama")).words


async def test_a_publisher_offers_changes_and_withdraws_a_plan(ada: Reader, bob: Reader, world: World) -> None:
    new = await ada.get("/models/plans/new")
    fields = {"csrf": new.csrf, "publisher": "ada", "name": "pro", "title": "Pro", "names": "ada/*", "monthly_fee": "20.50"}
    priced = {**fields, "included_tokens": "1,000,000", "input": "0.15", "output": "0.60", "join": "approval"}
    assert (await ada.post("/models/plans/new", priced)).status == 303
    page = await bob.get("/models/plans?publisher=ada")
    assert "20.50 EUR a month" in page.words
    assert "0.15 EUR" in page.words
    assert "Stop offering" not in page.words
    change = await ada.get("/models/plans/new?plan=ada/pro")
    assert 'value="20.500000"' in change.text
    assert (await ada.post("/models/plans/new", {**priced, "monthly_fee": "30"})).status == 303
    mine = await ada.get("/models/plans?publisher=ada")
    assert "version 2" in mine.words
    number = re.search(r"/models/plans/(\d+)/withdraw", mine.text)
    assert number
    assert (await bob.post(number[0], {"csrf": page.csrf})).status == 403
    assert (await ada.post(number[0], {"csrf": mine.csrf})).status == 303
    assert "Pro" not in (await bob.get("/models/plans?publisher=ada")).words


async def test_a_plan_that_cannot_be_is_refused_and_what_was_typed_stays(ada: Reader) -> None:
    new = await ada.get("/models/plans/new")
    fields = {"csrf": new.csrf, "publisher": "ada", "name": "pro", "names": "ada/*", "monthly_fee": "twenty"}
    refused = await ada.post("/models/plans/new", fields)
    assert (refused.status, "is no amount" in refused.words, 'value="twenty"' in refused.text) == (400, True, True)
    others = await ada.post("/models/plans/new", {**fields, "publisher": "bob", "monthly_fee": ""})
    assert others.status == 403


async def test_a_plan_can_carry_the_licensors_permission_and_keeps_to_verdicts(
    ada: Reader, bob: Reader, world: World
) -> None:
    new = await ada.get("/models/plans/new")
    typed = {"csrf": new.csrf, "publisher": "ada", "name": "licensed", "names": "ada/*", "licence": "llama-2"}
    picked = await ada.post("/models/plans/new", {**typed, "pick": "yes"})
    assert picked.status == 200
    assert 'name="clause" value="mau700"' in picked.text
    assert "Nobody has found ada to be the licensor of this text" in picked.words
    granted = {**typed, "clause": "mau700", "permits": "For groups above 700 million users.", "verdict": "needs_permission"}
    assert (await ada.post("/models/plans/new", granted)).status == 303
    shown = await bob.get("/models/plans?publisher=ada")
    assert "Permits, as the licensor: llama-2: For groups above 700 million users." in shown.words
    assert "Ask first" in shown.words
    again = await ada.get("/models/plans/new?plan=ada/licensed")
    assert re.search(r'value="mau700"\s+checked', again.text)
    assert re.search(r'value="needs_permission"\s+checked', again.text)
    selling = Selling(world.database, world.identity, world.policy, world.clock, Limits())
    await selling.standings.find(await world.caller("root"), "ada", "licensor", "Their own text.", "llama2")
    assert "Nobody has found" not in (await ada.get("/models/plans/new?plan=ada/licensed")).words


async def test_a_permission_of_no_known_licence_is_refused(ada: Reader, world: World) -> None:
    selling = Selling(world.database, world.identity, world.policy, world.clock, Limits())
    edit = PlanEdit("odd", terms={**TERMS, "grant": {"licence": "no-such-text"}})
    with pytest.raises(InvalidPlan, match="no record here goes by"):
        await selling.offering.offer(await world.caller("ada"), "ada", edit)


async def test_a_publisher_sees_who_asks_who_owes_and_what_models_earned(ada: Reader, bob: Reader, world: World) -> None:
    plan = await offer(world, join="approval")
    address = await subscribe(bob, plan)
    asked = await ada.get("/settings/selling")
    assert "Waiting for your answer" in asked.words
    assert f'action="{address}/refuse"' in asked.text
    await ada.post(f"{address}/approve", {"csrf": asked.csrf})
    bobs, maker = await world.identity.account("bob"), await world.identity.account("ada")
    row: dict[str, Any] = {column.name: 0 for column in accounts.ledger.columns}
    row |= {"repository": "ada/reader", "commit": "c", "route": "chat", "currency": "EUR", "cost": 1_500_000, "requests": 2}
    row |= {"hour": world.clock.now().replace(minute=0), "payer_id": bobs.id, "account_id": bobs.id, "plan_id": plan}
    row |= {"publisher_id": maker.id, "plan_version": 1, "subscription_id": 1, "prompt_tokens": 900}
    async with world.database.write() as connection:
        await connection.execute(insert(accounts.ledger).values(row))
    page = await ada.get("/settings/selling?publisher=ada")
    assert "not due yet 32.50 EUR" in page.words
    assert "ada/reader 2 900 0.0 1.50 EUR" in page.words
    assert "Nobody is subscribed yet" in (await bob.get("/settings/selling")).words


async def test_a_payment_is_recorded_once_and_a_bad_one_loses_nothing(ada: Reader, bob: Reader, world: World) -> None:
    await subscribe(bob, await offer(world, prepaid=True))
    page = await ada.get("/settings/selling")
    assert "to be paid first" in page.words
    typed = {"csrf": page.csrf, "publisher": "ada", "subscription": "1", "amount": "31", "reference": "invoice 7"}
    bad = await ada.post("/settings/selling/payments", {**typed, "amount": "much"})
    assert (bad.status, 'value="much"' in bad.text, "is no amount" in bad.words) == (400, True, True)
    made = await ada.post("/settings/selling/payments", typed)
    assert made.status == 303
    told = await ada.get(made.headers["location"])
    assert "the subscription has begun" in told.words
    assert "invoice 7" in told.words
    again = await ada.post("/settings/selling/payments", typed)
    assert again.headers["location"].endswith("recorded=already")
    bobs = await bob.get("/settings/selling")
    stranger = await bob.post("/settings/selling/payments", {**typed, "csrf": bobs.csrf})
    assert stranger.status in (400, 404)


async def test_an_administrator_finds_a_licensor_and_sees_what_providers_told(root: Reader, bob: Reader) -> None:
    assert (await bob.get("/admin/selling")).status == 403
    page = await root.get("/admin/selling")
    typed = {"csrf": page.csrf, "account": "ada", "licence": "llama-2", "reason": "Their own text."}
    missing = await root.post("/admin/selling", {**typed, "account": "nobody-here"})
    assert (missing.status, 'value="nobody-here"' in missing.text) == (404, True)
    assert (await root.post("/admin/selling", typed)).status == 303
    found = await root.get("/admin/selling")
    assert "ada licensor of llama-2" in found.words
    number = re.search(r"/admin/selling/(\d+)/end", found.text)
    assert number
    assert (await root.post(number[0], {"csrf": found.csrf, "reason": "A mistake."})).status == 303
    assert "Nobody yet." in (await root.get("/admin/selling")).words
    assert (await root.post(number[0], {"csrf": found.csrf, "reason": "Again."})).status == 404


async def test_a_verdict_that_asks_first_leads_to_the_licensors_plan(bob: Reader, world: World) -> None:
    admin = await world.caller("root")
    many = {"kind": "company", "mau": [{"scope": "group", "month": "2023-06", "value": 710_000_000}]}
    await world.policy.set_organisation(admin, OrganisationEdit(many))
    await world.publish("llama", {"license": "llama2"})
    plan = await offer(world, grant={"licence": "llama-2", "lifts": ["mau700"]})
    leads = f'href="/ada/llama/plans#plan-{plan}"'
    assert leads not in (await bob.get("/ada/llama/rights")).text  # ada was not found to be the licensor
    assert leads in (await bob.get("/ada/llama")).text
    assert "31.00 EUR a month" in (await bob.get("/ada")).words
    selling = Selling(world.database, world.identity, world.policy, world.clock, Limits())
    await selling.standings.find(admin, "ada", "licensor", "Their own text.", "llama2")
    page = await bob.get("/ada/llama/rights")
    assert leads in page.text
    assert "The licensor gives this permission with a plan" in page.words


async def test_a_key_is_changed_and_renewed_without_losing_what_it_is(bob: Reader, world: World) -> None:
    page = await bob.get("/settings/keys")
    fields = {"csrf": page.csrf, "name": "shop", "payer": "bob", "models": "ada/*", "budget": "1000", "unit": "tokens"}
    made = await bob.post("/settings/keys", fields)
    first = re.search(r"cw_[\w-]{20,}", made.text)
    number = re.search(r"/settings/keys/(\d+)/renew", made.text)
    assert first
    assert number
    change = await bob.get(f"/settings/keys?change={number[1]}")
    assert 'value="ada/*"' in change.text
    changed = {**fields, "name": "the shop", "budget": "2000", "signed": "yes"}
    assert (await bob.post(f"/settings/keys/{number[1]}/change", changed)).status == 303
    listed = await bob.get("/settings/keys")
    assert "the shop" in listed.words
    assert "of 2,000 tokens" in listed.words
    assert "signs every answer" in listed.words
    renewed = await bob.post(number[0], {"csrf": page.csrf})
    second = re.search(r"cw_[\w-]{20,}", renewed.text)
    assert second
    assert second[0] != first[0]
    assert "works for another day" in renewed.words
    for text in (first[0], second[0]):
        assert (await world.identity.authenticate(f"Bearer {text}")).token == (await token(world, number[1]))
    assert (await bob.get("/settings/keys?change=999")).status == 404
    refused = await bob.post(f"/settings/keys/{number[1]}/change", {**changed, "budget": "much"})
    assert (refused.status, 'value="much"' in refused.text) == (400, True)


async def token(world: World, number: str) -> TokenInfo | None:
    return (await world.identity.caller_by_token_id(int(number))).token


async def test_a_key_says_when_it_was_used_and_how_its_budget_stands(bob: Reader, world: World) -> None:
    page = await bob.get("/settings/keys")
    await bob.post("/settings/keys", {"csrf": page.csrf, "name": "shop", "payer": "bob", "budget": "2", "unit": "EUR"})
    assert "Never used" in (await bob.get("/settings/keys")).words
    bobs = await world.identity.account("bob")
    number = re.search(r"/settings/keys/(\d+)/renew", (await bob.get("/settings/keys")).text)
    assert number
    row: dict[str, Any] = {column.name: 0 for column in accounts.ledger.columns}
    row |= {"repository": "ada/reader", "commit": "c", "route": "chat", "currency": "EUR", "cost": 1_900_000, "requests": 2}
    row |= {"hour": world.clock.now().replace(minute=0), "payer_id": bobs.id, "account_id": bobs.id}
    row |= {"token_id": int(number[1]), "prompt_tokens": 900}
    async with world.database.write() as connection:
        await connection.execute(insert(accounts.ledger).values(row))
    shown = await bob.get("/settings/keys")
    assert f"Last used {world.clock.now():%Y-%m-%d %H}:00 UTC" in shown.words
    assert "2 requests, 900 tokens" in shown.words
    assert "1.90 of 2.00 EUR this month" in shown.words
    assert 'width="95.0"' in shown.text
