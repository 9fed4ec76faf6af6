"""`ft:` names mean what was tuned: for whoever may read it, listed for its owner, adapters of one base together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonweight.choosing import Offers
from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.hub import GatedRepository, Revision
from commonweight.policy import DownloadRefused
from commonweight.rights import load_records
from commonweight.serving import ModelNotFound
from commonweight.tuning import TunedModel, TunedNames
from tests.policy.world import SELLING, World, make_world

APACHE = {"license": "apache-2.0"}


class House:
    def __init__(self, world: World, names: TunedNames) -> None:
        self.world = world
        self.names = names
        self.offers = Offers(world.hub, world.policy, {"llamacpp"}, tuned=names)

    async def tuned(
        self, name: str, revision: Revision, path: str, base: Revision | None = None, of: Revision | None = None
    ) -> None:
        """A name of ada's. `of`: what the file of the base was converted from."""
        under = base and {"repository_id": base.repository.id, "commit": base.commit, "path": "model.gguf"}
        if under and of:
            under["of"] = {"repository_id": of.repository.id, "repository": of.repository.full_name, "commit": of.commit}
        ada, now = await self.world.caller("ada"), self.world.clock.now()
        assert ada.account
        where = (revision.repository.id, revision.commit, path, base is not None, under)
        await self.names.put(TunedModel(name, ada.account.id, None, *where, now))

    async def model(self, name: str, *paths: str, visibility: str = "public") -> Revision:
        """A repository of ada's with files like models'."""
        revision = await self.world.publish(name, APACHE, visibility=visibility)
        for path in paths:
            revision = await self.world.add_gguf(revision.repository, path)
        return revision


@pytest.fixture
async def house(database: Database, clock: SetClock, tmp_path: Path) -> AsyncIterator[House]:
    world = await make_world(database, clock, tmp_path, load_records(), ())
    yield House(world, TunedNames(database, clock))
    await world.workers.close()


async def test_a_name_means_the_file_at_its_commit_whatever_comes_later(house: House) -> None:
    made = await house.model("made", "gguf/a.gguf", "gguf/b.gguf")
    await house.tuned("ft:tiny:ada::1", made, "gguf/b.gguf")
    await house.world.add_gguf(made.repository, "gguf/c.gguf")
    offer = await house.offers.resolve(await house.world.caller("ada"), "ft:tiny:ada::1")
    assert (offer.name, offer.servable.path) == (f"ada/made@{made.commit}", "gguf/b.gguf")


async def test_who_may_not_read_it_finds_nothing_and_only_its_owner_has_it_listed(house: House) -> None:
    secret = await house.model("secret", "a.gguf", visibility="private")
    shared = await house.model("shared", "a.gguf")
    await house.tuned("ft:tiny:ada::1", secret, "a.gguf")
    await house.tuned("ft:tiny:ada::2", shared, "a.gguf")
    await house.tuned("ft:tiny:ada::2:ckpt-step-9", shared, "a.gguf")
    ada, bob = await house.world.caller("ada"), await house.world.caller("bob")
    with pytest.raises(ModelNotFound):
        await house.offers.resolve(bob, "ft:tiny:ada::1")
    assert (await house.offers.resolve(bob, "ft:tiny:ada::2")).name.startswith("ada/shared@")
    listed = {who: [one.id for one in await house.offers.list(caller)] for who, caller in (("ada", ada), ("bob", bob))}
    assert [name for name in listed["ada"] if name.startswith("ft:")] == ["ft:tiny:ada::1", "ft:tiny:ada::2"]
    assert not [name for name in listed["bob"] if name.startswith("ft:")]


async def test_adapters_of_one_base_share_an_engine_and_states_on_the_way_stand_alone(house: House) -> None:
    base = await house.model("base", "model.gguf")
    for number in (1, 2):
        made = await house.model(f"made{number}", "gguf/adapter.gguf", "gguf/checkpoint-step-9.gguf")
        await house.tuned(f"ft:tiny:ada::{number}", made, "gguf/adapter.gguf", base)
        await house.tuned(f"ft:tiny:ada::{number}:ckpt-step-9", made, "gguf/checkpoint-step-9.gguf", base)
    ada = await house.world.caller("ada")
    first, second = [await house.offers.resolve(ada, f"ft:tiny:ada::{number}") for number in (1, 2)]
    assert first.servable.key == second.servable.key
    assert first.servable.repository == "ada/base"
    assert first.adapter != second.adapter
    assert {first.adapter, second.adapter} == {one.name for one in first.servable.adapters}
    state = await house.offers.resolve(ada, "ft:tiny:ada::1:ckpt-step-9")
    assert [one.path for one in state.servable.adapters] == ["gguf/checkpoint-step-9.gguf"]


async def test_a_base_that_was_converted_along_is_served_from_the_draft_for_whom_the_base_itself_is(house: House) -> None:
    floats = await house.world.publish("floats", APACHE, visibility="private")
    made = await house.model("made", "model.gguf", "gguf/adapter.gguf")
    await house.tuned("ft:tiny:ada::1", made, "gguf/adapter.gguf", made, floats)
    ada, bob = await house.world.caller("ada"), await house.world.caller("bob")
    offer = await house.offers.resolve(ada, "ft:tiny:ada::1")
    assert (offer.servable.name, offer.servable.path) == (f"ada/made@{made.commit}", "model.gguf")
    assert [one.path for one in offer.servable.adapters] == ["gguf/adapter.gguf"]
    with pytest.raises(ModelNotFound):
        await house.offers.resolve(bob, "ft:tiny:ada::1")


async def test_what_carries_a_base_answers_by_no_name_to_whom_the_base_does_not(house: House) -> None:
    """The adapter on the base, the merged model, the base's own file: by `ft:` names, names of files and an alias."""
    floats, hub = await house.model("floats"), house.world.hub
    made = await house.model("made", "gguf/base-F16.gguf", "gguf/model-F16.gguf", "gguf/adapter.gguf")
    await hub.carry(made.repository, [(floats, "gguf/base-F16.gguf")])
    alone = await house.model("alone", "gguf/model.gguf")
    await hub.carry(alone.repository, [(floats, "")])
    await house.tuned("ft:tiny:ada::2", made, "gguf/model-F16.gguf")
    ada, bob = await house.world.caller("ada"), await house.world.caller("bob")
    names = [
        "ft:tiny:ada::2",
        "ada/made:gguf/base-F16.gguf",
        f"ada/made@{made.commit}:gguf/model-F16.gguf",
        "ada/alone",
        "alone",
    ]
    for name in names:
        assert (await house.offers.resolve(bob, name)).refused is None
    for closing in ({"visibility": "private"}, {"visibility": "public", "gated": "manual"}):
        await hub.update(ada, floats.repository, **closing)
        offers = Offers(hub, house.world.policy, {"llamacpp"}, tuned=house.names)
        for name in names:
            with pytest.raises(GatedRepository, match="carries the weights of"):
                await offers.resolve(bob, name)
            assert (await offers.resolve(ada, name)).refused is None
        assert not [one for one in await offers.list(bob) if "made" in one.id or "alone" in one.id]
    await hub.delete(ada, floats.repository)
    with pytest.raises(GatedRepository):
        await Offers(hub, house.world.policy, {"llamacpp"}, tuned=house.names).resolve(bob, "ft:tiny:ada::2")


async def test_the_file_of_a_base_is_called_and_downloaded_under_the_terms_of_the_base_by_every_name(house: House) -> None:
    floats, world = await house.world.publish("floats", {"license": "cc-by-nc-4.0"}), house.world
    made = await house.model("made", "gguf/base-F16.gguf", "gguf/other.gguf")
    await world.hub.carry(made.repository, [(floats, "gguf/base-F16.gguf")])
    root, bob = await world.caller("root"), await world.caller("bob")
    await world.policy.set_standing_use(root, SELLING)
    base, other = [await house.offers.resolve(bob, f"ada/made:gguf/{name}.gguf") for name in ("base-F16", "other")]
    assert other.refused is None
    assert base.refused is not None
    assert "cc-by-nc-4.0" in base.refused.message
    revision = await world.hub.resolve(await world.hub.find(bob, "model", "ada", "made"))
    await world.policy.set_policy(root, {"areas": {"running": {"prohibited": ["refuse_download"]}}})
    await world.policy.check_download(bob, revision, "gguf/other.gguf")
    for path in ("gguf/base-F16.gguf", ""):  # a token of the content store reaches every file
        with pytest.raises(DownloadRefused):
            await world.policy.check_download(bob, revision, path)


async def test_the_terms_of_a_base_that_was_converted_along_still_refuse(house: House) -> None:
    floats = await house.world.publish("floats", {"license": "cc-by-nc-4.0"})
    made = await house.model("made", "model.gguf", "gguf/adapter.gguf")
    ada = await house.world.caller("ada")
    await house.world.policy.set_standing_use(await house.world.caller("root"), SELLING)
    for name, of in (("ft:tiny:ada::1", None), ("ft:tiny:ada::2", floats)):
        await house.tuned(name, made, "gguf/adapter.gguf", made, of)
    allowed, refused = [await house.offers.resolve(ada, f"ft:tiny:ada::{number}") for number in (1, 2)]
    assert allowed.refused is None
    assert refused.refused is not None
    assert "cc-by-nc-4.0" in refused.refused.message


async def test_a_name_that_nobody_made_or_whose_repository_is_gone_is_not_found(house: House) -> None:
    made = await house.model("made", "a.gguf")
    await house.tuned("ft:tiny:ada::1", made, "a.gguf")
    ada = await house.world.caller("ada")
    await house.world.hub.delete(ada, made.repository)
    for name in ("ft:tiny:ada::1", "ft:tiny:ada::none"):
        with pytest.raises(ModelNotFound):
            await house.offers.resolve(ada, name)
