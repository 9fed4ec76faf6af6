"""What a tuning will take, told before it starts: memory, disk and, roughly, time. A timed first step says more."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from commonweight.files import File
from commonweight.tuning.asked import given_of
from commonweight.tuning.errors import TuningRefused
from commonweight.tuning.training import Estimate, TrainingSpec, choose
from commonweight.tuning.training.estimate import fits_shape
from commonweight.tuning.training.machine import Machine
from commonweight.tuning.training.shape import Shape
from commonweight.tuning.values import Form, NewTuning

CHARACTERS_A_TOKEN: Final = 4.0
SPREAD: Final = 3  # the longest example, as a multiple of the mean one
#: Parameters times tokens that one core learns from in a second: 135 million make some 105, 2 million some 5,500.
CPU_RATE: Final = 1.4e10
START_SECONDS: Final = 15.0  # the libraries, and the files


@dataclass(frozen=True)
class Learnt:
    """What is learnt from before it starts: how many examples, and characters in all; the file, where it is at hand."""

    examples: int = 1
    characters: int = 0

    @classmethod
    def of(cls, training: File | None) -> Learnt:
        facts = dict(training.facts) if training else {}
        return cls(max(1, int(facts.get("examples") or 1)), int(facts.get("characters") or 0))

    @property
    def tokens(self) -> float:
        return self.characters / CHARACTERS_A_TOKEN


def spec_of(new: NewTuning, shape: Shape, learnt: Learnt, home: Path) -> TrainingSpec:
    """What would be trained, as far as that can be told."""
    return choose(
        home,
        home,
        home,
        home,
        examples=learnt.examples,
        parameters=shape.parameters,
        method=new.kind,
        form=Form(new.options.get("form") or Form.LORA),
        given=given_of(new.wished, shape.context),
    )


async def room(
    shape: Shape, spec: TrainingSpec, longest: int, *, converts_base: bool, machine: Machine | None = None
) -> Estimate:
    """Of a training whose longest example has so many tokens. `machine`: None for this one."""
    return await asyncio.to_thread(fits_shape, shape, spec, longest, machine, converts_base=converts_base)


async def estimate(
    spec: TrainingSpec, shape: Shape, learnt: Learnt, *, converts_base: bool, machine: Machine | None = None
) -> Mapping[str, Any]:
    """`refusals` and `warnings` are sentences; `seconds` is rough, and only told where nothing but cores trains."""
    longest = int(min(spec.max_tokens, max(16.0, learnt.tokens / learnt.examples * SPREAD)))
    found = await room(shape, spec, longest, converts_base=converts_base, machine=machine)
    told = {name: value for name, value in asdict(found).items() if name not in ("refusals", "warnings")}
    told |= {"refusals": [one.message for one in found.refusals], "warnings": [one.message for one in found.warnings]}
    return {**told, **_time(spec.epochs * learnt.tokens, shape, found.device)}


def _time(tokens: float, shape: Shape, device: str) -> dict[str, Any]:
    if device != "cpu" or not tokens or not shape.parameters:
        return {}
    seconds = START_SECONDS + tokens * shape.parameters / (CPU_RATE * (os.cpu_count() or 1))
    return {"seconds": round(seconds), "rough": True}


def check_fits(told: Mapping[str, Any]) -> None:
    """Raises TuningRefused with the first thing that stands against it."""
    if told["refusals"]:
        raise TuningRefused(told["refusals"][0], param="model", kind="does_not_fit")
