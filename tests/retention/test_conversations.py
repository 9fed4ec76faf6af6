"""Conversations that are kept, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.retention import ConversationFull, Decision, Kind, NotKept, Scope
from commonweight.retention.conversations import MAX_ITEMS
from tests.retention.test_retention import SECRET, World, world

__all__ = ["world"]


async def decided(world: World, days: int = 30) -> Decision:
    return await world.retention.decisions.decide(world.chief, world.house, Scope.RESPONSES, days, "support")


def items(*names: str) -> list[dict[str, str]]:
    return [{"id": name, "text": f"{SECRET} {name}"} for name in names]


async def ids(world: World, **asked: object) -> list[str]:
    page = await world.retention.conversations.page(world.house.id, "conv_1", limit=100, **asked)  # type: ignore[arg-type]
    return [item["id"] for item in page.items]


async def test_a_decision_on_responses_covers_conversations_and_one_on_completions_does_not(world: World) -> None:
    await world.retention.decisions.decide(world.chief, world.house, Scope.COMPLETIONS, 30, "support")
    assert await world.retention.decisions.in_force(world.house.id, Kind.CONVERSATION) is None
    await decided(world)
    assert await world.retention.decisions.in_force(world.house.id, Kind.CONVERSATION) is not None


async def test_items_keep_their_order_and_are_read_in_pages(world: World) -> None:
    conversations = world.retention.conversations
    await conversations.create(await decided(world), "conv_1", {"a": "b"}, items("x", "y"))
    await conversations.add(world.house.id, "conv_1", items("z"))
    assert await ids(world) == ["x", "y", "z"]
    assert await ids(world, newest_first=True, after="z") == ["y", "x"]
    assert await ids(world, after="unknown") == []
    page = await conversations.page(world.house.id, "conv_1", limit=2)
    assert (len(page.items), page.more) == (2, True)
    await conversations.delete_item(world.house.id, "conv_1", "y")
    await conversations.add(world.house.id, "conv_1", items("w"))
    assert await ids(world) == ["x", "z", "w"]
    assert (await conversations.item(world.house.id, "conv_1", "w"))["text"].startswith(SECRET)
    with pytest.raises(NotKept):
        await conversations.delete_item(world.house.id, "conv_1", "y")


async def test_two_that_add_at_once_lose_nothing(world: World) -> None:
    conversations = world.retention.conversations
    await conversations.create(await decided(world), "conv_1", {}, [])
    await asyncio.gather(*(conversations.add(world.house.id, "conv_1", items(f"{n}a", f"{n}b")) for n in range(6)))
    found = await ids(world)
    assert sorted(found) == sorted(f"{n}{side}" for n in range(6) for side in "ab")
    assert all(found[i][:-1] == found[i + 1][:-1] for i in range(0, 12, 2)), "what was added together stays together"


async def test_it_is_there_for_its_own_account_alone(world: World) -> None:
    conversations = world.retention.conversations
    await conversations.create(await decided(world), "conv_1", {}, items("x"))
    for deed in (
        conversations.find(world.other.id, "conv_1"),
        conversations.add(world.other.id, "conv_1", items("y")),
        conversations.item(world.other.id, "conv_1", "x"),
        conversations.delete(world.other.id, "conv_1"),
        conversations.change_metadata(world.other.id, "conv_1", {}),
    ):
        with pytest.raises(NotKept):
            await deed
    assert await ids(world) == ["x"]


async def test_no_more_is_kept_than_a_request_may_hold(world: World) -> None:
    conversations = world.retention.conversations
    await conversations.create(await decided(world), "conv_1", {}, items(*(f"i{n}" for n in range(MAX_ITEMS))))
    with pytest.raises(ConversationFull, match=str(MAX_ITEMS + 1)):
        await conversations.add(world.house.id, "conv_1", items("more"))


async def test_it_is_unreadable_at_once_when_its_days_are_over_and_deleted_by_the_job(world: World, clock: SetClock) -> None:
    conversations = world.retention.conversations
    await conversations.create(await decided(world, days=3), "conv_1", {}, items("x"))
    clock.advance(timedelta(days=3))
    with pytest.raises(NotKept):
        await conversations.find(world.house.id, "conv_1")
    assert await conversations.expire() == 1
    assert await conversations.expire() == 0


@pytest.mark.parametrize("how", ["delete", "end", "item"])
async def test_what_was_deleted_is_in_no_file(world: World, database: Database, tmp_path: Path, how: str) -> None:
    decision, conversations = await decided(world), world.retention.conversations
    await conversations.create(decision, "conv_1", {}, items("x"))
    deeds = {
        "delete": lambda: conversations.delete(world.house.id, "conv_1"),
        "end": lambda: world.retention.decisions.end(world.chief, decision.id),
        "item": lambda: conversations.delete_item(world.house.id, "conv_1", "x"),
    }
    await deeds[how]()
    if how != "item":
        with pytest.raises(NotKept):
            await conversations.find(world.house.id, "conv_1")
    if database.dialect == "sqlite":
        for file in tmp_path.rglob("*"):
            assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file
