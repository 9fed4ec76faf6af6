"""Suspected bases over the own API."""

from __future__ import annotations

from tests.policy.world import World
from tests.vetting.suspects_world import BASE, TUNED, Bench
from tests.wire.test_cw import Client, catalogues, client, is_problem, records, world  # noqa: F401 - fixtures

PLACE = "/models/bob/tuned/suspects"


async def test_an_owner_lists_dismisses_and_confirms(client: Client, world: World) -> None:  # noqa: F811
    bench = Bench(world)
    await bench.publish("base", {"model.safetensors": BASE}, {"license": "mit"})
    await bench.publish("tuned", {"model.safetensors": TUNED}, {"license": "mit"}, by="bob")
    listed = await client("GET", PLACE, by="bob")
    [found] = listed.json["suspects"]
    assert (listed.status, listed.json["hidden"], found["base"], found["state"]) == (200, None, "ada/base", "open")
    assert (found["evidence"]["tensors"], found["evidence"]["sampled"], found["tensor_share"]) == (2, 5, 0.4)
    place = f"{PLACE}/{found['id']}"
    assert is_problem(await client("POST", f"{place}/dismiss", {"reason": " "}, by="bob"), 400, "invalid_input")
    dismissed = await client("POST", f"{place}/dismiss", {"reason": "Ours both."}, by="bob")
    assert (dismissed.json["state"], dismissed.json["decided_by"]) == ("dismissed", "bob")
    confirmed = await client("POST", f"{place}/confirm", {"relation": "prune"}, by="bob")
    assert (confirmed.status, confirmed.json["state"]) == (200, "confirmed")
    lineage = (await client("GET", "/models/bob/tuned/lineage")).json
    assert [(one["parent"], one["relation"], one["evidence"]) for one in lineage["ancestors"]["edges"]] == [
        ("ada/base", "prune", "confirmed")
    ]


async def test_others_neither_see_nor_decide(client: Client, world: World) -> None:  # noqa: F811
    bench = Bench(world)
    await bench.publish("secret", {"model.safetensors": BASE}, {}, visibility="private")
    tuned = await bench.publish("tuned", {"model.safetensors": TUNED}, {}, by="bob")
    [found] = await bench.seen("root", tuned)
    assert (await client("GET", PLACE, by="bob")).json == {"suspects": [], "hidden": None}
    assert is_problem(await client("GET", PLACE), 401, "not_authenticated")
    assert is_problem(await client("GET", PLACE, by="ada"), 403, "not_allowed")
    for deed, body in (("confirm", {}), ("dismiss", {"reason": "no"})):
        assert is_problem(await client("POST", f"{PLACE}/{found.id}/{deed}", body, by="bob"), 404, "suspect_not_found")
        assert is_problem(await client("POST", f"{PLACE}/{found.id}/{deed}", body, by="ada"), 403, "not_allowed")
    assert is_problem(await client("GET", "/models/ada/secret/suspects", by="bob"), 404, "repository_not_found")
