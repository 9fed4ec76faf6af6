"""What makes models from models in the worker: the stages of tunings, given the rooms of this installation."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

from commonweight.batches import RunLine
from commonweight.rooms import Rooms
from commonweight.tuning import Stage, Step, TuningRuns
from commonweight.tuning.converting import Converter
from commonweight.tuning.data import DatasetReader, TokenCounter
from commonweight.tuning.lengths import Lengths
from commonweight.tuning.stages import (
    BaseFiles,
    Bases,
    Converting,
    Examples,
    Finishing,
    Judging,
    Preparing,
    Publishing,
    Salvaging,
    Training,
    Trains,
)
from commonweight.tuning.training.estimate import fits
from commonweight.tuning_places import trains, tunings_machine

FOLDER: Final = "tuning"  # of the home: one folder in it for each tuning at work


def tuning_runs(rooms: Rooms, run_line: RunLine) -> TuningRuns:
    """What works on tunings, one at a time. `run_line` asks models by the way that serves everybody."""
    logs = rooms.settings.home / "logs"
    converter = Converter(log=logs / "converting.log")
    fits_there = functools.partial(fits, machine=tunings_machine(rooms.settings))
    bases = Bases(rooms.sources.materialise, rooms.sources.digests)
    base_files = BaseFiles(bases, converter)
    publishing = Publishing(rooms.publisher, rooms.tuning.names, rooms.clock)
    examples = Examples(rooms.files, DatasetReader(rooms.hub, rooms.policy))
    finishing = Finishing(rooms.publisher, run_line, rooms.database, rooms.files, rooms.batch_work.blobs)

    def trainer(folder: Path) -> Trains:
        return trains(rooms.settings, logs / f"tuning-{folder.name}.log")

    steps: dict[Stage, Step] = {
        Stage.PREPARING: Preparing(examples, bases, converter, fits_there, Lengths(TokenCounter().count)),
        Stage.TRAINING: Training(trainer),
        Stage.CONVERTING: Converting(base_files, converter),
        Stage.PUBLISHING: publishing,
        Stage.JUDGING: Judging(examples, run_line),
        Stage.FINISHING: finishing,
    }
    salvaging = Salvaging(base_files, converter, publishing)
    return rooms.tuning.runs(rooms.identity, steps, rooms.settings.home / FOLDER, salvage=salvaging)
