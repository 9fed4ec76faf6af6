"""What the worker tells the program that has a training done on a cluster, as words of its command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from commonweight.serving.ray import Needs

PROGRAM: Final = "commonweight.tuning.training.ray.driver"


@dataclass(frozen=True)
class Order:
    """Which cluster, what is asked of one of its nodes, and a folder that may be made there."""

    address: str
    needs: Needs
    cache: Path
    workers: int = 1

    def as_program(self) -> list[str]:
        """For `Trainer`."""
        needs = self.needs
        asked = [f"--cpus={needs.cpus:g}", f"--gpus={needs.gpus:g}", f"--workers={self.workers}"]
        return [PROGRAM, self.address, *asked, f"--cache={self.cache}"]

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        parser = argparse.ArgumentParser(prog=PROGRAM)
        parser.add_argument("address")
        parser.add_argument("--cpus", type=float, required=True)
        parser.add_argument("--gpus", type=float, required=True)
        parser.add_argument("--workers", type=int, required=True)
        parser.add_argument("--cache", type=Path, required=True)
        said = parser.parse_args(words)
        return cls(said.address, Needs(said.cpus, said.gpus), said.cache, said.workers)
