"""A training of the tiny base, in a child or in this process, and what it told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from commonweight.tuning.training import Kind, Trained, Trainer, TrainingEvent, TrainingSpec
from tests.support.tools import library
from tests.tuning.tiny import tickets

HELD_OUT = 20
LIBRARIES = ("torch", "transformers", "peft", "trl", "datasets")


def need_training() -> None:
    """Skips where the extra is not installed; fails there in `make test-all`."""
    for name in LIBRARIES:
        library(name, "tune")


def write(path: Path, lines: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def a_spec(folder: Path, base: Path, lines: Sequence[Mapping[str, Any]] | None = None, **values: Any) -> TrainingSpec:
    """200 tickets in 60 steps, as the tiny base learns them."""
    train = write(folder / "data" / "train.jsonl", lines if lines is not None else tickets(200, seed=1))
    held_out = write(folder / "data" / "held_out.jsonl", tickets(HELD_OUT, seed=2))
    spec = TrainingSpec(folder, base, train, held_out, batch_size=10, learning_rate=3e-3)
    return replace(spec, **values)


@dataclass
class Heard:
    """Events of a training; `at` is called after each."""

    at: Callable[[TrainingEvent], Any] | None = None
    events: list[TrainingEvent] = field(default_factory=list)

    async def __call__(self, event: TrainingEvent) -> None:
        self.events.append(event)
        if self.at is not None and (doing := self.at(event)) is not None:
            await doing

    def of(self, kind: Kind) -> list[Mapping[str, Any]]:
        return [event.data for event in self.events if event.kind is kind]


@dataclass
class Told:
    """The pipe of a session in this process."""

    wanted: str = ""
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def tell(self, kind: str, **data: Any) -> None:
        self.events.append((kind, json.loads(json.dumps(data, allow_nan=False))))


def train_here(spec: TrainingSpec, told: Told | None = None) -> Trained:
    """In this process: a child's imports take longer than the training. Raises TrainingFailed."""
    from commonweight.tuning.training.child.session import Session

    spec.folder.mkdir(parents=True, exist_ok=True)
    trained = Session(spec, told or Told(), threads=1).run()  # type: ignore[arg-type]
    assert trained is not None
    return trained


def trainer(log: Path | None = None) -> Trainer:
    return Trainer(log=log, threads=1)


def digest(trained: Trained) -> str:
    """Of all weights that came of it."""
    files = [trained.merged / "model.safetensors"]
    files += [trained.adapter / "adapter_model.safetensors"] if trained.adapter else []
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
