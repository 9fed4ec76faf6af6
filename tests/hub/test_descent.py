"""What stands on something: found by name, followed downwards, as far as the caller may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.hub import AddFile, Descents, Hub, KnownModels, Revision
from commonweight.hub.catalogue import Catalogue, read_known
from commonweight.hub.descent import MAX_DESCENDANTS
from commonweight.identity import ANONYMOUS, Caller, Role, TokenInfo

ENTRY = {"publisher": "Maker", "licence": "mit", "evidence": "text"}
STEP = {"parent": "maker/base-7b", "relation": "finetune", "evidence": "declared"}
BASE = {**ENTRY, "id": "maker/base", "name": "Base", "repositories": ["maker/base-*"]}
TUNE = {**ENTRY, "id": "maker/tune", "name": "Tune", "lineage": [STEP]}


@pytest.fixture
async def known(database: Database, clock: SetClock) -> KnownModels:
    models = KnownModels(database, clock)
    entries = tuple(read_known(entry, "test") for entry in (BASE, TUNE))
    await models.load_catalogue((Catalogue("test", 1, entries),))
    return models


@pytest.fixture
def descents(database: Database, known: KnownModels) -> Descents:
    return Descents(database, known)


async def publish(hub: Hub, caller: Caller, name: str, card: Mapping[str, Any], visibility: str = "public") -> Revision:
    """A model with a card, its facts read as the job does."""
    repository = await hub.create(caller, "model", None, name, visibility)
    text = f"---\n{yaml.safe_dump(dict(card))}---\n".encode()
    await hub.commit(caller, repository, "main", [AddFile("README.md", text)], "card")
    revision = await hub.resolve(repository)
    await hub.on_read_revision({"repository_id": repository.id, "commit": revision.commit})
    return revision


async def test_children_of_children_are_found_with_the_steps_between(hub: Hub, ada: Caller, descents: Descents) -> None:
    base = await publish(hub, ada, "base", {})
    await publish(hub, ada, "tune", {"base_model": "ada/base"})
    await publish(hub, ada, "small", {"base_model": "Ada/Tune", "base_model_relation": "quantized"})
    found = await descents.of(ANONYMOUS, base)
    assert [(node.id, node.depth) for node in found.nodes] == [("ada/tune", 1), ("ada/small", 2)]
    assert [(child, parent, step.relation) for child, parent, step in found.edges] == [
        ("ada/tune", "ada/base", "finetune"),
        ("ada/small", "ada/tune", "quantise"),
    ]


async def test_what_is_private_is_neither_shown_nor_passed_through(
    hub: Hub, ada: Caller, bob: Caller, descents: Descents
) -> None:
    base = await publish(hub, ada, "base", {})
    await publish(hub, ada, "secret", {"base_model": "ada/base"}, "private")
    await publish(hub, ada, "open", {"base_model": "ada/secret"})
    assert [node.id for node in (await descents.of(bob, base)).nodes] == []
    assert [node.id for node in (await descents.of(ada, base)).nodes] == ["ada/secret", "ada/open"]


async def test_only_the_newest_commit_counts(hub: Hub, ada: Caller, descents: Descents) -> None:
    base = await publish(hub, ada, "base", {})
    tune = await publish(hub, ada, "tune", {"base_model": "ada/base"})
    await hub.commit(ada, tune.repository, "main", [AddFile("README.md", b"---\nlicense: mit\n---\n")], "no base")
    head = await hub.resolve(tune.repository)
    await hub.on_read_revision({"repository_id": tune.repository.id, "commit": head.commit})
    assert (await descents.of(ada, base)).nodes == ()


async def test_a_moved_model_keeps_what_stands_on_its_old_name(hub: Hub, ada: Caller, descents: Descents) -> None:
    base = await publish(hub, ada, "base", {})
    await publish(hub, ada, "tune", {"base_model": "ada/base"})
    moved = await hub.move(administrator(ada), base.repository, "ada", "ground")
    assert [node.id for node in (await descents.of(ada, await hub.resolve(moved))).nodes] == ["ada/tune"]


async def test_a_known_model_is_found_by_the_names_of_its_makers_repositories(
    hub: Hub, ada: Caller, known: KnownModels, descents: Descents
) -> None:
    await publish(hub, ada, "mine", {"base_model": "Maker/Base-7B-Instruct"})
    await publish(hub, ada, "other", {"base_model": "maker/baseless"})
    found = await descents.of(ANONYMOUS, await known.get("maker/base"))
    assert sorted(node.id for node in found.nodes) == ["ada/mine", "maker/tune"]


async def test_a_data_set_and_a_model_of_one_name_are_told_apart(hub: Hub, ada: Caller, descents: Descents) -> None:
    model = await publish(hub, ada, "poems", {})
    await publish(hub, ada, "poet", {"datasets": ["ada/poems"]})
    assert (await descents.of(ada, model)).nodes == ()


async def test_a_cycle_ends(hub: Hub, ada: Caller, descents: Descents) -> None:
    first = await publish(hub, ada, "first", {"base_model": "ada/second"})
    await publish(hub, ada, "second", {"base_model": "ada/first"})
    found = await descents.of(ada, first)
    assert [node.id for node in found.nodes] == ["ada/second"]
    assert not found.cut
    assert len(found.edges) < MAX_DESCENDANTS


async def test_percent_and_underscore_in_a_name_are_no_wildcards(hub: Hub, ada: Caller, descents: Descents) -> None:
    base = await publish(hub, ada, "a_b", {})
    await publish(hub, ada, "child", {"base_model": "ada/axb"})
    assert (await descents.of(ada, base)).nodes == ()


def administrator(caller: Caller) -> Caller:
    return Caller(caller.account, TokenInfo(1, "test", Role.ADMIN), {})
