"""
Several processes that train one model on parts of each batch (data parallel): gradients are averaged by torch.distributed,
over gloo on processors and NCCL on GPUs. Where there is one process alone, everything here is what that one says.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Self, TypeVar

import torch
import torch.distributed as dist

Something = TypeVar("Something")
MEET: Final = timedelta(minutes=10)  # for the others to come, and for a step of the slowest
COMMANDS: Final = ("", "pause", "cancel")


@dataclass(frozen=True)
class Together:
    """The first one (`rank` 0) decides, tells and writes; `size` is how many there are."""

    rank: int = 0
    size: int = 1

    @classmethod
    def join(cls) -> Self:
        """As the environment says, by torch.distributed's names (RANK, WORLD_SIZE, MASTER_ADDR). It waits for all."""
        size = int(os.environ.get("WORLD_SIZE") or 1)
        if size == 1:
            return cls()
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo", timeout=MEET)
        dist.barrier()  # all connections are made by now
        return cls(dist.get_rank(), size)

    @property
    def first(self) -> bool:
        return self.rank == 0

    def share(self, batch: int) -> int:
        """How many examples of a batch each takes; where they cannot be parted evenly, the batch changes a little."""
        return max(1, round(batch / self.size))

    def decided(self, thing: Something) -> Something:
        """What the first one says, for all."""
        if self.size == 1:
            return thing
        told: list[Any] = [thing]
        dist.broadcast_object_list(told, src=0)
        decided: Something = told[0]
        return decided

    def step(self, command: str, save: bool, read: int) -> tuple[str, bool, int]:
        """After each step: the command and whether to save as the first one has it, and the tokens of all together."""
        if self.size == 1:
            return command, save, read
        device = "cuda" if torch.cuda.is_available() else "cpu"
        mine = [COMMANDS.index(command) if self.first else 0, int(save and self.first), read]
        all_of_us = torch.tensor(mine, dtype=torch.int64, device=device)
        dist.all_reduce(all_of_us)
        said, saving, tokens = (int(number) for number in all_of_us)
        return COMMANDS[said], bool(saving), tokens


class Quiet:
    """The pipe of one that is not the first: it tells nothing, and is not asked anything."""

    wanted = ""

    def tell(self, kind: str, **data: Any) -> None:
        """The first one tells it."""
