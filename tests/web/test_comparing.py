from __future__ import annotations

from commonweight.policy import UseEdit
from tests.policy.world import World
from tests.web.reader import Reader


async def test_two_models_stand_side_by_side_with_what_differs(reader: Reader, world: World) -> None:
    await world.publish("free", {"license": "mit"})
    await world.publish("bound", {"license": "llama3.2", "pipeline_tag": "text-generation"})
    page = await reader.get("/models/compare?a=ada/free&b=ada/bound")
    assert page.status == 200
    assert "llama-3.2#mau700" in page.words
    assert "differs" in page.words
    assert page.words.index("Not known yet") > page.words.index("Yes")


async def test_one_model_under_two_uses(ada: Reader, reader: Reader, world: World) -> None:
    await world.publish("free", {"license": "mit"})
    address = "/models/compare?a=ada/free&b=ada/free&act_b=redistribute"
    page = await ada.get(address)
    assert "mit#notice" in page.words
    assert "pass on" in page.words
    assert (await reader.get(address)).status == 303


async def test_one_model_under_two_named_uses(ada: Reader, reader: Reader, world: World) -> None:
    await world.publish("studied", {"license": "cc-by-nc-4.0"})
    root = await world.caller("root")
    facts = {"acts": ["offer_product"], "commercial": True, "paid": True, "production": True}
    await world.policy.create_use(root, UseEdit(facts, "Selling"))
    page = await ada.get("/models/compare?a=ada/studied&b=ada/studied&use_b=Selling")
    assert page.status == 200
    assert "offer_product" not in page.words
    assert "selected>Selling<" in page.text
    assert "cc-by-nc-4.0#grant.commercial" in page.words
    assert (await ada.get("/models/compare?a=ada/studied&b=ada/studied&use_b=Nobody")).status == 404
    assert (await reader.get("/models/compare?a=ada/studied&b=ada/studied&use_b=Selling")).status == 303


async def test_a_model_compared_with_itself_differs_in_nothing(reader: Reader, world: World) -> None:
    await world.publish("free", {"license": "mit"})
    page = await reader.get("/models/compare?a=ada/free&b=ada/free")
    assert 'class="differs"' not in page.text


async def test_what_cannot_be_compared_says_why(reader: Reader) -> None:
    page = await reader.get("/models/compare?a=no/such&b=meta-llama/llama-2")
    assert page.status == 404
    assert "neither kept here nor known" in page.words
    assert (await reader.get("/models/compare")).status == 200


async def test_a_private_model_cannot_be_compared_by_others(reader: Reader, world: World) -> None:
    await world.publish("hidden", {"license": "mit"}, visibility="private")
    assert (await reader.get("/models/compare?a=ada/hidden&b=meta-llama/llama-2")).status == 404


async def test_a_verdict_is_told_in_the_readers_language(reader: Reader, world: World) -> None:
    await world.publish("bound", {"license": "llama3.2", "pipeline_tag": "text-generation"})
    words = (await reader.get("/ada/bound/rights", accept_language="es")).words
    assert "Aún no se sabe" in words or "No se sabe" in words
    assert "¿Cuánt" in words
