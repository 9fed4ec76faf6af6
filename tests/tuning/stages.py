"""Stages that do what a test says, and tell what was asked of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from commonweight.tuning import Stage, Step, Stopped, Wanted, Work

Act = Callable[[Work], Awaitable[Mapping[str, Any] | None]]


@dataclass
class Acted:
    """A `Step`: `act` is what it does."""

    stage: Stage
    log: list[str]
    act: Act | None = None

    async def run(self, work: Work) -> Mapping[str, Any]:
        self.log.append(self.stage.value)
        (work.folder / self.stage.value).write_text("here")
        made = await self.act(work) if self.act else None
        return made or {"of": self.stage.value}

    async def stop(self, wanted: Wanted) -> bool:
        return False


@dataclass
class Trains:
    """Trains until it is let go, a step at a time; keeps a state when it is asked to stop."""

    log: list[str]
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    from_step: int = 0

    async def run(self, work: Work) -> Mapping[str, Any]:
        self.log.append("training")
        self.asked.clear()
        (work.folder / "training").write_text("here")
        await work.say("Step 1/2: training loss=0.50", data={"step": 1}, progress={"step": 1})
        self.began.set()
        waits = [asyncio.ensure_future(event.wait()) for event in (self.gate, self.asked)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
        if self.asked.is_set():
            await work.keep(1, {"train_loss": 0.5})
            raise Stopped
        return {"steps": 2}

    async def stop(self, wanted: Wanted) -> bool:
        self.log.append(f"stop {wanted.value}")
        self.asked.set()
        return True


@dataclass
class Stages:
    """All stages of a tuning. `acts` are what some of them do."""

    acts: Mapping[Stage, Act] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    training: Trains | None = None

    def steps(self) -> dict[Stage, Step]:
        found: dict[Stage, Step] = {
            stage: Acted(stage, self.log, self.acts.get(stage)) for stage in Stage if stage is not Stage.NONE
        }
        return found if self.training is None else {**found, Stage.TRAINING: self.training}
