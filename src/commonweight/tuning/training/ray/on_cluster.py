"""A training on a Ray cluster as the worker sees it: waited for while the cluster is away, gone on with when it is back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from commonweight.serving.ray import answers
from commonweight.tuning.training.errors import Code, Died, Paused, TrainingFailed
from commonweight.tuning.training.folders import step_of
from commonweight.tuning.training.trainer import OnEvent, cancelled
from commonweight.tuning.training.values import Kind, Place, Trained, TrainingEvent, TrainingSpec

AGAIN_S: Final = 10.0  # between two looks for a cluster that is away
DEATHS: Final = 5  # of drivers, without a checkpoint between them: then it is no matter of the cluster


class Driver(Protocol):
    """What has one training done on a cluster that answers: a `Trainer` whose program is `ray.driver`."""

    async def run(self, spec: TrainingSpec, on_event: OnEvent) -> Trained: ...

    async def pause(self) -> None: ...

    async def cancel(self) -> None: ...


class OnCluster:
    """
    With the calls of `Trainer`. `driver` makes one for each attempt. A cluster that does not answer is waited for, however
    long; events of the kind `place` say so. A driver that dies with the cluster is followed by another one, which goes on
    from the last checkpoint.
    """

    def __init__(
        self,
        address: str,
        driver: Callable[[], Driver],
        answering: Callable[[str], Awaitable[bool]] = answers,
        again_seconds: float = AGAIN_S,
    ) -> None:
        self._address, self._make = address, driver
        self._answering, self._again = answering, again_seconds
        self._driver: Driver | None = None
        self._wanted = ""
        self._asked = asyncio.Event()
        self._told: dict[str, Any] = {}

    async def run(self, spec: TrainingSpec, on_event: OnEvent) -> Trained:
        """As `Trainer.run`."""
        deaths = 0
        while True:
            await self._until_there(spec, on_event)
            before = step_of(spec.folder)
            driver = self._driver = self._make()
            try:
                return await driver.run(spec, self._hearing(on_event))
            except Died:
                deaths = 1 if step_of(spec.folder) > before else deaths + 1
                if deaths >= DEATHS:
                    raise
                reason = "The process that spoke with it ended."
            except TrainingFailed as failed:
                if failed.code != Code.CLUSTER:
                    raise
                reason = f"{failed.message} {failed.hint}".strip()
            finally:
                self._driver = None
            await self._tell(on_event, Place.REFUSED, reason=reason)
            await self._rest(spec)

    async def pause(self) -> None:
        self._stop("pause")
        if self._driver is not None:
            await self._driver.pause()

    async def cancel(self) -> None:
        self._stop("cancel")
        if self._driver is not None:
            await self._driver.cancel()

    def _stop(self, wanted: str) -> None:
        self._wanted = wanted
        self._asked.set()

    async def _until_there(self, spec: TrainingSpec, on_event: OnEvent) -> None:
        """Raises Paused, Cancelled."""
        while not await self._answering(self._address):
            await self._tell(on_event, Place.AWAY)
            await self._rest(spec)
        self._stop_if_wanted(spec)

    async def _rest(self, spec: TrainingSpec) -> None:
        """Until it is time to try again. Raises Paused, Cancelled."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._asked.wait(), self._again)
        self._stop_if_wanted(spec)

    def _stop_if_wanted(self, spec: TrainingSpec) -> None:
        """While there is no driver that could."""
        if self._wanted == "pause":
            raise Paused(step_of(spec.folder))
        if self._wanted:
            raise cancelled(spec.folder)

    async def _tell(self, on_event: OnEvent, place: Place, **data: Any) -> None:
        """Once, however often it is found again."""
        told = {"state": place.value, "address": self._address, **data}
        if told != self._told:
            self._told = told
            await on_event(TrainingEvent(Kind.PLACE, told))

    def _hearing(self, on_event: OnEvent) -> OnEvent:
        async def hear(event: TrainingEvent) -> None:
            if event.kind is Kind.PLACE:
                self._told = {}  # it was there: what is told from here on is new
            await on_event(event)

        return hear
