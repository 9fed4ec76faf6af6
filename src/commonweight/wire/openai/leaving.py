"""A client that leaves stops the work that is done for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive

LOOK_AFTER_S: Final = 0.1  # most work without a stream on a busy machine is over by then, and looking costs a task


async def unless_left(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """
    Do the work, or cancel it when the client leaves first. The body of the request has been read by now.

    Raises ClientDisconnect when it left, else what the work raises. The work runs in the caller's own task: a second one
    for each request would cost more than everything else here.
    """
    mine = asyncio.current_task()
    assert mine is not None
    watch = _Watch(receive, mine)
    try:
        await work
    except asyncio.CancelledError:
        if watch.left and mine.uncancel() == 0:  # more than one asked for it: the server is going down too
            raise ClientDisconnect from None
        raise
    finally:
        watch.end()


class _Watch:
    """Cancels a task when the client leaves, from `LOOK_AFTER_S` on."""

    __slots__ = ("_looking", "_over", "_receive", "_task", "_timer", "left")

    def __init__(self, receive: Receive, task: asyncio.Task[Any]) -> None:
        self._receive = receive
        self._task = task
        self._over = False
        self._looking: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(LOOK_AFTER_S, self._look)
        self.left = False

    def end(self) -> None:
        self._over = True
        self._timer.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def _look(self) -> None:
        self._looking = asyncio.create_task(_left(self._receive))
        self._looking.add_done_callback(self._stop)

    def _stop(self, _: asyncio.Task[None]) -> None:
        if not self._over:
            self.left = True
            self._task.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
