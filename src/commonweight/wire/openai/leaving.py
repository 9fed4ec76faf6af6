"""A client that leaves stops the work that is done for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive


async def unless_left(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """
    Do the work, or cancel it when the client leaves first. The body of the request has been read by now.

    Raises ClientDisconnect when it left, else what the work raises. The work runs in the caller's own task: a second one
    for each request would cost more than everything else here.
    """
    mine = asyncio.current_task()
    assert mine is not None
    leaving = asyncio.create_task(_left(receive))
    over = left = False

    def stop(_: asyncio.Task[None]) -> None:
        nonlocal left
        if not over:
            left = True
            mine.cancel()

    leaving.add_done_callback(stop)
    try:
        await work
    except asyncio.CancelledError:
        if left and mine.uncancel() == 0:  # more than one asked for it: the server is going down too
            raise ClientDisconnect from None
        raise
    finally:
        over = True
        leaving.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
