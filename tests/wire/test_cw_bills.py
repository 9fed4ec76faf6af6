"""Bills of materials over the own API."""

from __future__ import annotations

from tests.policy.world import World
from tests.rights.aibom.test_documents import check_cyclonedx, check_spdx
from tests.wire.test_cw import Client, catalogues, client, is_problem, records, world  # noqa: F401 - fixtures


async def test_a_bill_comes_in_both_formats(client: Client, world: World) -> None:  # noqa: F811
    await world.publish("tiny", {"license": "mit"}, **{"model.bin": "weights"})
    cyclonedx = await client("GET", "/models/ada/tiny/aibom")
    assert cyclonedx.headers["content-type"] == "application/vnd.cyclonedx+json; version=1.7"
    check_cyclonedx(cyclonedx.json)
    check_spdx((await client("GET", "/models/ada/tiny/aibom?format=spdx&revision=main")).json)


async def test_a_private_models_bill_is_missing_for_others(client: Client, world: World) -> None:  # noqa: F811
    await world.publish("secret", {"license": "mit"}, visibility="private")
    assert (await client("GET", "/models/ada/secret/aibom", by="ada")).status == 200
    assert is_problem(await client("GET", "/models/ada/secret/aibom", by="bob"), 404, "model_unknown")
    assert is_problem(await client("GET", "/models/xai/grok-1/aibom"), 400, "invalid_input")
    assert is_problem(await client("GET", "/models/ada/secret/aibom?format=xml", by="ada"), 400, "invalid_input")
