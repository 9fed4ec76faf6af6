"""Conversions, through the application itself."""

from __future__ import annotations

from tests.policy.conftest import catalogues, records, world  # noqa: F401 - fixtures
from tests.policy.world import World
from tests.tuning.conversions.world import publish_model
from tests.wire.test_cw import Client, client, is_problem  # noqa: F401 - fixtures

BODY = {"model": "ada/base", "target": "ada/base-GGUF", "formats": ["Q8_0", "F16"]}


async def test_one_is_made_listed_read_and_cancelled(client: Client, world: World) -> None:  # noqa: F811
    await publish_model(world)
    made = await client("POST", "/conversions", BODY, by="ada")
    assert (made.status, made.json["status"], made.json["formats"]) == (202, "queued", ["F16", "Q8_0"])
    listed = await client("GET", "/conversions", by="ada")
    assert [one["id"] for one in listed.json] == [made.json["id"]]
    cancelled = await client("POST", f"/conversions/{made.json['id']}/cancel", by="ada")
    assert cancelled.status == 200
    assert (await client("GET", f"/conversions/{made.json['id']}", by="ada")).json["model"] == "ada/base"


async def test_others_and_nonsense_are_refused(client: Client, world: World) -> None:  # noqa: F811
    await publish_model(world)
    assert is_problem(await client("POST", "/conversions", BODY), 401, "not_authenticated")
    assert is_problem(await client("POST", "/conversions", BODY, by="bob"), 400, "invalid_conversion")
    made = await client("POST", "/conversions", BODY, by="ada")
    path = f"/conversions/{made.json['id']}"
    assert is_problem(await client("GET", path, by="bob"), 404, "conversion_not_found")
    assert is_problem(await client("POST", f"{path}/cancel", by="bob"), 404, "conversion_not_found")
    unknown = {**BODY, "formats": ["Q7"]}
    assert is_problem(await client("POST", "/conversions", unknown, by="ada"), 400, "invalid_conversion")
