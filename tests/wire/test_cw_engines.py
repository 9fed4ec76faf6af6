"""Engines and orders, through the application itself."""

from __future__ import annotations

from commonweight.serving import Replicas
from tests.policy.conftest import catalogues, records, world  # noqa: F401 - fixtures
from tests.policy.world import World
from tests.wire.test_cw import Client, client, is_problem  # noqa: F401 - fixtures

WARM = [{"at": "45 7 * * 1-5", "minutes": 90}]


async def test_an_administrator_loads_orders_sees_and_unloads(client: Client, world: World) -> None:  # noqa: F811
    revision = await world.publish("tiny", {"license": "mit"})
    await world.add_gguf(revision.repository)
    loaded = await client("POST", "/serving/load", {"model": "ada/tiny"}, by="root")
    assert (loaded.status, loaded.json["model"].partition("@")[0]) == (202, "ada/tiny")
    order = {"model": "ada/tiny", "least": 2, "warm": WARM, "time_zone": "Europe/Madrid"}
    made = await client("PUT", "/serving/orders", order, by="root")
    assert (made.status, made.json["least"], made.json["most"], made.json["warm"]) == (200, 2, 2, WARM)
    pinned = await client("PUT", "/serving/orders", {"model": "ada/tiny", "pinned": True}, by="root")
    assert (pinned.json["pinned"], pinned.json["least"], pinned.json["set_by"]) == (True, 2, "root")
    seen = (await client("GET", "/serving/engines", by="root")).json
    assert [one["state"] for one in seen["models"][0]["engines"]] == ["wanted"]
    assert seen["models"][0]["order"]["time_zone"] == "Europe/Madrid"
    assert is_problem(await client("POST", "/serving/unload", {"model": "ada/tiny"}, by="root"), 409, "still_ordered")
    assert (await client("DELETE", "/serving/orders?model=ada/tiny", by="root")).status == 204
    assert (await client("POST", "/serving/unload", {"model": "ada/tiny"}, by="root")).status == 202
    assert await Replicas(world.database, world.clock).everything() == []


async def test_others_and_nonsense_are_refused(client: Client, world: World) -> None:  # noqa: F811
    revision = await world.publish("tiny", {"license": "mit"})
    await world.add_gguf(revision.repository)
    model = {"model": "ada/tiny"}
    assert is_problem(await client("GET", "/serving/engines"), 401, "not_authenticated")
    assert is_problem(await client("GET", "/serving/engines", by="ada"), 403, "not_allowed")
    assert is_problem(await client("POST", "/serving/load", model, by="ada"), 403, "not_allowed")
    for wrong in ({"least": 3, "most": 1}, {"warm": [{"at": "often"}]}, {"time_zone": "Mars"}, {"idle_seconds": -1}):
        assert is_problem(await client("PUT", "/serving/orders", {**model, **wrong}, by="root"), 400, "invalid_input")
    assert is_problem(await client("POST", "/serving/load", {"model": "ada/none"}, by="root"), 404, "model_not_found")
