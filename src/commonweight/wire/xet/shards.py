"""
A shard's registration as the client sees it: lines of JSON while it is checked (xet-protocol, section 7.4).

An `error` line is the one place where the official client shows its user our words, so refusals go there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson

from commonweight.errors import CommonweightError
from commonweight.storage import Committing, Registered, ShardProgress, Validating

log = logging.getLogger("commonweight.xet")

HEARTBEAT_SECONDS = 20.0  # the client gives up after 300 s without a byte, proxies often after 60

Progress = AsyncGenerator[ShardProgress, None]


async def progress_lines(progress: Progress, heartbeat: float = HEARTBEAT_SECONDS) -> AsyncGenerator[bytes, None]:
    """A line for each step; the last one again after each `heartbeat` without a step; a `result` or `error` at the end."""
    last = _line(Validating(0, 0))
    async with aclosing(progress):
        waiting = asyncio.ensure_future(_next(progress))
        try:
            while True:
                await asyncio.wait({waiting}, timeout=heartbeat)
                if waiting.done():
                    step = waiting.result()
                    if step is None:
                        return
                    last = _line(step)
                    waiting = asyncio.ensure_future(_next(progress))
                yield last
        except CommonweightError as error:
            yield _error_line(error)
        finally:
            await _cancelled(waiting)


async def registered(progress: Progress) -> Registered:
    """The end of a registration, for the protocol's first version, which knows no progress. Raises what refuses it."""
    async with aclosing(progress):
        async for step in progress:
            if isinstance(step, Registered):
                return step
    raise RuntimeError("a registration ended without a result")


async def _next(progress: Progress) -> ShardProgress | None:
    return await anext(progress, None)


async def _cancelled(task: asyncio.Future[Any]) -> None:
    """Wait until a task is over, so that the generator it runs may be closed."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})


def _line(step: ShardProgress) -> bytes:
    return orjson.dumps(_event(step)) + b"\n"


def _event(step: ShardProgress) -> dict[str, Any]:
    match step:
        case Validating(verified, total):
            return {"type": "validating", "verified": verified, "total": total}
        case Committing():
            return {"type": "committing", "stage": "syncing"}
        case Registered(new, _):
            return {"type": "result", "result": int(new)}


def _error_line(error: CommonweightError) -> bytes:
    ours = error.status >= 500  # then the same shard may well pass a moment later
    if ours:
        log.error("a shard was not registered: %s", error)
    return orjson.dumps({"type": "error", "message": error.sentence, "retryable": ours}) + b"\n"
