"""Likes: one of each person, counted where lists can see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from commonweight.clock import SetClock
from commonweight.hub import Hub, MayNotWrite, Repository, RepositoryNotFound
from commonweight.identity import Caller, Role, TokenInfo
from tests.hub.test_drafts import administrator


async def count(hub: Hub, repository: Repository) -> int:
    found = await hub.by_id(repository.id)
    assert found
    return found.likes


async def test_a_person_likes_once_and_takes_it_back(hub: Hub, ada: Caller, bob: Caller, repository: Repository) -> None:
    for _ in range(2):
        await hub.likes.like(bob, repository)
    await hub.likes.like(ada, repository)
    assert await count(hub, repository) == 2
    assert await hub.likes.likes(bob, repository)
    for _ in range(2):
        await hub.likes.unlike(bob, repository)
    assert await count(hub, repository) == 1
    assert not await hub.likes.likes(bob, repository)
    assert [one.user for one in await hub.likes.likers(bob, repository)] == ["ada"]


async def test_what_somebody_likes_is_told_as_far_as_one_may_see_it(
    hub: Hub, ada: Caller, bob: Caller, repository: Repository, clock: SetClock
) -> None:
    hidden = await hub.create(ada, "model", None, "hidden", "private")
    await hub.likes.like(ada, hidden)
    clock.advance(timedelta(seconds=1))
    await hub.likes.like(ada, repository)
    assert ada.account
    assert [one.repository.name for one in await hub.likes.liked_by(ada, ada.account)] == ["tiny", "hidden"]
    assert [one.repository.name for one in await hub.likes.liked_by(bob, ada.account)] == ["tiny"]
    assert [one.repository.name for one in await hub.likes.liked_by(ada, ada.account, after=1)] == ["hidden"]
    await hub.delete(administrator(ada), repository)
    assert await hub.likes.liked_by(bob, ada.account) == []
    with pytest.raises(RepositoryNotFound):
        await hub.likes.like(bob, hidden)


async def test_who_only_reads_likes_nothing(hub: Hub, bob: Caller, repository: Repository) -> None:
    for caller in (Caller(), replace(bob, token=TokenInfo(3, "t", Role.READ))):
        with pytest.raises(MayNotWrite):
            await hub.likes.like(caller, repository)
    assert await count(hub, repository) == 0
