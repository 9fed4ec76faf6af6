"""What a training asks of a node of a Ray cluster, and waiting until one has it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from commonweight.serving.ray import Needs, Room
from commonweight.tuning.training.estimate import LIBRARIES, cut_batch, longest_tokens
from commonweight.tuning.training.machine import Machine
from commonweight.tuning.training.shape import read_shape
from commonweight.tuning.training.trainer import OnEvent
from commonweight.tuning.training.values import Kind, Place, TrainingEvent, TrainingSpec

LOOK_S: Final = 2.0  # between two looks whether there is room
SAY_S: Final = 60.0  # between two events about what is free, which changes all the time where many work
MERGING_BYTES: Final = 8  # of the host's memory for a parameter: on a GPU machine weights are merged as floats beside it


@dataclass(frozen=True)
class Asked:
    """Of one node, by each worker."""

    cpus: float
    gpus: float
    memory: int  # bytes of the host
    workers: int = 1  # that ask as much, each

    @property
    def bundle(self) -> dict[str, float]:
        """By Ray's names; without what is not wanted, which Ray would refuse."""
        wanted = {"CPU": self.cpus, "GPU": self.gpus, "memory": float(self.memory)}
        return {name: amount for name, amount in wanted.items() if amount}

    def __str__(self) -> str:
        one = in_words(self.bundle)
        return one if self.workers == 1 else f"{self.workers} times {one}"


def asked_of(spec: TrainingSpec, needs: Needs, largest: float, workers: int = 1) -> Asked:
    """By the estimate, with a batch in parts where the largest node has no room for all of it. `largest` in bytes."""
    shape = read_shape(spec.base)
    if needs.gpus:
        return Asked(needs.cpus, needs.gpus, LIBRARIES + MERGING_BYTES * shape.parameters, workers)
    machine = Machine("cpu", int(largest) or None)
    part = replace(spec, batch_size=max(1, round(spec.batch_size / workers)))
    memory = cut_batch(shape, part, machine, longest_tokens(spec)).memory_bytes
    return Asked(needs.cpus, needs.gpus, memory, workers)


def in_words(resources: Mapping[str, float]) -> str:
    """`2 CPU, 1 GPU, 714 MB`."""
    memory = int(resources.get("memory", 0)) >> 20
    return f"{resources.get('CPU', 0):g} CPU, {resources.get('GPU', 0):g} GPU, {memory} MB"


class Wait:
    """Says that there is no room: at first, and then not more often than anybody wants to read."""

    def __init__(self, asked: Asked, room: Callable[[], Room], on_event: OnEvent) -> None:
        self._asked, self._room, self._on_event = asked, room, on_event
        self._said: dict[str, Any] = {}
        self._at = float("-inf")

    async def tell(self, now: float | None = None) -> None:
        """`now` in seconds of a clock that only goes forward."""
        now = time.monotonic() if now is None else now
        if now < self._at + SAY_S:
            return
        room = self._room()
        told = _too_small(self._asked, room) or _full(self._asked, room)
        if told != self._said:
            self._said, self._at = told, now
            await self._on_event(TrainingEvent(Kind.PLACE, told))


def _full(asked: Asked, room: Room) -> dict[str, Any]:
    told = {"asked": str(asked), "free": in_words(room.free), "total": in_words(room.total)}
    return {"state": Place.FULL.value, "nodes": len(room.nodes), **told}


def _too_small(asked: Asked, room: Room) -> dict[str, Any] | None:
    """None where some node could do it. It is waited for all the same: a larger one may come."""
    if any(all(node.get(name, 0.0) >= amount for name, amount in asked.bundle.items()) for node in room.nodes):
        return None
    largest = {name: room.largest(name) for name in ("CPU", "GPU", "memory")}
    return {"state": Place.SMALL.value, "asked": in_words(asked.bundle), "largest": in_words(largest)}
