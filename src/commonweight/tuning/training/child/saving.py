"""Checkpoints that are whole or not there; which of them are kept."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from commonweight.tuning.training.folders import CHECKPOINTS, PREFIX, PROGRESS, shrink
from commonweight.tuning.training.plan import sync_folder

WRITING = ".writing"  # where a checkpoint is made; what a killed run left there is thrown away


def room_for_writing(folder: Path) -> Path:
    """An empty folder that transformers may write checkpoints to."""
    writing = folder / CHECKPOINTS / WRITING
    shutil.rmtree(writing, ignore_errors=True)
    writing.mkdir(parents=True)
    return writing


def keep(folder: Path, step: int, progress: dict[str, Any]) -> Path:
    """Give what transformers wrote as `checkpoint-<step>` its place, all of it on disk first; old ones shrink or go."""
    made = folder / CHECKPOINTS / WRITING / f"checkpoint-{step}"
    (made / PROGRESS).write_text(json.dumps(progress))
    for file in made.rglob("*"):
        _sync(file)
    _sync(made)
    place = folder / CHECKPOINTS / f"{PREFIX}{step}"
    shutil.rmtree(place, ignore_errors=True)
    made.rename(place)
    sync_folder(place.parent)
    shrink(folder)
    return place


def leave_to_others(folder: Path, step: int) -> None:
    """What transformers wrote of a checkpoint that another process keeps."""
    shutil.rmtree(folder / CHECKPOINTS / WRITING / f"checkpoint-{step}", ignore_errors=True)


def _sync(file: Path) -> None:
    number = os.open(file, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
