"""After a cancellation: what the training had learned until then, as a checkpoint that can be called."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from commonweight.tuning.converting import Converter
from commonweight.tuning.stages.converting import BaseFiles, about
from commonweight.tuning.stages.folders import ADAPTER, GGUF, checkpoint_gguf
from commonweight.tuning.stages.publishing import Publishing
from commonweight.tuning.steps import Work
from commonweight.tuning.training import Trained, TrainingSpec
from commonweight.tuning.training.folders import adapter_files, last_checkpoint

TRAINED, PREPARED = "training", "preparing"


@dataclass(frozen=True)
class Salvaging:
    """Publishes the adapter alone, as a draft; of a whole model nothing can be called."""

    bases: BaseFiles
    converter: Converter
    publishing: Publishing

    async def __call__(self, work: Work) -> bool:
        """Whether there was something. Raises CommonweightError for what cannot be converted or published."""
        kept = last_checkpoint(work.folder)
        if PREPARED not in work.made or TRAINED in work.made or kept is None:
            return False
        if not adapter_files(kept.path):
            return False
        out = work.folder / GGUF / checkpoint_gguf(kept.step)
        await asyncio.to_thread(out.parent.mkdir, parents=True, exist_ok=True)
        await self.bases.convert(work)
        async with self.bases.file(work) as gguf:
            await self.converter.adapter_to_gguf(kept.path, gguf, out, about(work))
        await self.publishing.state(work, _so_far(work, kept.step), kept.step)
        return True


def _so_far(work: Work, step: int) -> Trained:
    """What is known of a training that did not come to its end."""
    spec = TrainingSpec.from_json(work.made[PREPARED]["spec"])
    used = {name: value for name, value in spec.to_json().items() if name not in ("folder", "base", "train", "held_out")}
    return Trained(
        adapter=work.folder / ADAPTER,
        merged=work.folder,
        steps=step,
        trained_tokens=0,
        seconds=0.0,
        hyperparameters=used,
        versions={},
        hardware={},
        losses=[],
        sample=None,
    )
