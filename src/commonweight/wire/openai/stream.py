"""The event stream to one client: begun as late as possible, kept awake, ended well."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from starlette.types import Send

from commonweight.wire.openai.events import comment

Headers = Sequence[tuple[bytes, bytes]]

STREAM_HEADERS: Headers = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)


@dataclass(frozen=True)
class Patience:
    """How long clients are held, and how they are kept awake meanwhile. In seconds."""

    hold_whole: float = 100.0  # below the read time-out of the official client (600), near that of common proxies
    hold_stream: float = 600.0  # comments keep everything between awake
    grace: float = 2.0  # an error within it still gets its own status
    ping: float = 10.0  # proxies give up after 30 to 60 of silence


class EventStream:
    """Sends the start of the answer with the first event or comment, and nothing twice."""

    def __init__(self, send: Send, headers: Headers, patience: Patience) -> None:
        self._send = send
        self._headers = headers
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._said_at = self._loop.time()
        self._saying = False  # then there is no need for a comment
        self._comment: asyncio.Task[None] | None = None
        self.begun = False
        self.over = False
        self.state = "loading"  # what a comment says

    async def note(self, text: str) -> None:
        """What the next comment says: how far the load is, or the place in the queue."""
        self.state = text

    def announce(self, headers: Headers) -> bool:
        """Other headers than those it was made with. False: the answer has begun, they are gone."""
        self._headers = self._headers if self.begun else headers
        return not self.begun

    def finish(self, data: bytes) -> Awaitable[None]:
        """The last events, and the end. After an error too: once a stream has begun, its status is gone."""
        self.over = True
        return self.write(data, more=False)

    async def write(self, data: bytes, more: bool = True) -> None:
        """One or more whole events."""
        if self._comment is not None:
            await asyncio.wait({self._comment})
            self._comment = None
        self._saying = True
        self._said_at = self._loop.time()
        if not self.begun:
            await self._begin()
        await self._send({"type": "http.response.body", "body": data, "more_body": more})
        self._saying = False

    async def _begin(self) -> None:
        self.begun = True
        await self._send({"type": "http.response.start", "status": 200, "headers": [*STREAM_HEADERS, *self._headers]})

    async def __aenter__(self) -> EventStream:
        """Within the block silence is broken by comments."""
        self._wake_in(self._patience.grace)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._alarm.cancel()
        if self._comment is not None:
            await asyncio.wait({self._comment})

    def _wake_in(self, seconds: float) -> None:
        """A timer and not a task: most streams never need one."""
        self._alarm: asyncio.TimerHandle = self._loop.call_later(seconds, self._wake)

    def _wake(self) -> None:
        if self.over:
            return
        silent = self._loop.time() - self._said_at
        if self.begun and silent < self._patience.ping:
            self._wake_in(self._patience.ping - silent)
            return
        if not (self._saying or self._is_commenting):  # else the client is behind with reading, and not without news
            self._comment = asyncio.create_task(self._break_silence())
        self._wake_in(self._patience.ping)

    @property
    def _is_commenting(self) -> bool:
        return self._comment is not None and not self._comment.done()

    async def _break_silence(self) -> None:
        self._said_at = self._loop.time()
        if not self.begun:
            await self._begin()
        await self._send({"type": "http.response.body", "body": comment(self.state), "more_body": True})
