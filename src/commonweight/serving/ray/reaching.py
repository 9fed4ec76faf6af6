"""Whether a Ray cluster is there: a look at its address that is over within seconds, before Ray itself is asked."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util

LOOK_S = 3.0  # Ray's own look takes minutes, and ends the process that asked


def ray_installed() -> bool:
    """Looked up, not imported."""
    return importlib.util.find_spec("ray") is not None


async def answers(address: str, seconds: float = LOOK_S) -> bool:
    """Whether something listens at `host:port`, found out within `seconds`. That it is Ray shows when it is joined."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        return False
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host.strip("[]"), int(port)), seconds)
    except (OSError, TimeoutError, OverflowError):
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
