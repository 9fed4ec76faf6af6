"""What lies where in the folder of a tuning, and how its base comes there."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from commonweight.serving import Materialise, Source, Target, WeightsFile
from commonweight.tuning.steps import Step, Work
from commonweight.tuning.values import Base, Wanted

DATA, BASE, ADAPTER, MERGED, GGUF = "data", "base", "adapter", "merged", "gguf"
ADAPTER_GGUF: Final = "adapter.gguf"
BASE_GGUF: Final = "base-F16.gguf"  # the base itself, where its repository has no GGUF file
EPOCHS: Final = "epochs_kept"  # in the progress of a tuning: the steps at which an epoch ended
First = TypeVar("First")
Second = TypeVar("Second")
Digests = Callable[[Source], Awaitable[Sequence[WeightsFile]]]


def checkpoint_gguf(step: int) -> str:
    """The name of the file of an adapter as it was after a step."""
    return f"checkpoint-step-{step}.gguf"


def model_gguf(kind: str) -> str:
    """The name of the merged model's file in a format."""
    return f"model-{kind}.gguf"


def base_of(work: Work) -> Base:
    """What the tuning begins from; it was looked up when it was made."""
    assert work.tuning.base is not None
    return Base.from_document(work.tuning.base)


def wished(work: Work) -> Mapping[str, Any]:
    """The hyperparameters as they were asked for; what is not said is "auto"."""
    block = work.tuning.method.get(work.tuning.method["type"]) or {}
    return dict(block.get("hyperparameters") or {})


async def side_by_side(first: Coroutine[Any, Any, First], second: Coroutine[Any, Any, Second]) -> tuple[First, Second]:
    """Both results. Where one fails the other is broken off, so that no child of it goes on alone."""
    tasks = asyncio.ensure_future(first), asyncio.ensure_future(second)
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class BrokenOff(Step):
    """A stage that keeps nothing of what it has begun: it is broken off, and begun again."""

    async def stop(self, wanted: Wanted) -> bool:
        """See `Step.stop`."""
        return False


@dataclass(frozen=True)
class Bases:
    """The bytes of bases on this host. `digests` says the SHA-256 of what a source holds."""

    materialise: Materialise
    digests: Digests

    def gguf(self, base: Base) -> AbstractAsyncContextManager[Path]:
        """The file by which a base is served, for as long as the block lasts."""
        assert base.gguf is not None
        return self.materialise(Source.from_document(base.gguf))

    async def files(self, base: Base) -> dict[str, str]:
        """SHA-256 by path of what was read to train."""
        return {file.path: file.sha256 for file in await self.digests(Source.from_document(base.source))}

    async def copy(self, base: Base, folder: Path) -> bool:
        """The base's safetensors into a folder, anew. False: it has none; its file has to be converted."""
        source = Source.from_document(base.source)
        if source.target is not Target.SNAPSHOT:
            return False
        async with self.materialise(source) as found:
            await asyncio.to_thread(_copy, found, folder)
        return True


def _copy(found: Path, folder: Path) -> None:
    """By links where the file system lets it: weights are large, and nobody writes into them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in sorted(found.rglob("*")):
        if path.is_file():
            target = folder / path.relative_to(found)
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(path.resolve(), target)


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)
