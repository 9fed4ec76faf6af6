"""Where things lie in the folder of a training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CHECKPOINTS = "checkpoints"
ADAPTER = "adapter"
MERGED = "merged"
PREFIX = "step-"
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
    kept = checkpoints(folder)
    return kept[-1] if kept else None


def adapter_files(checkpoint: Path) -> Sequence[Path]:
    """The files of PEFT's layout in a checkpoint; none where the whole model is trained."""
    files = [checkpoint / name for name in ADAPTER_FILES]
    return files if all(file.exists() for file in files) else []
