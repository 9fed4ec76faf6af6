"""What passes between the server and a route: a body that has to keep coming, an answer that names its request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final

from starlette.types import Message, Receive, Send

CHECKS: Final = 8  # looks at those who wait for a body in the time that they may wait


class Sending:
    """
    `send` for one request: adds `x-request-id` and remembers the status; 0 before the answer has begun.

    No coroutine of its own, nor has `Receiving`: each event of a stream comes through here.
    """

    __slots__ = ("_request_id", "_send", "status")

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status = 0

    def __call__(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", self._request_id.encode())]
        return self._send(message)


class Bodies:
    """
    Watches over bodies that are being received. One timer looks at all of them now and then: nearly every body is there when
    it is asked for, and a timer of its own for each would cost more than the rest of reading it.
    """

    def __init__(self, seconds: float) -> None:
        """`seconds` may pass between two pieces of a body, and an eighth more: then its client counts as gone."""
        self._seconds = seconds
        self._waiting: dict[Receiving, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def wait(self, one: Receiving) -> None:
        """It waits from now on."""
        loop = asyncio.get_running_loop()
        self._waiting[one] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._seconds / CHECKS, self._look)

    def came(self, one: Receiving) -> None:
        """It waits no more."""
        del self._waiting[one]

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._seconds / CHECKS, self._look) if self._waiting else None
        for one in [one for one, since in self._waiting.items() if loop.time() - since > self._seconds]:
            one.give_up()


class Receiving:
    """`receive` for one request: a body that stops coming ends as if the client had left."""

    __slots__ = ("_bodies", "_gave_up", "_receive", "_task", "_whole")

    def __init__(self, receive: Receive, bodies: Bodies) -> None:
        self._receive = receive
        self._bodies = bodies
        self._whole = False
        self._gave_up = False
        self._task: asyncio.Task[object] | None = None

    def __call__(self) -> Awaitable[Message]:
        # Once the body is whole this waits for the client to leave, for as long as its answer takes.
        return self._receive() if self._whole else self._piece()

    def give_up(self) -> None:
        """Nothing came for too long."""
        if self._task is not None:
            self._gave_up = True
            self._task.cancel()

    async def _piece(self) -> Message:
        self._task = asyncio.current_task()
        self._bodies.wait(self)
        try:
            message = await self._receive()
        except asyncio.CancelledError:
            if not self._gave_up or (self._task is not None and self._task.uncancel()):
                raise  # somebody else wants it to end too
            message = {"type": "http.disconnect"}
        finally:
            self._bodies.came(self)
            self._task = None
        self._whole = not message.get("more_body", False)
        return message
