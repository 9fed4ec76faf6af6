"""Retention decisions, through the application itself."""

from __future__ import annotations

from tests.policy.conftest import catalogues, records, world  # noqa: F401 - fixtures
from tests.wire.test_cw import Client, client, is_problem  # noqa: F401 - fixtures

BODY = {"scope": "responses", "days": 30, "reason": "complaints"}


async def test_an_administrator_decides_lists_and_ends(client: Client) -> None:  # noqa: F811
    made = await client("POST", "/retention", {**BODY, "account": "ada"}, by="root")
    assert (made.status, made.json["decided_by"], made.json["ended_at"]) == (201, "root", None)
    ended = await client("DELETE", f"/retention/{made.json['id']}", by="root")
    assert ended.json["ended_by"] == "root"
    assert [one["id"] for one in (await client("GET", "/retention?account=ada", by="root")).json] == [made.json["id"]]


async def test_others_and_nonsense_are_refused(client: Client) -> None:  # noqa: F811
    assert is_problem(await client("POST", "/retention", BODY), 401, "not_authenticated")
    assert is_problem(await client("POST", "/retention", {**BODY, "account": "root"}, by="ada"), 403, "may_not_decide")
    assert is_problem(await client("POST", "/retention", {**BODY, "days": 0}, by="root"), 400, "invalid_input")
    assert is_problem(await client("DELETE", "/retention/99", by="root"), 404, "decision_not_found")
