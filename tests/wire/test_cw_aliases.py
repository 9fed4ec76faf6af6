"""Aliases, through the application itself."""

from __future__ import annotations

from tests.policy.conftest import catalogues, records, world  # noqa: F401 - fixtures
from tests.policy.world import World
from tests.wire.test_cw import Client, client, is_problem  # noqa: F401 - fixtures


async def test_an_administrator_sets_lists_and_removes_aliases(client: Client, world: World) -> None:  # noqa: F811
    revision = await world.publish("tiny", {"license": "mit"})
    await world.add_gguf(revision.repository)
    made = await client("PUT", "/aliases/gpt-4o", {"targets": ["ada/tiny"]}, by="root")
    assert (made.status, made.json["targets"], made.json["created_by"]) == (200, ["ada/tiny"], "root")
    assert [one["name"] for one in (await client("GET", "/aliases", by="root")).json] == ["gpt-4o"]
    assert (await client("DELETE", "/aliases/gpt-4o", by="root")).status == 204
    assert is_problem(await client("DELETE", "/aliases/gpt-4o", by="root"), 404, "alias_not_found")


async def test_others_and_nonsense_are_refused(client: Client) -> None:  # noqa: F811
    body = {"targets": ["ada/tiny"]}
    assert is_problem(await client("GET", "/aliases"), 401, "not_authenticated")
    assert is_problem(await client("PUT", "/aliases/x", body, by="ada"), 403, "not_allowed")
    assert is_problem(await client("PUT", "/aliases/x", body, by="root"), 404, "model_not_found")
    assert is_problem(await client("PUT", "/aliases/x", {"targets": []}, by="root"), 400, "invalid_input")
    assert is_problem(await client("PUT", "/aliases/-x", body, by="root"), 404, "model_not_found")
