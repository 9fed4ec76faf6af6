"""Adapters as models: by their lineage to a base that is served, with those of the same namespace."""

import pytest

from commonweight.choosing import Offers
from commonweight.choosing.adapters import MAX_TOGETHER
from commonweight.hub import Revision
from commonweight.identity import ANONYMOUS
from commonweight.serving import FileChoiceError, ModelNotFound
from tests.policy.world import World


async def publish_base(world: World) -> Revision:
    revision = await world.publish("base", {"license": "mit"})
    return await world.add_gguf(revision.repository)


async def publish_adapter(world: World, name: str, *, by: str = "ada", visibility: str = "public") -> Revision:
    card = {"license": "mit", "base_model": "ada/base", "base_model_relation": "adapter"}
    revision = await world.publish(name, card, by=by, visibility=visibility)
    return await world.add_gguf(revision.repository, f"{name}.gguf", by=by)


async def test_an_adapter_is_served_by_its_base(world: World, offers: Offers) -> None:
    base, adapter = await publish_base(world), await publish_adapter(world, "tuned")
    offer = await offers.resolve(ANONYMOUS, "ada/tuned")
    assert offer.servable.name == f"ada/base@{base.commit}"
    assert [one.path for one in offer.servable.adapters] == ["tuned.gguf"]
    assert offer.name == offer.adapter == f"ada/tuned@{adapter.commit}"
    verdict = await world.policy.verdict(await world.caller("ada"), offer.verdict_id)
    assert verdict.subject == f"models/ada/tuned@{adapter.commit}"
    assert not (await offers.resolve(ANONYMOUS, "ada/base")).servable.adapters


async def test_adapters_of_one_namespace_share_an_engine_and_those_of_others_do_not(world: World, offers: Offers) -> None:
    await publish_base(world)
    for name in ("one", "two"):
        await publish_adapter(world, name)
    await publish_adapter(world, "three", by="bob")
    one, two, three = [await offers.resolve(ANONYMOUS, name) for name in ("ada/one", "ada/two", "bob/three")]
    assert one.servable.key == two.servable.key
    assert [source.path for source in one.servable.adapters] == ["one.gguf", "two.gguf"]
    assert [source.path for source in three.servable.adapters] == ["three.gguf"]


async def test_an_engine_holds_a_bounded_number_of_adapters(world: World, offers: Offers) -> None:
    await publish_base(world)
    for number in range(MAX_TOGETHER + 1):
        await publish_adapter(world, f"a{number}")
    first, last = await offers.resolve(ANONYMOUS, "ada/a0"), await offers.resolve(ANONYMOUS, f"ada/a{MAX_TOGETHER}")
    assert [len(offer.servable.adapters) for offer in (first, last)] == [MAX_TOGETHER, 1]


async def test_an_older_commit_of_an_adapter_has_an_engine_of_its_own(world: World, offers: Offers) -> None:
    await publish_base(world)
    older = await publish_adapter(world, "tuned")
    await world.add_gguf(older.repository, "tuned.gguf")
    await world.change(older.repository, None, LICENSE="changed")
    offer = await offers.resolve(ANONYMOUS, f"ada/tuned@{older.commit}")
    assert [one.commit for one in offer.servable.adapters] == [older.commit]


async def test_an_adapter_of_a_base_that_one_may_not_see_is_not_served(world: World, offers: Offers) -> None:
    base = await world.publish("base", {"license": "mit"}, visibility="private")
    await world.add_gguf(base.repository)
    await publish_adapter(world, "tuned", by="bob")
    with pytest.raises(ModelNotFound, match="not served here"):
        await offers.resolve(await world.caller("bob"), "bob/tuned")


async def test_an_adapter_without_a_file_says_so(world: World, offers: Offers) -> None:
    await publish_base(world)
    await world.publish("empty", {"license": "mit", "base_model": "ada/base", "base_model_relation": "adapter"})
    with pytest.raises(FileChoiceError):
        await offers.resolve(ANONYMOUS, "ada/empty")


async def test_a_draft_is_named_by_a_setting_and_left_out_where_it_is_not_here(world: World) -> None:
    await publish_base(world)
    small = await world.publish("small", {"license": "mit"})
    await world.add_gguf(small.repository, "small.gguf")
    offers = Offers(world.hub, world.policy, ("llamacpp",), [("ada/ba*", "ada/small"), ("ada/sm*", "ada/nothing")])
    draft = (await offers.resolve(ANONYMOUS, "ada/base")).servable.draft
    assert draft is not None
    assert draft.path == "small.gguf"
    assert (await offers.resolve(ANONYMOUS, "ada/small")).servable.draft is None
