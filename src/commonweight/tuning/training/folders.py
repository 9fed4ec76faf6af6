"""Where things lie in the folder of a training."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKPOINTS = "checkpoints"
ADAPTER = "adapter"
MERGED = "merged"
PREFIX = "step-"
PROGRESS = "progress.json"  # beside what transformers keeps: tokens, seconds, losses, whether an epoch ended
STATE = "trainer_state.json"  # the last file that is needed to go on
WHOLE = 2  # checkpoints can be gone on from; of those before, epochs keep their adapter
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")


@dataclass(frozen=True)
class Kept:
    """A checkpoint that is whole: it got its name after all its files were on disk."""

    step: int
    path: Path


def checkpoints(folder: Path) -> list[Kept]:
    """Those in `folder`, the oldest first."""
    found = [(path.name.removeprefix(PREFIX), path) for path in (folder / CHECKPOINTS).glob(f"{PREFIX}*")]
    return sorted((Kept(int(step), path) for step, path in found if step.isdecimal()), key=lambda kept: kept.step)


def last_checkpoint(folder: Path) -> Kept | None:
    """That can be gone on from."""
    kept = [one for one in checkpoints(folder) if (one.path / STATE).exists()]
    return kept[-1] if kept else None


def step_of(folder: Path) -> int:
    """From which a training there would go on."""
    kept = last_checkpoint(folder)
    return kept.step if kept else 0


def progress_of(checkpoint: Path) -> dict[str, Any]:
    """What was kept beside it; empty for none."""
    try:
        progress: dict[str, Any] = json.loads((checkpoint / PROGRESS).read_bytes())
    except FileNotFoundError:
        return {}
    return progress


def shrink(folder: Path) -> None:
    """Old checkpoints go; those at the end of an epoch keep their adapter."""
    for old in checkpoints(folder)[:-WHOLE]:
        if progress_of(old.path).get("epoch_ended") and adapter_files(old.path):
            for file in old.path.iterdir():
                if file.is_dir():
                    shutil.rmtree(file)
                elif file.name not in (*ADAPTER_FILES, PROGRESS):
                    file.unlink()
        else:
            shutil.rmtree(old.path)


def adapter_files(checkpoint: Path) -> Sequence[Path]:
    """The files of PEFT's layout in a checkpoint; none where the whole model is trained."""
    files = [checkpoint / name for name in ADAPTER_FILES]
    return files if all(file.exists() for file in files) else []
