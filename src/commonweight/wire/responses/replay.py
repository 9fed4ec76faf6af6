"""Events of a kept response, again: from any number on, and on as they come while it is being made."""

from __future__ import annotations

import asyncio
from typing import Final

import orjson
from starlette.types import Receive, Scope, Send

from commonweight.errors import Conflict
from commonweight.retention import RUNNING, Kept
from commonweight.wire.openai.leaving import unless_left
from commonweight.wire.openai.stream import EventStream, Headers, Patience
from commonweight.wire.responses.answer import response_event

LOOK_EVERY_S: Final = 0.2  # a worker writes events four times a second


class BegunAnew(Conflict):
    """The worker that made it died: its events begin again."""

    code = "response_begun_anew"


class Replay:
    """An ASGI application that is called once."""

    def __init__(self, kept: Kept, response_id: str, after: int, headers: Headers, patience: Patience) -> None:
        self._kept = kept
        self._id = response_id
        self._after = after  # the number of the last event that the client has seen; -1: none
        self._headers = headers
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await unless_left(receive, self._stream(send))

    async def _stream(self, send: Send) -> None:
        out = EventStream(send, self._headers, self._patience)
        out.state = "in progress"
        async with out:
            await out.finish(await self._follow(out))

    async def _follow(self, out: EventStream) -> bytes:
        """Sends what comes; the last bytes are returned."""
        first, attempt = 0, None
        while True:
            events = await self._kept.events(self._id, first)
            if events is None:
                return response_event("error", 0, _said("not_found", "The response was deleted."))
            if attempt is not None and attempt != events.attempt and attempt != 0:
                return response_event("error", 0, _said(BegunAnew.code, "It was begun anew: ask for all its events."))
            attempt, first = events.attempt, events.following
            data = _after(events.data, self._after)
            if events.status not in RUNNING:
                return data
            if data:
                await out.write(data)
            await asyncio.sleep(LOOK_EVERY_S)


def _said(code: str, message: str) -> dict[str, str | None]:
    return {"code": code, "message": message, "param": None}


def _after(data: bytes, number: int) -> bytes:
    """The events behind that number."""
    if number < 0:
        return data
    kept = [block for block in data.split(b"\n\n") if block and _number(block) > number]
    return b"".join(block + b"\n\n" for block in kept)


def _number(block: bytes) -> int:
    return int(orjson.loads(block.partition(b"\ndata: ")[2])["sequence_number"])
