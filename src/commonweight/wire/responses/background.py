"""Responses in the background: a job of the worker makes them, and makes them anew where a worker died."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Message

from commonweight.errors import CommonweightError
from commonweight.identity import Caller
from commonweight.jobs import NotDone, Progress
from commonweight.plans import RateLimited
from commonweight.retention import RESPOND, Kept, KeptAnswer
from commonweight.serving import EngineLost
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.inference import Inference
from commonweight.wire.responses.answer import response_event
from commonweight.wire.responses.kinds import response_kind
from commonweight.wire.responses.request import response_request

log = logging.getLogger("commonweight.inference")

MAX_ATTEMPTS: Final = 3  # with an engine that died under it; then the response has failed
WAIT_FOR_LIMITS: Final = timedelta(seconds=10)  # limits are counted by the minute; others' turns come meanwhile
FLUSH_S: Final = 0.25  # between two writes of events; also how soon a cancelled response stops its engine


class Background:
    """Handles the jobs. `caller_of` finds who asked by the number of their token: a revoked one asks no more."""

    def __init__(self, inference: Inference, kept: Kept, caller_of: Callable[[int], Awaitable[Caller]]) -> None:
        self._inference = inference
        self._kept = kept
        self._caller_of = caller_of

    def handlers(self) -> dict[str, Callable[[Mapping[str, Any], Progress], Awaitable[None]]]:
        """Jobs, by kind."""
        return {RESPOND: self.on_respond}

    async def on_respond(self, payload: Mapping[str, Any], progress: Progress) -> None:
        """The job `respond`."""
        kept = await self._kept.by_id(payload["id"])
        attempt = await self._kept.begin(payload["id"]) if kept else None
        if kept is None or attempt is None:
            return  # deleted or cancelled before it began
        making = _Making(self._kept, kept, attempt)
        try:
            generation = await self._generation(kept)
            await making.run(generation)
        except ClientDisconnect:
            log.info("response %s was cancelled or deleted", kept.id)
        except RateLimited as error:
            log.info("response %s waits: %s", kept.id, error.code)
            raise NotDone(WAIT_FOR_LIMITS) from None
        except CommonweightError as error:
            if isinstance(error, EngineLost) and attempt < MAX_ATTEMPTS:
                raise EngineLost from None  # the job comes again; without what the engine said, which may quote the prompt
            await making.fail(error)

    async def _generation(self, kept: KeptAnswer) -> Any:
        """Raises what a request in the foreground would get as its error."""
        caller = await self._caller_of(kept.request["token"])
        asked = response_request(kept.request["body"], kept.model)
        items = [*kept.request["before"], *kept.request["items"]]
        chat = asked.chat(items, stream=True)
        kind = response_kind(kept.id, asked, stored=True)
        screen = await self._inference.screen(caller, {"model": kept.model})  # of the answer: the request was looked at
        return await self._inference.generate(caller, kind, chat, screen=screen)


class _Making:
    """The client of a generation: takes its events and writes them down, a few times a second."""

    def __init__(self, kept: Kept, answer: KeptAnswer, attempt: int) -> None:
        self._kept = kept
        self._answer = answer
        self._attempt = attempt
        self._events: list[bytes] = []
        self._last = b""
        self._written = 0
        self._gone = asyncio.Event()
        self._over = asyncio.Event()

    async def run(self, generation: Any) -> None:
        """Raises ClientDisconnect where the response was cancelled meanwhile, or what the generation raises."""
        flushing = asyncio.create_task(self._flush_again())
        try:
            await generation({"type": "http", "headers": []}, self._receive, self._send)
        finally:
            self._over.set()  # and not cancelled: what is being written would be lost
            await flushing
        await self._finish()

    async def _receive(self) -> Message:
        """Says that the client has left, once nobody wants the response any more."""
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        body = message.get("body", b"")
        if body and not body.startswith(b":"):  # comments keep connections awake, and there is none
            events = [block + b"\n\n" for block in body.split(b"\n\n") if block]
            self._events += events
            self._last = events[-1]

    async def _flush_again(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), FLUSH_S)
            first, data = self._take()
            if not await self._kept.add_events(self._answer.id, self._attempt, first, data):
                self._gone.set()

    def _take(self) -> tuple[int, bytes]:
        first, taken = self._written, self._events
        self._events = []
        self._written += len(taken)
        return first, b"".join(taken)

    async def _finish(self) -> None:
        """The last event holds the whole response. Raises EngineLost where the engine died and may be tried again."""
        last = orjson.loads(self._last.partition(b"\ndata: ")[2]) if self._last else {}
        if last.get("type") == "response.failed" and self._attempt < MAX_ATTEMPTS:
            raise EngineLost
        document = last.get("response") or self._failed(str(last.get("message") or "The engine said nothing."))
        first, data = self._take()
        await self._kept.finish(self._answer.id, self._attempt, document, first, data)

    async def fail(self, error: CommonweightError) -> None:
        """It came to nothing before the engine said a word."""
        document = self._failed(error.sentence)
        first, data = self._take()
        data += response_event("response.failed", first, {"response": document})
        await self._kept.finish(self._answer.id, self._attempt, document, first, data)

    def _failed(self, message: str) -> Document:
        return {**self._answer.document, "status": "failed", "error": {"code": "server_error", "message": message}}
