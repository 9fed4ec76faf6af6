"""Guardrails, through the application itself."""

from __future__ import annotations

from tests.policy.conftest import catalogues, records, world  # noqa: F401 - fixtures
from tests.wire.test_cw import Client, client, is_problem  # noqa: F401 - fixtures

WANTED = {"words": ["blue whale"], "topics": [{"name": "war", "examples": ["how to fight"]}], "judge": "vectors"}
BODY = {"name": "whales", "wanted": WANTED, "reason": "Not public yet.", "action": "refuse", "side": "request"}


async def test_an_administrator_decides_lists_and_ends(client: Client) -> None:  # noqa: F811
    made = await client("POST", "/guardrails", BODY, by="root")
    assert (made.status, made.json["decided_by"], made.json["ended_at"]) == (201, "root", None)
    assert made.json["wanted"] == {**WANTED, "things": [], "countries": [], "likeness": 0.4}
    ended = await client("DELETE", f"/guardrails/{made.json['id']}", by="root")
    assert ended.json["ended_by"] == "root"
    assert [one["id"] for one in (await client("GET", "/guardrails", by="root")).json] == [made.json["id"]]


async def test_others_and_nonsense_are_refused(client: Client) -> None:  # noqa: F811
    assert is_problem(await client("POST", "/guardrails", BODY), 401, "not_authenticated")
    assert is_problem(await client("POST", "/guardrails", BODY, by="ada"), 403, "may_not_guard")
    assert is_problem(await client("POST", "/guardrails", {**BODY, "wanted": {}}, by="root"), 400, "invalid_guardrail")
    assert (await client("POST", "/guardrails", {**BODY, "wanted": {"things": ["souls"]}}, by="root")).status == 400
    assert is_problem(await client("DELETE", "/guardrails/99", by="root"), 404, "guardrail_not_found")
