"""The web side: finds the replica that answers for a model, or has one loaded."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from commonweight.serving.errors import LoadFailed, ModelLoading
from commonweight.serving.models import ServableModel
from commonweight.serving.replicas import Replica, Replicas, State

log = logging.getLogger(__name__)

TRUST_S = 1.0  # how long a row that was read counts as true; a worker drains for longer than this
TOUCH_EVERY_S = 5.0  # how exactly the worker needs to know who was used last
LOOK_EVERY_S = 0.1  # how late a waiting request learns that the engine is ready
WANT_EVERY_S = 5.0  # a third of the lease of a wanted row
UNCLAIMED_S = 30.0  # a worker claims within a fraction of a second; after this there is none

OnProgress = Callable[[str], Awaitable[None]]


@dataclass
class _Known:
    """A ready replica as last read."""

    replica: Replica
    until: float
    touched: float


@dataclass
class _Load:
    """One model being waited for, by any number of requests of this process."""

    text: str = "waiting for a worker"  # what it says of itself
    waiting: int = 0
    task: asyncio.Task[Replica] | None = None


class Router:
    """One per web process. `close` it before the database."""

    def __init__(self, replicas: Replicas) -> None:
        self._replicas = replicas
        self._known: dict[str, _Known] = {}
        self._loads: dict[str, _Load] = {}
        self._background: set[asyncio.Task[None]] = set()

    async def lease_for(self, model: ServableModel, wait: float, on_progress: OnProgress | None = None) -> Replica:
        """
        A replica that answers for the model; loads it if need be, once for all who ask.

        `on_progress` is awaited whenever the load has something new to say. Raises LoadFailed with the worker's reason,
        or ModelLoading after `wait` seconds (the load goes on).
        """
        known = self._trusted(model.key) or await self._look(model)
        if known is not None:
            return known
        return await self._wait_for_load(model, wait, on_progress)

    def _trusted(self, key: str) -> Replica | None:
        known = self._known.get(key)
        return known.replica if known and asyncio.get_running_loop().time() < known.until else None

    async def _look(self, model: ServableModel) -> Replica | None:
        """Read the row; remember it if it is ready."""
        row = await self._replicas.find(model.key)
        if row is None or row.state is not State.READY:
            self._known.pop(model.key, None)
            return None
        now = asyncio.get_running_loop().time()
        before = self._known.get(model.key)
        touched = before.touched if before else now - TOUCH_EVERY_S
        if now - touched >= TOUCH_EVERY_S:
            touched = now
            self._in_background(self._replicas.touch(row.id))
        self._known[model.key] = _Known(row, now + TRUST_S, touched)
        return row

    async def _wait_for_load(self, model: ServableModel, wait: float, on_progress: OnProgress | None) -> Replica:
        load = self._loads.get(model.key)
        if load is None:
            load = self._loads[model.key] = _Load()
            load.task = asyncio.create_task(self._load(model, load))
        load.waiting += 1
        try:
            return await self._follow(model, load, wait, on_progress)
        finally:
            load.waiting -= 1
            if not load.waiting:  # nobody left: stop renewing what is wanted
                self._forget(model.key, load)

    async def _follow(self, model: ServableModel, load: _Load, wait: float, on_progress: OnProgress | None) -> Replica:
        assert load.task is not None
        loop = asyncio.get_running_loop()
        deadline, said = loop.time() + wait, ""
        while not load.task.done():
            if loop.time() >= deadline:
                raise ModelLoading(f"{model.name} is still being loaded after {wait:.0f} s: {load.text}.")
            if on_progress and load.text != said:
                said = load.text
                await on_progress(said)
            await asyncio.wait({load.task}, timeout=min(LOOK_EVERY_S, max(0.0, deadline - loop.time())))
        return load.task.result()

    def _forget(self, key: str, load: _Load) -> None:
        if load.task is not None:
            load.task.cancel()
        if self._loads.get(key) is load:
            del self._loads[key]

    async def _load(self, model: ServableModel, load: _Load) -> Replica:
        """Want it until it is ready. Raises LoadFailed."""
        loop = asyncio.get_running_loop()
        began, wanted = loop.time(), -WANT_EVERY_S
        while True:
            if loop.time() - wanted >= WANT_EVERY_S:
                await self._replicas.want(model)
                wanted = loop.time()
            row = await self._replicas.find(model.key)
            if row is None:
                wanted = -WANT_EVERY_S  # it ended, or its worker died: want it anew
            elif row.state is State.READY:
                return await self._look(model) or row
            else:
                load.text = row.progress or load.text
                _check(row, loop.time() - began)
            await asyncio.sleep(LOOK_EVERY_S)

    async def lost(self, replica: Replica, gone: bool) -> None:
        """
        This replica failed a request: read its row again before using it. `gone`: nothing listens at its address any
        more, so the row is dropped and the next request has a new engine started.
        """
        known = self._known.get(replica.model.key)
        if known and known.replica.id == replica.id:
            del self._known[replica.model.key]
        if gone:
            await self._replicas.remove(replica.id)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._noted)

    def _noted(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("could not note that a replica is in use: %s", error)

    async def close(self) -> None:
        """End what runs in the background."""
        for key, load in tuple(self._loads.items()):
            self._forget(key, load)
        await asyncio.gather(*self._background, return_exceptions=True)


def _check(row: Replica, waited: float) -> None:
    """Raises LoadFailed where waiting on is no use."""
    if row.state is State.FAILED:
        raise LoadFailed(row.error)
    if row.state is State.WANTED and waited > UNCLAIMED_S:
        detail = f"No worker took up {row.model.name} within {UNCLAIMED_S:.0f} s."
        raise LoadFailed(detail, hint="Is the worker process running?")
