"""A Ray cluster that does what a test says, and drivers that end as a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from commonweight.serving.ray import Room
from commonweight.tuning.training import Kind, Trained, TrainingEvent, TrainingSpec
from commonweight.tuning.training.trainer import OnEvent

GIB = 1 << 30


def a_room(free: float, *cpus: float) -> Room:
    """`free` processors of nodes that have so many, with 2 GB each."""
    return Room([{"CPU": each, "memory": 2.0 * GIB} for each in cpus], {"CPU": free, "memory": 2.0 * GIB})


def trained(folder: Path) -> Trained:
    """Something that came of it."""
    return Trained(None, folder / "merged", 60, 1, 1.0, {}, {}, {}, [], None)


@dataclass
class StandInReserved:
    there: asyncio.Event
    given_back: bool = False

    async def ready(self, seconds: float) -> bool:
        await asyncio.sleep(0.01)
        return self.there.is_set()

    def strategy(self, bundle: int) -> Any:
        raise AssertionError("nothing is placed in a stand-in")

    async def give_back(self) -> None:
        self.given_back = True


@dataclass
class StandInCluster:
    """A `Cluster` that is full."""

    stands: Room
    ray: Any = None
    asked: list[Mapping[str, float]] = field(default_factory=list)
    reserved: StandInReserved = field(default_factory=lambda: StandInReserved(asyncio.Event()))

    def room(self) -> Room:
        return self.stands

    def reserve(self, bundles: Sequence[Mapping[str, float]], strategy: str = "PACK") -> StandInReserved:
        self.asked = list(bundles)
        return self.reserved


@dataclass
class StandInDriver:
    """Ends with `outcome`; None: it works until it is stopped. `keeps` is the step of a checkpoint that it makes before."""

    outcome: Trained | Exception | None
    keeps: int = 0
    said: list[str] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, spec: TrainingSpec, on_event: OnEvent) -> Trained:
        self.begun.set()
        if self.keeps:
            keep(spec.folder, self.keeps)
        await on_event(TrainingEvent(Kind.STEP, {"step": self.keeps}))
        if self.outcome is None:
            await self._stop.wait()
            raise AssertionError("a test stops it otherwise")
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def pause(self) -> None:
        self.said.append("pause")

    async def cancel(self) -> None:
        self.said.append("cancel")


def keep(folder: Path, step: int) -> None:
    """A checkpoint that can be gone on from."""
    path = folder / "checkpoints" / f"step-{step}"
    path.mkdir(parents=True)
    (path / "trainer_state.json").write_text("{}")
