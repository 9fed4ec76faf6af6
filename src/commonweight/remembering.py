"""Answers that stay true for some seconds, asked for once however many want them at the same time."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

AT_ONCE: Final = 4  # looks under way; each may hold two connections, and a process has fifteen


class Remembered(Generic[K, V]):
    """
    The newest `most` answers, each for `seconds`. What is asked for while it is being looked up is waited for, so that a
    crowd whose answer has just grown old makes one look and not a crowd of them. An error is told to all who waited, and
    not kept.
    """

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._looks: dict[K, asyncio.Task[V]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    def fresh(self, key: K) -> V | None:
        """The answer, if there is one that still counts."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0] > time.monotonic() else None

    async def get(self, key: K, look: Callable[[], Awaitable[V]]) -> V:
        """The answer; `look` finds one where there is none that counts. Raises what `look` raises."""
        kept = self._kept.get(key)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        task = self._looks.get(key)
        if task is None:
            task = self._looks[key] = asyncio.create_task(self._look(key, look))
            task.add_done_callback(_heard)
        return await asyncio.shield(task)  # whoever leaves does not take the answer away from the others

    def forget(self) -> None:
        """Nothing counts any more, nor what is being looked up now."""
        self._kept.clear()
        self._looks.clear()

    async def _look(self, key: K, look: Callable[[], Awaitable[V]]) -> V:
        mine = asyncio.current_task()
        try:
            async with self._places:
                found = await look()
            if self._looks.get(key) is mine:  # else it was forgotten meanwhile
                self._kept[key] = (time.monotonic() + self._seconds, found)
                self._kept.move_to_end(key)
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            return found
        finally:
            if self._looks.get(key) is mine:
                del self._looks[key]


def _heard(task: asyncio.Task[V]) -> None:
    """All who waited may have left: an error that nobody hears is none."""
    if not task.cancelled():
        task.exception()
