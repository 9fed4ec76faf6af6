"""What a stage of a tuning is, for `TuningRuns` that takes a tuning through them. Each part of the room gives one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from commonweight.identity import Caller
from commonweight.tuning.values import Level, Tuning, Wanted


class Say(Protocol):
    """
    Write what happened: an event for whoever follows. `data` makes it one of metrics. `progress` is kept in the row, key by
    key over what is there; `columns` are others of the row. Raises what must not be caught where another turn has begun.
    """

    async def __call__(
        self,
        message: str = "",
        *,
        level: Level = Level.INFO,
        data: Mapping[str, Any] | None = None,
        progress: Mapping[str, Any] | None = None,
        columns: Mapping[str, Any] | None = None,
    ) -> None: ...


class Keep(Protocol):
    async def __call__(self, step: int, metrics: Mapping[str, float]) -> None:
        """Tell of a state of the training that was kept. Telling twice of one does no harm."""
        ...


class KeepOnly(Protocol):
    async def __call__(self, steps: Sequence[int]) -> None:
        """Of the states that were kept, those after these steps alone can be had."""
        ...


@dataclass(frozen=True)
class Work:
    """
    What a stage works on. `caller` is whose key made the tuning, `folder` its own on this host, `made` what earlier stages
    gave back, by stage.
    """

    tuning: Tuning
    caller: Caller
    folder: Path
    made: Mapping[str, Mapping[str, Any]]
    say: Say
    keep: Keep
    keep_only: KeepOnly


class Step(Protocol):
    """A stage. It may be broken off at any moment and begun again, on this host or on another with an empty folder."""

    async def run(self, work: Work) -> Mapping[str, Any]:
        """
        Do it, and give back what later stages have to know, as JSON: it is kept in the row. Raises StepFailed, or Stopped
        after `stop`.
        """
        ...

    async def stop(self, wanted: Wanted) -> bool:
        """Be done within seconds, keeping what is done. False: there is nothing to keep, break it off."""
        ...


class StepFailed(Exception):
    """A stage cannot be done, however often it is tried: the tuning fails with this as its `error`."""

    def __init__(self, code: str, message: str, *, hint: str = "", param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = f"{message} {hint}".strip()
        self.param = param

    def as_document(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "param": self.param}


class Stopped(Exception):
    """A stage has stopped since it was asked to."""
