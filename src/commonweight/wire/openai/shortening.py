"""Prompts that may be shortened: where one does not fit, what was said first is left out, and the engine asked again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, TypeVar

from commonweight.wire.openai.errors import BadRequest

T = TypeVar("T")
PARTS: Final = 8  # an eighth of the turns at a time: a prompt twice too long takes some five refusals, which cost no tokens


@asynccontextmanager
async def shortened(ask: Callable[[], AbstractAsyncContextManager[T]], messages: list[dict[str, Any]]) -> AsyncIterator[T]:
    """What `ask` gives, once `messages` (changed in place) fit. Raises what it raises where nothing is left to leave out."""
    while True:
        opened = False
        try:
            async with ask() as answer:
                opened = True
                yield answer
                return
        except BadRequest as error:
            if opened or error.kind != "context_length_exceeded" or not leave_out(messages):
                raise


def leave_out(messages: list[dict[str, Any]]) -> bool:
    """
    Take away the oldest turns; whether there were some. System messages stay, the last message too; an output never stays
    without its call.
    """
    turns = [message for message in messages if message["role"] != "system"]
    if len(turns) < 2:
        return False
    left = turns[max(1, len(turns) // PARTS) :]
    while len(left) > 1 and left[0]["role"] == "tool":
        left = left[1:]
    messages[:] = [message for message in messages if message["role"] == "system"] + left
    return True
