"""A client that leaves stops the work that is done for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive

LOOK_AFTER_S: Final = 0.1  # most work without a stream on a busy machine is over by then, and looking costs a task


async def unless_left(receive: Receive, work: Coroutine[Any, Any, None], watches: Watches | None = None) -> None:
    """
    Do the work, or cancel it when the client leaves first. The body of the request has been read by now. `watches` are
    those of the process, where it has some.

    Raises ClientDisconnect when it left, else what the work raises. The work runs in the caller's own task: a second one
    for each request would cost more than everything else here.
    """
    mine = asyncio.current_task()
    assert mine is not None
    watches = watches or Watches()
    watch = _Watch(receive, mine)
    watches.begin(watch)
    try:
        await work
    except asyncio.CancelledError:
        if watch.left and mine.uncancel() == 0:  # more than one asked for it: the server is going down too
            raise ClientDisconnect from None
        raise
    finally:
        watches.end(watch)


class Watches:
    """
    Over the clients of a process whose work goes on for longer than `LOOK_AFTER_S`, and twice that at most. One timer for
    all of them: one for each request, set and taken back, was a fiftieth of its cost.
    """

    def __init__(self) -> None:
        self._fresh: set[_Watch] = set()  # since the timer went off
        self._due: set[_Watch] = set()  # since the time before
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, watch: _Watch) -> None:
        """Look whether this client is still there, from some time on."""
        self._fresh.add(watch)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOOK_AFTER_S, self._look)

    def end(self, watch: _Watch) -> None:
        """The work for it is over."""
        watch.over = True
        self._fresh.discard(watch)
        self._due.discard(watch)
        if watch.looking is not None:
            watch.looking.cancel()

    def _look(self) -> None:
        due, self._due, self._fresh = self._due, self._fresh, set()
        self._timer = asyncio.get_running_loop().call_later(LOOK_AFTER_S, self._look) if self._due else None
        for watch in due:
            watch.look()


class _Watch:
    """Cancels a task when the client leaves."""

    __slots__ = ("_receive", "_task", "left", "looking", "over")

    def __init__(self, receive: Receive, task: asyncio.Task[Any]) -> None:
        self._receive = receive
        self._task = task
        self.looking: asyncio.Task[None] | None = None
        self.left = False
        self.over = False

    def look(self) -> None:
        self.looking = asyncio.create_task(_left(self._receive))
        self.looking.add_done_callback(self._stop)

    def _stop(self, _: asyncio.Task[None]) -> None:
        if not self.over:
            self.left = True
            self._task.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
