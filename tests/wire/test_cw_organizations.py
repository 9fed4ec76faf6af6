"""Organisations, through the application itself."""

from __future__ import annotations

from tests.policy.conftest import catalogues, records, world  # noqa: F401 - fixtures
from tests.wire.test_cw import Client, client, is_problem  # noqa: F401 - fixtures


async def test_an_organisation_is_made_shared_and_left(client: Client) -> None:  # noqa: F811
    made = await client("POST", "/organizations", {"name": "guild", "default_visibility": "private"}, by="ada")
    assert (made.status, made.json["role"], made.json["default_visibility"]) == (201, "admin", "private")
    added = await client("PUT", "/organizations/guild/members/root", {"role": "admin"}, by="ada")
    assert added.json == {"user": "root", "fullname": "root", "role": "admin"}
    assert (await client("DELETE", "/organizations/guild/members/ada", by="ada")).status == 204
    assert (await client("GET", "/organizations?mine=true", by="ada")).json == []
    changed = await client("PATCH", "/organizations/guild", {"details": "Makers."}, by="root")
    assert changed.json["details"] == "Makers."
    history = (await client("GET", "/organizations/guild/history", by="root")).json
    assert [one["action"] for one in history][-1] == "organisation.create"


async def test_what_is_not_allowed_is_refused_in_words(client: Client) -> None:  # noqa: F811
    await client("POST", "/organizations", {"name": "guild"}, by="root")
    assert is_problem(await client("POST", "/organizations", {"name": "x"}), 401, "not_authenticated")
    assert is_problem(await client("POST", "/organizations", {"name": "guild"}, by="ada"), 409, "already_exists")
    admin = {"role": "admin"}
    assert is_problem(await client("PUT", "/organizations/guild/members/ada", admin, by="ada"), 403, "may_not_manage")
    assert is_problem(await client("DELETE", "/organizations/guild/members/root", by="root"), 409, "last_admin")
    assert is_problem(await client("DELETE", "/organizations/guild/members/ada", by="root"), 404, "no_member")
    assert is_problem(await client("GET", "/organizations/guild/members"), 401, "not_authenticated")
    assert is_problem(await client("GET", "/organizations/ada", by="ada"), 404, "not_found")
