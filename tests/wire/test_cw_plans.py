"""Plans, subscriptions, payments and statements over the own API: the way of a customer, and what is refused."""

from __future__ import annotations

import json
from typing import Any

from commonweight.plans.webhooks import secret_bytes, sign
from tests.policy.world import World
from tests.wire.test_cw import PAYMENTS, Client, catalogues, client, is_problem, records, world  # noqa: F401 - fixtures

TERMS: dict[str, Any] = {
    "covered": {"names": ["ada/*"]},
    "monthly_fee": 31_000_000,
    "included_tokens": 1_000_000,
    "price": {"input": 150_000, "output": 600_000},
    "limits": {"requests_per_minute": 60},
}
TEAM = {"publisher": "ada", "name": "team", "title": "For teams", "terms": TERMS}


async def offered(client: Client, **changed: Any) -> int:  # noqa: F811
    answer = await client("POST", "/plans", {**TEAM, "terms": {**TERMS, **changed}}, by="ada")
    assert answer.status == 200, answer.body
    return int(answer.json["id"])


async def test_a_plan_is_offered_read_by_everybody_and_subscribed_to(client: Client) -> None:  # noqa: F811
    plan = await offered(client)
    listed = (await client("GET", "/plans?publisher=ada")).json
    assert [(one["name"], one["version"], one["terms"]["price"]["cached_input"]) for one in listed] == [("team", 1, 150_000)]
    made = await client("POST", "/subscriptions", {"plan": "ada/team"}, by="bob")
    assert (made.status, made.json["state"], made.json["plan"]["id"]) == (200, "active", plan)
    read = (await client("GET", f"/subscriptions/{made.json['id']}", by="bob")).json
    assert [event["what"] for event in read["history"]] == ["requested", "began"]
    assert is_problem(await client("POST", "/subscriptions", {"plan": plan}, by="bob"), 409, "already_subscribed")
    cancelled = await client("POST", f"/subscriptions/{read['id']}/cancel", {"when": "now"}, by="bob")
    assert cancelled.json["state"] == "cancelled"


async def test_an_approval_a_change_and_what_is_kept(client: Client) -> None:  # noqa: F811
    await offered(client, join="approval")
    number = (await client("POST", "/subscriptions", {"plan": "ada/team"}, by="bob")).json["id"]
    assert is_problem(await client("POST", f"/subscriptions/{number}/approve", by="bob"), 403, "not_allowed")
    assert (await client("POST", f"/subscriptions/{number}/approve", by="ada")).json["state"] == "active"
    await client("POST", "/plans", {**TEAM, "name": "more", "terms": {**TERMS, "monthly_fee": 62_000_000}}, by="ada")
    planned = await client("POST", f"/subscriptions/{number}/change", {"plan": "ada/more", "when": "next_month"}, by="bob")
    assert (planned.json["plan"]["name"], planned.json["next_plan"]["name"]) == ("team", "more")
    assert (await client("POST", f"/subscriptions/{number}/keep", by="bob")).json["next_plan"] is None
    changed = await client("POST", f"/subscriptions/{number}/change", {"plan": "ada/more"}, by="bob")
    assert changed.json["plan"]["name"] == "more"


async def test_what_is_no_plan_is_refused_with_its_place(client: Client) -> None:  # noqa: F811
    wrong = await client("POST", "/plans", {**TEAM, "terms": {**TERMS, "monthly_fee": "5"}}, by="ada")
    assert is_problem(wrong, 400, "invalid_plan")
    assert "monthly_fee" in wrong.json["detail"]
    assert is_problem(await client("POST", "/plans", TEAM, by="bob"), 403, "not_allowed")
    assert is_problem(await client("POST", "/plans", TEAM), 401, "not_authenticated")
    assert is_problem(await client("GET", "/plans/77"), 404, "plan_not_found")


async def test_what_others_have_looks_missing(client: Client) -> None:  # noqa: F811
    await offered(client)
    number = (await client("POST", "/subscriptions", {"plan": "ada/team"}, by="ada")).json["id"]
    for method, path in (("GET", ""), ("POST", "/approve"), ("POST", "/keep")):
        answer = await client(method, f"/subscriptions/{number}{path}", by="bob")
        assert is_problem(answer, 404, "subscription_not_found")
    assert is_problem(await client("GET", "/statements/2026-03?account=ada", by="bob"), 404, "statement_not_found")


async def test_a_signed_message_pays_and_a_forged_one_does_not(client: Client) -> None:  # noqa: F811
    await offered(client, prepaid=True)
    number = (await client("POST", "/subscriptions", {"plan": "ada/team"}, by="bob")).json["id"]
    data = {"subscription": number, "amount": 31_000_000, "currency": "EUR"}
    body = json.dumps({"type": "payment.succeeded", "data": data}).encode()
    at = str(1_772_366_400)  # noon on the first of March 2026, where the clock of these tests stands
    key = secret_bytes(PAYMENTS.partition("=")[2])
    headers = {"webhook-id": "m1", "webhook-timestamp": at, "webhook-signature": sign(key, "m1", at, body).decode()}
    forged = {**headers, "webhook-signature": sign(b"x" * 24, "m1", at, body).decode()}
    assert is_problem(await client("POST", "/payments/acme/messages", body, headers=forged), 401, "bad_signature")
    awaited = (await client("GET", "/owed", by="ada")).json
    assert [(one["standing"], one["awaited"]) for one in awaited] == [("awaited", 31_000_000)]
    assert (await client("POST", "/payments/acme/messages", body, headers=headers)).json == {"outcome": "began"}
    assert [(one["standing"], one["open"]) for one in (await client("GET", "/owed", by="bob")).json] == [("paid", 0)]
    assert (await client("POST", "/payments/acme/messages", body, headers=headers)).json == {"outcome": "already"}
    assert [one["amount"] for one in (await client("GET", "/payments", by="bob")).json] == [31_000_000]
    told = (await client("GET", "/payment-messages", by="root")).json
    assert [(one["id"], one["outcome"]) for one in told] == [("m1", "began")]
    assert is_problem(await client("GET", "/payment-messages", by="bob"), 403, "not_allowed")
    assert is_problem(await client("POST", "/payments/other/messages", body, headers=headers), 404, "not_found")


async def test_a_statement_comes_as_json_and_as_csv(client: Client) -> None:  # noqa: F811
    await offered(client)
    await client("POST", "/subscriptions", {"plan": "ada/team"}, by="bob")
    assert (await client("GET", "/statements", by="bob")).json == [{"month": "2026-03", "closed": False}]
    read = (await client("GET", "/statements/2026-03", by="bob")).json
    assert (read["charged"], read["money"][0]["plan"], read["closed"]) == ({"EUR": 31_000_000}, "ada/team", False)
    table = await client("GET", "/statements/2026-03/csv?account=ada&side=publisher", by="ada")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert b"31000000,31.000000" in table.body
    assert is_problem(await client("GET", "/statements/march", by="bob"), 400, "invalid_plan")


async def test_who_is_a_licensor_is_found_by_an_administrator(client: Client, world: World) -> None:  # noqa: F811
    body = {"account": "ada", "standing": "licensor", "licence": "llama-2", "reason": "Their own text."}
    assert is_problem(await client("POST", "/account-standings", body, by="ada"), 403, "not_allowed")
    made = await client("POST", "/account-standings", body, by="root")
    assert (made.status, made.json["by"]) == (200, "root")
    ended = await client("POST", f"/account-standings/{made.json['id']}/end", {"reason": "Sold."}, by="root")
    assert ended.json["ended_at"]
    assert (await client("GET", "/account-standings", by="bob")).json == []
