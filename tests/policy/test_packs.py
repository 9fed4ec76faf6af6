"""Packs of models that are kept here: texts from their own repositories, what is missing, one commit."""

from __future__ import annotations

import pytest

from commonweight.hub import EntryNotFound, MayNotWrite, Revision, StaleParent
from commonweight.identity import ANONYMOUS
from commonweight.policy import MadePack, Packs, ReplacesUnasked, Wanted
from commonweight.rights import Records
from tests.policy.world import World
from tests.rights.pack.world import RECORDS, TEXT

BASE = {"license": "toy-1"}
TUNED = {"license": "mild-1", "base_model": "ada/base", "base_model_relation": "finetune"}


@pytest.fixture(scope="session")
def records() -> Records:
    """The toy records, in place of the library."""
    return RECORDS


@pytest.fixture
def packs(world: World) -> Packs:
    return Packs(world.hub, world.policy, world.clock)


async def made(packs: Packs, world: World, revision: Revision, by: str = "ada", **wanted: str) -> MadePack:
    return await packs.make(await world.caller(by), revision, Wanted(**wanted), "https://hub.example")


def names(found: MadePack) -> list[str]:
    return [file.path for file in found.pack.files if file.along]


async def test_a_model_made_from_another_is_published_with_the_text_of_its_parent(packs: Packs, world: World) -> None:
    await world.publish("base", BASE, LICENSE=TEXT)
    found = await made(packs, world, await world.publish("tuned", TUNED))
    assert (found.act, found.is_own) == ("publish_derivative", True)
    assert names(found) == ["ATTRIBUTION.md", "LICENSES/toy-1.txt", "NOTICE", "USE_RESTRICTIONS.md"]
    assert found.pack.naming.proposal == "Toy-tuned"
    attribution = found.pack.file("ATTRIBUTION.md")
    assert attribution is not None
    assert b"(https://hub.example/ada/base)" in attribution.content


async def test_a_model_that_stands_alone_is_passed_on(packs: Packs, world: World) -> None:
    found = await made(packs, world, await world.publish("base", BASE, LICENSE=TEXT))
    assert (found.act, found.is_own) == ("redistribute", False)
    assert names(found) == ["ATTRIBUTION.md", "LICENSES/toy-1.txt"]


async def test_whoever_may_only_read_makes_something_of_it(packs: Packs, world: World) -> None:
    await world.publish("base", BASE, LICENSE=TEXT)
    found = await made(packs, world, await world.publish("tuned", TUNED), by="bob", name="mine")
    assert not found.is_own
    assert found.pack.naming.proposal == "Toy-mine"


async def test_a_private_parents_text_is_not_told_to_readers_of_a_public_child(packs: Packs, world: World) -> None:
    await world.publish("base", BASE, visibility="private", LICENSE=TEXT + "Our secret.\n")
    tuned = await world.publish("tuned", TUNED)
    for by in ("ada", "bob"):
        found = await made(packs, world, tuned, by=by)
        assert not any(b"secret" in file.content for file in found.pack.files)


async def test_texts_of_a_gated_parent_are_for_those_who_may_have_its_files(packs: Packs, world: World) -> None:
    base = await world.publish("base", BASE, LICENSE=TEXT)
    await world.hub.update(await world.caller("ada"), base.repository, gated="manual")
    tuned = await world.publish("tuned", TUNED)
    assert (await made(packs, world, tuned)).pack.missing == ()
    assert "toy-1" in (await made(packs, world, tuned, by="bob")).pack.missing
    anonymous = await packs.make(ANONYMOUS, tuned, Wanted())
    assert "toy-1" in anonymous.pack.missing


async def test_adding_makes_the_label_conflicts_vanish(packs: Packs, world: World) -> None:
    await world.publish("base", BASE, LICENSE=TEXT)
    tuned = await world.publish("Toy-tuned", TUNED)
    before = await world.policy.standing_verdict(tuned)
    kinds = {one["kind"] for one in before.document["label_conflicts"]}
    assert kinds == {"declared_licence", "missing_notice"}
    found = await made(packs, world, tuned)
    additions = await packs.additions(tuned, found.pack)
    owed = [one.path for one in additions if one.is_owed]
    commit = await packs.add(await world.caller("ada"), tuned, additions, owed)
    assert commit.title == "Add what is owed"
    now = await world.hub.resolve(tuned.repository)
    assert (await world.policy.standing_verdict(now)).document["label_conflicts"] == []
    again = await packs.additions(now, (await made(packs, world, now)).pack)
    assert [one.path for one in again if one.is_owed] == []


async def test_what_is_left_out_is_not_added(packs: Packs, world: World) -> None:
    await world.publish("base", BASE, LICENSE=TEXT)
    tuned = await world.publish("tuned", TUNED)
    additions = await packs.additions(tuned, (await made(packs, world, tuned)).pack)
    await packs.add(await world.caller("ada"), tuned, additions, ["NOTICE"])
    now = await world.hub.resolve(tuned.repository)
    assert sorted(entry.path for entry in await world.hub.tree(now)) == [".gitattributes", "NOTICE", "README.md"]


async def test_another_file_of_the_name_is_replaced_only_where_that_was_said(packs: Packs, world: World) -> None:
    await world.publish("base", BASE, LICENSE=TEXT)
    tuned = await world.publish("tuned", TUNED, **{"ATTRIBUTION.md": "By me.\n"})
    additions = await packs.additions(tuned, (await made(packs, world, tuned)).pack)
    ada = await world.caller("ada")
    with pytest.raises(ReplacesUnasked, match=r"ATTRIBUTION\.md"):
        await packs.add(ada, tuned, additions, ["ATTRIBUTION.md"])
    await packs.add(ada, tuned, additions, ["ATTRIBUTION.md"], ["ATTRIBUTION.md"])
    content = await world.hub.read_small(await world.hub.resolve(tuned.repository), "ATTRIBUTION.md")
    assert content.startswith(b"# Attribution")


async def test_only_writers_add_and_only_to_what_they_saw(packs: Packs, world: World) -> None:
    await world.publish("base", BASE, LICENSE=TEXT)
    tuned = await world.publish("tuned", TUNED)
    additions = await packs.additions(tuned, (await made(packs, world, tuned)).pack)
    with pytest.raises(MayNotWrite):
        await packs.add(await world.caller("bob"), tuned, additions, ["NOTICE"])
    with pytest.raises(EntryNotFound):
        await packs.add(await world.caller("ada"), tuned, additions, ["weights.bin"])
    await world.change(tuned.repository, **{"notes.txt": "later"})
    with pytest.raises(StaleParent):
        await packs.add(await world.caller("ada"), tuned, additions, ["NOTICE"])


async def test_a_file_too_large_to_be_read_is_never_extended(packs: Packs, world: World) -> None:
    await world.publish("base", BASE, LICENSE=TEXT)
    tuned = await world.publish("tuned", TUNED, NOTICE="x" * (2 << 20))
    additions = await packs.additions(tuned, (await made(packs, world, tuned)).pack)
    assert {one.path: one.state for one in additions}["NOTICE"] == "differs"


async def test_facts_of_the_standing_use_count(packs: Packs, world: World) -> None:
    facts = {"organisation": {"kind": "company"}, "use": {"acts": ["evaluate"], "purposes": ["military"]}}
    await world.policy.set_standing_use(await world.caller("root"), facts)
    found = await made(packs, world, await world.publish("base", BASE, LICENSE=TEXT))
    assert [file.path for file in found.pack.files] == ["WHY_NOT.md"]
