"""Drafts: private until somebody accepts them, whatever settings say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commonweight.errors import InvalidInput
from commonweight.hub import Hub, IsDraft, MayNotWrite, RepositoryNotFound
from commonweight.identity import Caller, Role, TokenInfo


def administrator(caller: Caller) -> Caller:
    """The same person with a token that may administer."""
    return replace(caller, token=TokenInfo(2, "test", Role.ADMIN))


async def test_a_draft_is_private_until_it_is_accepted(hub: Hub, ada: Caller, bob: Caller) -> None:
    draft = await hub.create(ada, "model", None, "tuned", "public", draft=True)
    assert (draft.is_draft, draft.is_private) == (True, True)
    assert await hub.list(bob, "model") == []
    with pytest.raises(RepositoryNotFound):
        await hub.find(bob, "model", "ada", "tuned")
    for visibility in ("public", "private"):
        with pytest.raises(IsDraft, match="private until it is accepted"):
            await hub.update(administrator(ada), draft, visibility=visibility)
    with pytest.raises(RepositoryNotFound):
        await hub.accept(bob, draft, "public")
    with pytest.raises(InvalidInput):
        await hub.accept(administrator(ada), draft, "draft")
    accepted = await hub.accept(administrator(ada), draft, "public")
    assert (accepted.is_draft, accepted.is_private) == (False, False)
    assert [one.name for one in await hub.list(bob, "model")] == ["tuned"]


async def test_a_reader_does_not_accept(hub: Hub, ada: Caller) -> None:
    draft = await hub.create(ada, "model", None, "tuned", draft=True)
    with pytest.raises(MayNotWrite):
        await hub.accept(replace(ada, token=TokenInfo(3, "test", Role.READ)), draft, "public")


async def test_nothing_else_becomes_a_draft_or_is_accepted(hub: Hub, ada: Caller) -> None:
    plain = await hub.create(ada, "model", None, "plain", "private")
    assert (await hub.accept(administrator(ada), plain, "public")).visibility == "private"
    with pytest.raises(InvalidInput):
        await hub.update(administrator(ada), plain, visibility="draft")
    with pytest.raises(InvalidInput):
        await hub.create(ada, "model", None, "other", "draft")
