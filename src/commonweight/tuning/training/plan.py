"""
What was decided once for a training and holds to its end, so that it goes on exactly as it began: `plan.json` in its folder.

`threads` is the number of threads by the step from which it was used: sums of floats depend on it. It is written before a
change takes effect, and read back when a training goes on.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

NAME = "plan.json"


@dataclass
class Plan:
    device: str = "cpu"
    dtype: str = "float32"  # of the weights as they are loaded
    autocast: bool = False  # bfloat16 where the processor or the GPU computes in it
    attention: str = "sdpa"
    micro_batch: int = 1  # examples at once; the rest of a batch is added up
    accumulation: int = 1
    activation_checkpointing: bool = False
    workers: int = 1  # among which a batch is parted; `micro_batch` and `accumulation` are those of each
    threads: dict[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        try:
            document = json.loads((folder / NAME).read_bytes())
        except FileNotFoundError:
            return None
        document["threads"] = {int(step): count for step, count in document["threads"].items()}
        return cls(**document)

    def write(self, folder: Path) -> None:
        """On disk when this returns."""
        write_whole(folder / NAME, json.dumps(dataclasses.asdict(self)).encode())

    def threads_at(self, step: int) -> int | None:
        """How many computed step `step` (from 0); None before anything was decided."""
        decided = [first for first in self.threads if first <= step]
        return self.threads[max(decided)] if decided else None


def write_whole(path: Path, content: bytes) -> None:
    """The file is there whole or not at all, whatever happens meanwhile."""
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Names in a folder are on disk too."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
