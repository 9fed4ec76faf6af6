"""A model that is being loaded, as a process that waits for it sees it: once for all its requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from commonweight.serving.errors import LoadFailed, ModelLoading
from commonweight.serving.models import ServableModel
from commonweight.serving.replica import Replica, State
from commonweight.serving.replicas import Replicas

LOOK_EVERY_S = 0.1  # how late a waiting request learns that the engine is ready
WANT_EVERY_S = 5.0  # a third of the lease of a wanted row
RETRY_AFTER_LATE_S = 5  # it takes longer than it did the last time
UNCLAIMED_S = 30.0  # a worker claims within a fraction of a second; after this there is none

OnProgress = Callable[[str], Awaitable[None]]


@dataclass
class _Load:
    """One model being waited for, by any number of requests of this process."""

    began: float
    text: str = "waiting for a worker"  # what it says of itself
    waiting: int = 0
    wanted: bool = False  # a worker can see it
    task: asyncio.Task[None] | None = None


class Loading:
    """Has models loaded. One per router."""

    def __init__(self, replicas: Replicas) -> None:
        self._replicas = replicas
        self._loads: dict[str, _Load] = {}

    async def until_ready(self, model: ServableModel, deadline: float, on_progress: OnProgress | None) -> None:
        """
        Wait until some replica of the model is ready. `deadline` is a time of the loop; one that lies behind still has the
        load begun. Raises LoadFailed, or ModelLoading (the load goes on).
        """
        load = self._loads.get(model.key)
        if load is None:
            load = self._loads[model.key] = _Load(asyncio.get_running_loop().time())
            load.task = asyncio.create_task(self._load(model, load))
        load.waiting += 1
        try:
            await self._follow(model, load, deadline, on_progress)
        finally:
            load.waiting -= 1
            if not load.waiting:  # nobody left: stop renewing what is wanted
                self._forget(model.key, load)

    async def _follow(self, model: ServableModel, load: _Load, deadline: float, on_progress: OnProgress | None) -> None:
        assert load.task is not None
        loop = asyncio.get_running_loop()
        said = ""
        while not load.task.done():
            if loop.time() >= deadline and load.wanted:
                raise await self._not_yet(model, load, loop.time() - load.began)
            if on_progress and load.text != said:
                said = load.text
                await on_progress(f"loading: {said}")
            await asyncio.wait({load.task}, timeout=min(LOOK_EVERY_S, max(0.005, deadline - loop.time())))
        load.task.result()

    async def _not_yet(self, model: ServableModel, load: _Load, waited: float) -> ModelLoading:
        about = await self._replicas.footprints.load_seconds(model)
        detail = f"{model.name} is being loaded, {waited:.0f} s so far of about {about:.0f}: {load.text}."
        return ModelLoading(detail, about - waited if about > waited else RETRY_AFTER_LATE_S)

    def _forget(self, key: str, load: _Load) -> None:
        if load.task is not None:
            load.task.cancel()
        if self._loads.get(key) is load:
            del self._loads[key]

    async def _load(self, model: ServableModel, load: _Load) -> None:
        """Want it until it is ready. Raises LoadFailed."""
        loop = asyncio.get_running_loop()
        wanted = float("-inf")
        while True:
            if loop.time() - wanted >= WANT_EVERY_S:
                await self._replicas.want(model)
                wanted, load.wanted = loop.time(), True
            row = await self._replicas.find(model.key)
            if row is None:
                wanted = float("-inf")  # it ended, or its worker died: want it anew
            elif row.state is State.READY:
                return
            else:
                load.text = row.progress or load.text
                _check(row, loop.time() - load.began)
            await asyncio.sleep(LOOK_EVERY_S)

    def close(self) -> None:
        """Wait no longer."""
        for key, load in tuple(self._loads.items()):
            self._forget(key, load)


def _check(row: Replica, waited: float) -> None:
    """Raises LoadFailed where waiting on is no use."""
    if row.state is State.FAILED:
        raise LoadFailed(row.error)
    if row.state is State.WANTED and waited > UNCLAIMED_S:
        detail = f"No worker took up {row.model.name} within {UNCLAIMED_S:.0f} s."
        raise LoadFailed(detail, hint="Is the worker process running?")
