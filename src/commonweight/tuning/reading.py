"""Before a tuning starts: the examples that its base would not read whole, by line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from commonweight.errors import CommonweightError
from commonweight.files import File, Files
from commonweight.hub import Repository
from commonweight.identity import Caller
from commonweight.serving import Source
from commonweight.tuning.asked import LONGEST
from commonweight.tuning.data import TokenCounts
from commonweight.tuning.estimating import room
from commonweight.tuning.lengths import Lengths
from commonweight.tuning.reading_length import UNCOUNTED, Counted, HasRoom, Settled, settle
from commonweight.tuning.tokenizers import Tokenizers
from commonweight.tuning.training import TrainingSpec
from commonweight.tuning.training.machine import Machine
from commonweight.tuning.training.shape import Shape
from commonweight.tuning.values import Base, NewTuning

DatasetLines = Callable[[Caller, Mapping[str, Any], Path], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True)
class Reading:
    """Fetches what is counted, and its tokenizer, and lets count; in a folder that goes again."""

    files: Files
    dataset_lines: DatasetLines
    tokenizers: Tokenizers
    lengths: Lengths
    home: Path
    machine: Machine | None = None  # on which it will be trained; None: this one

    async def __call__(
        self, caller: Caller, new: NewTuning, training: File | None, repository: Repository, base: Base, shape: Shape,
        spec: TrainingSpec,
    ) -> Settled:  # fmt: skip
        """The spec, which reads further where it may, and what is cut of which lines. What cannot be looked at is said."""
        if training is None and new.dataset is None:
            return Settled(spec)  # nothing to count: an estimate without examples
        with TemporaryDirectory(prefix="reading-", dir=self.home) as name:
            folder = Path(name)
            try:
                given = await self._given(caller, new, training, folder)
                counted, has_room = self._counted(given, repository, base), self._room(shape, base)
                return await settle(spec, new.wished.get(LONGEST), shape.context, counted, has_room)
            except CommonweightError as error:
                return Settled(spec, warnings=[UNCOUNTED.format(error.sentence)])

    async def _given(self, caller: Caller, new: NewTuning, training: File | None, folder: Path) -> Path:
        path = folder / "given.jsonl"
        if training is None:
            await self.dataset_lines(caller, new.dataset or {}, path)
            return path
        with path.open("wb") as kept:
            async for piece in self.files.read(training):
                await asyncio.to_thread(kept.write, piece)
        return path

    def _counted(self, given: Path, repository: Repository, base: Base) -> Counted:
        folder = given.parent / "base"

        async def with_tokenizer(lines: Path, _: Path, most: int) -> TokenCounts:
            if not folder.exists():
                folder.mkdir()
                await self.tokenizers.put(repository, Source.from_document(base.source), folder)
            return await self.lengths.count(lines, folder, most)

        async def counted(sure: int, most: int) -> TokenCounts | None:
            return await Lengths(with_tokenizer).of(given, folder, sure, most)

        return counted

    def _room(self, shape: Shape, base: Base) -> HasRoom:
        async def has_room(spec: TrainingSpec, longest: int) -> bool:
            converts = base.gguf is None
            return (await room(shape, spec, longest, converts_base=converts, machine=self.machine)).fits

        return has_room
