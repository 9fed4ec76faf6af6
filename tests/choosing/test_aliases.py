"""Names that an installation gives to models."""

import pytest

from commonweight.choosing import AliasNotFound, InvalidAlias, NamedOffers
from commonweight.choosing.aliases import MAX_TARGETS, AliasEntry, targets_of
from commonweight.errors import NotAllowed
from commonweight.hub import GatedRepository
from commonweight.identity import ANONYMOUS
from commonweight.serving import FileChoiceError, ModelNotFound
from tests.policy.world import SELLING, World


async def _model(world: World, name: str, visibility: str = "public", **card: str) -> str:
    revision = await world.publish(name, {"license": "mit", **card}, visibility=visibility)
    await world.add_gguf(revision.repository)
    return f"ada/{name}"


async def test_the_first_that_may_run_answers_and_the_others_stand_in(world: World, named: NamedOffers) -> None:
    root = await world.caller("root")
    pictures = await _model(world, "pictures", base_model="stabilityai/sdxl-turbo")
    first, second = await _model(world, "first"), await _model(world, "second")
    await named.set_alias(root, "gpt-4o", [pictures, first, second])
    await world.policy.set_standing_use(root, SELLING)
    offer = await named.resolve(ANONYMOUS, "gpt-4o")
    assert offer.servable.repository == first
    assert [other.servable.repository for other in offer.alternatives] == [second]


async def test_where_none_may_run_the_first_refusal_is_told(world: World, named: NamedOffers) -> None:
    root = await world.caller("root")
    await named.set_alias(root, "art", [await _model(world, "pictures", base_model="stabilityai/sdxl-turbo")])
    await world.policy.set_standing_use(root, SELLING)
    offer = await named.resolve(ANONYMOUS, "art")
    assert offer.refused is not None
    assert offer.alternatives == ()


async def test_an_alias_comes_before_a_bare_name(world: World, named: NamedOffers) -> None:
    await _model(world, "tiny")
    other = await _model(world, "other")
    await named.set_alias(await world.caller("root"), "tiny", [other])
    assert (await named.resolve(ANONYMOUS, "tiny")).servable.repository == other
    assert (await named.resolve(ANONYMOUS, "ada/tiny")).servable.repository == "ada/tiny"


async def test_a_private_model_behind_an_alias_is_passed_over_for_others(world: World, named: NamedOffers) -> None:
    secret, open_one = await _model(world, "secret", visibility="private"), await _model(world, "open")
    root = await world.caller("root")
    await named.set_alias(root, "both", [secret, open_one])
    await named.set_alias(root, "hidden", [secret])
    assert (await named.resolve(await world.caller("ada"), "both")).servable.repository == secret
    bobs = await named.resolve(await world.caller("bob"), "both")
    assert (bobs.servable.repository, bobs.alternatives) == (open_one, ())
    with pytest.raises(ModelNotFound) as caught:
        await named.resolve(ANONYMOUS, "hidden")
    assert "secret" not in str(caught.value)
    assert [listing.id for listing in await named.list(ANONYMOUS)] == ["both", "ada/open"]


async def test_a_gated_model_behind_an_alias_says_that_it_is_gated(world: World, named: NamedOffers) -> None:
    revision = await world.publish("gated", {"license": "mit"})
    await world.add_gguf(revision.repository)
    await world.hub.update(await world.caller("ada"), revision.repository, gated="manual")
    await named.set_alias(await world.caller("root"), "alias", ["ada/gated"])
    with pytest.raises(GatedRepository):
        await named.resolve(await world.caller("bob"), "alias")


async def test_an_alias_of_aliases_is_their_models_in_order(world: World, named: NamedOffers) -> None:
    root = await world.caller("root")
    models = [await _model(world, name) for name in ("one", "two", "three")]
    await named.set_alias(root, "small", models[1:])
    await named.set_alias(root, "all", [models[0], "small"])
    offer = await named.resolve(ANONYMOUS, "all")
    assert [one.servable.repository for one in (offer, *offer.alternatives)] == models


async def test_what_leads_back_to_itself_is_refused_and_shown(world: World, named: NamedOffers) -> None:
    root = await world.caller("root")
    one = await _model(world, "one")
    await named.set_alias(root, "a", [one])
    await named.set_alias(root, "b", [one, "a"])
    with pytest.raises(InvalidAlias, match="a -> b -> a"):
        await named.set_alias(root, "a", ["b"])
    with pytest.raises(InvalidAlias, match="c -> c"):
        await named.set_alias(root, "c", ["c"])


def test_a_circle_that_two_changes_closed_at_once_ends() -> None:
    def entry(name: str, *targets: str) -> AliasEntry:
        return AliasEntry(name, targets, None)  # type: ignore[arg-type]  # the time is not looked at

    table = {"a": entry("a", "b", "x/one"), "b": entry("b", "a", "x/two")}
    assert targets_of("a", table) == ["x/two", "x/one"]


async def test_unknown_targets_and_odd_names_are_refused(world: World, named: NamedOffers) -> None:
    root = await world.caller("root")
    one = await _model(world, "one")
    await world.publish("without-a-file", {"license": "mit"})
    for name in ("with/slash", "", "ft:mine", "-x", "a b", "x" * 129):
        with pytest.raises(InvalidAlias):
            await named.set_alias(root, name, [one])
    for targets in ([], [one, one], [f"ada/{i}" for i in range(MAX_TARGETS + 1)]):
        with pytest.raises((InvalidAlias, ModelNotFound)):
            await named.set_alias(root, "fine", targets)
    with pytest.raises(ModelNotFound):
        await named.set_alias(root, "fine", [one, "ada/nothing"])
    with pytest.raises(FileChoiceError):
        await named.set_alias(root, "fine", ["ada/without-a-file"])
    assert await named.aliases(root) == []


async def test_aliases_are_for_administrators_and_a_removed_one_is_gone(world: World, named: NamedOffers) -> None:
    root, ada = await world.caller("root"), await world.caller("ada")
    one = await _model(world, "one")
    for deed in (named.set_alias(ada, "x", [one]), named.remove_alias(ada, "x"), named.aliases(ada)):
        with pytest.raises(NotAllowed):
            await deed
    await named.set_alias(root, "x", [one])
    [entry] = await named.aliases(root)
    assert (entry.name, entry.targets, entry.created_by) == ("x", (one,), "root")
    await named.remove_alias(root, "x")
    with pytest.raises(ModelNotFound):
        await named.resolve(ANONYMOUS, "x")
    with pytest.raises(AliasNotFound):
        await named.remove_alias(root, "x")


async def test_a_changed_alias_keeps_its_age(world: World, named: NamedOffers) -> None:
    root = await world.caller("root")
    one, two = await _model(world, "one"), await _model(world, "two")
    made = await named.set_alias(root, "x", [one])
    assert (await named.set_alias(root, "x", [two])).created_at == made.created_at
    assert (await named.resolve(ANONYMOUS, "x")).servable.repository == two
