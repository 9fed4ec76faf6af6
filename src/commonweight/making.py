"""What makes models from models in the worker: the stages of tunings, given the rooms of this installation."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from commonweight.batches import RunLine
from commonweight.rooms import Rooms
from commonweight.tuning import Stage, Step, TuningRuns
from commonweight.tuning.converting import Converter
from commonweight.tuning.data import DatasetReader
from commonweight.tuning.stages import (
    Bases,
    Converting,
    Examples,
    Finishing,
    Judging,
    Preparing,
    Publishing,
    Training,
)
from commonweight.tuning.training import Trainer
from commonweight.tuning.training.estimate import fits

FOLDER: Final = "tuning"  # of the home: one folder in it for each tuning at work


def tuning_runs(rooms: Rooms, run_line: RunLine) -> TuningRuns:
    """What works on tunings. `run_line` asks models by the way that serves everybody."""
    return rooms.tuning.runs(rooms.identity, tuning_steps(rooms, run_line), rooms.settings.home / FOLDER)


def tuning_steps(rooms: Rooms, run_line: RunLine) -> dict[Stage, Step]:
    """A step for each stage, one tuning at a time."""
    logs = rooms.settings.home / "logs"
    converter = Converter(log=logs / "converting.log")
    examples = Examples(rooms.files, DatasetReader(rooms.hub, rooms.policy))
    bases = Bases(rooms.sources.materialise, rooms.sources.digests)
    publisher, database = rooms.publisher, rooms.database

    def trainer(folder: Path) -> Trainer:
        return Trainer(log=logs / f"tuning-{folder.name}.log")

    return {
        Stage.PREPARING: Preparing(examples, bases, converter, fits),
        Stage.TRAINING: Training(trainer),
        Stage.CONVERTING: Converting(bases, converter),
        Stage.PUBLISHING: Publishing(publisher, rooms.tuning.names, rooms.clock),
        Stage.JUDGING: Judging(examples, run_line),
        Stage.FINISHING: Finishing(publisher, run_line, database, rooms.files, rooms.batch_work.blobs),
    }
