"""The event stream to one client."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from commonweight.serving import EngineLost
from commonweight.wire.openai.answer import failed_early
from commonweight.wire.openai.events import DONE
from commonweight.wire.openai.leaving import LOOK_AFTER_S, Watches, unless_left
from commonweight.wire.openai.stream import EventStream, Patience

QUICK = Patience(grace=0.01, ping=0.02)


class Client:
    """Takes what is sent to it."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def __call__(self, message: Any) -> None:
        self.messages.append(message)

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.messages).decode()


async def test_nothing_is_sent_before_there_is_something_to_say() -> None:
    client = Client()
    async with EventStream(client, (), Patience(grace=60)):
        await asyncio.sleep(0)
    assert client.messages == []


async def test_silence_is_broken_by_comments_that_say_how_far_it_is() -> None:
    client = Client()
    out = EventStream(client, (), QUICK)
    async with out:
        await out.note("loading: half of it")
        while client.text.count(": loading: half of it\n\n") < 2:
            await asyncio.sleep(0.01)
    assert [message["type"] for message in client.messages].count("http.response.start") == 1


async def test_an_error_after_the_start_is_an_event_and_the_end() -> None:
    client = Client()
    out = EventStream(client, (), QUICK)
    await out.write(b"data: {}\n\n")
    await out.finish(failed_early(EngineLost()))
    assert '"code":"engine_lost"' in client.text
    assert "[DONE]" not in client.text
    assert client.messages[-1]["more_body"] is False


async def test_nothing_follows_the_end() -> None:
    client = Client()
    out = EventStream(client, (), QUICK)
    async with out:
        await out.finish(DONE)
        await asyncio.sleep(0.1)
    assert client.text == "data: [DONE]\n\n"


async def test_work_is_cancelled_when_the_client_leaves() -> None:
    cancelled = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    with pytest.raises(ClientDisconnect):
        await unless_left(receive, work())
    assert cancelled.is_set()


async def test_one_watch_over_all_clients_stops_what_was_begun_for_those_who_left() -> None:
    watches, stopped, kept = Watches(), [], []

    async def work(name: str, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            stopped.append(name)
            raise

    async def leaves() -> Any:
        return {"type": "http.disconnect"}

    async def stays() -> Any:
        kept.append("asked")
        await asyncio.sleep(60)

    first = asyncio.create_task(unless_left(leaves, work("first", 60), watches))
    await asyncio.sleep(LOOK_AFTER_S / 2)
    second = asyncio.create_task(unless_left(leaves, work("second", 60), watches))
    await unless_left(stays, work("quick", 0), watches)
    assert not kept  # what is over at once is never asked after
    await unless_left(stays, work("slow", 4 * LOOK_AFTER_S), watches)
    assert kept == ["asked"]
    for one in (first, second):
        with pytest.raises(ClientDisconnect):
            await one
    assert sorted(stopped) == ["first", "second"]


async def test_what_the_work_raises_is_raised() -> None:
    async def work() -> None:
        raise EngineLost

    async def receive() -> Any:
        await asyncio.sleep(60)

    with pytest.raises(EngineLost):
        await unless_left(receive, work())
