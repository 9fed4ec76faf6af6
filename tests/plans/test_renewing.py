"""A key that is renewed has another text, and is the same key."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commonweight.identity import Identity, InvalidCredentials
from commonweight.plans import KeyNotFound, Keys, KeyTerms, KeyWish, TermsOfKeys
from tests.plans.world import World


async def no_uses(use: int) -> None:
    raise AssertionError(f"nobody asked about the use {use}")


def keys_of(world: World) -> Keys:
    return Keys(world.database, world.clock, TermsOfKeys(world.database), no_uses)


async def works(world: World, text: str) -> int | None:
    """The number of the key that a text is of now; asked of a process that remembers nothing."""
    try:
        caller = await Identity(world.database, world.clock, b"k" * 32).authenticate(f"Bearer {text}")
    except InvalidCredentials:
        return None
    return caller.token.id if caller.token else None


async def test_the_text_before_works_for_another_day(world: World) -> None:
    bob, keys = await world.caller("bob"), keys_of(world)
    key, first = await keys.create(bob, KeyWish("app", KeyTerms(models=("maker/*",))))
    same, second = await keys.renew(bob, key.token.id)
    assert (same.token.id, same.terms) == (key.token.id, key.terms)
    assert [await works(world, text) for text in (first, second)] == [key.token.id] * 2
    world.clock.advance(timedelta(days=1))
    assert [await works(world, text) for text in (first, second)] == [None, key.token.id]


async def test_one_renewed_twice_has_no_third_text(world: World) -> None:
    bob, keys = await world.caller("bob"), keys_of(world)
    key, first = await keys.create(bob, KeyWish("app"))
    _, second = await keys.renew(bob, key.token.id)
    _, third = await keys.renew(bob, key.token.id)
    assert [await works(world, text) for text in (first, second, third)] == [None, key.token.id, key.token.id]


async def test_a_text_that_became_known_is_worthless_at_once(world: World) -> None:
    bob, keys = await world.caller("bob"), keys_of(world)
    key, first = await keys.create(bob, KeyWish("app"))
    _, second = await keys.renew(bob, key.token.id, at_once=True)
    assert [await works(world, text) for text in (first, second)] == [None, key.token.id]


async def test_a_revoked_key_works_by_neither_text_and_nobody_renews_anothers(world: World) -> None:
    bob, keys = await world.caller("bob"), keys_of(world)
    key, first = await keys.create(bob, KeyWish("app"))
    _, second = await keys.renew(bob, key.token.id)
    with pytest.raises(KeyNotFound):
        await keys.renew(await world.caller("dave"), key.token.id)
    await keys.revoke(bob, key.token.id)
    assert [await works(world, text) for text in (first, second)] == [None, None]
