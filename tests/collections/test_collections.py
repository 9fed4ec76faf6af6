"""Collections: what lies in them, in which order, and who sees what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from commonweight.clock import SetClock
from commonweight.collections import (
    Asked,
    Collection,
    CollectionExists,
    CollectionNotFound,
    Collections,
    ItemExists,
    ItemNotFound,
)
from commonweight.collections.room import words_of
from commonweight.errors import InvalidInput
from commonweight.hub import Hub, MayNotWrite, Repository
from commonweight.identity import AccountMissing, Caller
from tests.hub.test_drafts import administrator


@pytest.fixture
async def small(collections: Collections, ada: Caller) -> Collection:
    return await collections.create(ada, "ada", "Small  models", "That run anywhere")


async def names(collections: Collections, caller: Caller, found: Collection) -> list[str]:
    items = await collections.items(caller, found)
    return [one.repository.full_name if one.repository else one.inner.title for one in items if one.repository or one.inner]


async def test_a_title_becomes_an_address_and_every_former_address_leads_on(
    collections: Collections, ada: Caller, small: Collection
) -> None:
    assert small.slug == f"ada/small-models-{small.key}"
    changed = await collections.update(ada, small.slug, title="Tiny ones", theme="pink", is_private=True)
    assert changed.slug == f"ada/tiny-ones-{small.key}"
    assert (await collections.find(ada, small.slug)).slug == changed.slug
    for slug in ("ada/tiny-ones", "ada/tiny-ones-" + "0" * 24, "", "x" * 24):
        with pytest.raises(CollectionNotFound):
            await collections.find(ada, slug)
    with pytest.raises(InvalidInput, match="expected one of orange"):
        await collections.update(ada, small.slug, theme="black")


@pytest.mark.parametrize(
    ("title", "words"),
    [("Modèles à voir!", "modeles-a-voir"), ("模型", "collection"), ("x" * 99, "x" * 80), ("a--b_c", "a-b-c")],
)
def test_words_of_an_address(title: str, words: str) -> None:
    assert words_of(title) == words


async def test_a_namespace_has_one_collection_of_a_title(collections: Collections, ada: Caller, small: Collection) -> None:
    with pytest.raises(CollectionExists) as caught:
        await collections.create(ada, "ADA", "Small models")
    assert caught.value.collection.slug == small.slug
    other = await collections.create(ada, "ada", "Others")
    with pytest.raises(CollectionExists):
        await collections.update(ada, other.slug, title="small MODELS")
    with pytest.raises(AccountMissing):
        await collections.create(ada, "nobody", "Mine")


async def test_items_keep_their_order_and_move(
    collections: Collections, hub: Hub, ada: Caller, small: Collection, repository: Repository
) -> None:
    data = await hub.create(ada, "dataset", None, "tiny")
    inner = await collections.create(ada, "ada", "Inner")
    for one in (repository, data, inner):
        await collections.add(ada, small.slug, one, "Look")
    with pytest.raises(ItemExists):
        await collections.add(ada, small.slug, repository)
    with pytest.raises(InvalidInput):
        await collections.add(ada, small.slug, small)
    first, *_others = await collections.items(ada, small)
    assert (first.type, first.note, first.position) == ("model", "Look", 0)
    await collections.change_item(ada, small.slug, first.key, note="", position=1)
    items = await collections.items(ada, small)
    assert [(one.type, one.note, one.position) for one in items] == [
        ("dataset", "Look", 0),
        ("model", "", 1),
        ("collection", "Look", 2),
    ]
    await collections.change_item(ada, small.slug, first.key, position=99)
    assert (await collections.items(ada, small))[-1].key == first.key
    await collections.remove(ada, small.slug, first.key)
    for deed in (collections.remove(ada, small.slug, first.key), collections.change_item(ada, small.slug, "x", note="")):
        with pytest.raises(ItemNotFound):
            await deed


async def test_what_is_private_is_left_out_for_others(
    collections: Collections, hub: Hub, ada: Caller, bob: Caller, small: Collection, repository: Repository
) -> None:
    hidden = await hub.create(ada, "model", None, "hidden", "private")
    secret = await collections.create(ada, "ada", "Secret", is_private=True)
    for one in (hidden, repository, secret):
        await collections.add(ada, small.slug, one)
    assert await names(collections, ada, small) == ["ada/hidden", "ada/tiny", "Secret"]
    assert await names(collections, bob, small) == ["ada/tiny"]
    with pytest.raises(CollectionNotFound):
        await collections.find(bob, secret.slug)
    assert [one.title for one in await collections.list(Caller(), Asked(owners=("ada",)))] == ["Small models"]
    assert len(await collections.list(ada, Asked(owners=("ada",)))) == 2
    await hub.delete(administrator(ada), repository)
    assert await names(collections, bob, small) == []


async def test_lists_are_by_owner_and_by_what_they_hold(
    collections: Collections, ada: Caller, bob: Caller, small: Collection, repository: Repository, clock: SetClock
) -> None:
    clock.advance(timedelta(seconds=1))
    theirs = await collections.create(bob, "bob", "Theirs")
    await collections.add(bob, theirs.slug, repository)
    assert [one.title for one in await collections.list(ada, Asked())] == ["Theirs", "Small models"]
    assert [one.title for one in await collections.list(ada, Asked(limit=1, after=1))] == ["Small models"]
    assert [one.title for one in await collections.list(ada, Asked(repositories=(repository.id,)))] == ["Theirs"]
    assert await collections.list(ada, Asked(nothing=True)) == []
    assert [one.title for one in await collections.may_add_to(bob)] == ["Theirs"]


async def test_only_who_may_write_in_its_namespace_changes_a_collection(
    collections: Collections, ada: Caller, bob: Caller, small: Collection, repository: Repository
) -> None:
    for deed in (
        collections.create(bob, "ada", "Mine"),
        collections.update(bob, small.slug, title="Mine"),
        collections.add(bob, small.slug, repository),
        collections.delete(bob, small.slug),
        collections.delete(replace(ada, token=None), small.slug),
    ):
        with pytest.raises(MayNotWrite):
            await deed
    await collections.delete(ada, small.slug)
    with pytest.raises(CollectionNotFound):
        await collections.find(ada, small.slug)
