"""Third stage: files that engines load. The adapter for the untouched base, and the merged weights, whole and quantised."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from commonweight.tuning.converting import Converter, GgufMade, NotConvertible, Quantisation
from commonweight.tuning.stages.folders import (
    ADAPTER,
    ADAPTER_GGUF,
    BASE,
    BASE_GGUF,
    EPOCHS,
    GGUF,
    MERGED,
    Bases,
    BrokenOff,
    base_of,
    checkpoint_gguf,
    model_gguf,
    side_by_side,
)
from commonweight.tuning.steps import StepFailed, Work
from commonweight.tuning.training.folders import adapter_files, checkpoints
from commonweight.tuning.values import Level

CHECKPOINTS: Final = 2  # beside the end of the last epoch, which the model itself is: three, as OpenAI keeps
QUANTISATIONS: Final = (Quantisation.Q8_0,)  # beside F16, where nobody says otherwise


@dataclass(frozen=True)
class BaseFiles:
    """The GGUF file of a base: its own, or, where it has none, what the safetensors become that were trained."""

    bases: Bases
    converter: Converter

    async def convert(self, work: Work) -> GgufMade | None:
        """The base in the folder as GGUF. The same base gives the same bytes. None where it has a file of its own."""
        base = base_of(work)
        if base.gguf is not None:
            return None
        said = {"base_repository": base.repository, "base_commit": base.commit, "made_by": "Commonweight"}
        return await self.converter.to_gguf(work.folder / BASE, work.folder / GGUF / BASE_GGUF, said, Quantisation.F16)

    @asynccontextmanager
    async def file(self, work: Work) -> AsyncIterator[Path]:
        """For as long as the block lasts; a base without one was converted before."""
        base = base_of(work)
        if base.gguf is None:
            yield work.folder / GGUF / BASE_GGUF
            return
        async with self.bases.gguf(base) as path:
            yield path


@dataclass(frozen=True)
class _Adapters:
    """What goes on a base: `base` where that was converted too, the adapter, and the steps of its states on the way."""

    base: GgufMade | None
    adapter: GgufMade | None
    steps: Sequence[int] = ()

    @property
    def made(self) -> list[GgufMade]:
        return [self.adapter] if self.adapter else []


class Converting(BrokenOff):
    def __init__(self, bases: BaseFiles, converter: Converter) -> None:
        self._bases = bases
        self._converter = converter

    async def run(self, work: Work) -> Mapping[str, Any]:
        """See `Step.run`. The first of `files` is the one that is served; `base` is the base's, where it was converted."""
        out = work.folder / GGUF
        await asyncio.to_thread(shutil.rmtree, out, True)
        await asyncio.to_thread(out.mkdir, parents=True)
        await work.say("Converting the trained weights")
        light, made = await side_by_side(self._adapters(work), self._models(work))
        for one in (*([light.base] if light.base else []), *made):
            await self._tell(work, one)
        files = [one.document() for one in (*light.made, *made)]
        base = light.base.document() if light.base else None
        return {"files": files, "adapter": light.adapter is not None, "checkpoints": list(light.steps), "base": base}

    async def _models(self, work: Work) -> Sequence[GgufMade]:
        """The merged weights, whole first."""
        out = work.folder / GGUF / model_gguf(Quantisation.F16)
        whole = await self._converter.to_gguf(work.folder / MERGED, out, about(work), Quantisation.F16)
        return [whole, *await self._quantised(work, whole)]

    async def _adapters(self, work: Work) -> _Adapters:
        """The base first, by which tuned and base are asked in one engine, also where the whole model was trained."""
        base = await self._bases.convert(work)
        adapter = await self._adapter(work)
        return _Adapters(base, adapter, await self._checkpoints(work) if adapter else [])

    async def _checkpoints(self, work: Work) -> list[int]:
        """The adapter as it was at the ends of the last epochs before the end; their steps."""
        last = int(work.made["training"]["steps"])
        ended = set(work.tuning.progress.get(EPOCHS, ())) - {last}
        found = [kept for kept in checkpoints(work.folder) if kept.step in ended and adapter_files(kept.path)]
        found = found[-CHECKPOINTS:]
        for kept in found:
            out = work.folder / GGUF / checkpoint_gguf(kept.step)
            async with self._bases.file(work) as gguf:
                await self._converter.adapter_to_gguf(kept.path, gguf, out, about(work))
        return [kept.step for kept in found]

    async def _adapter(self, work: Work) -> GgufMade | None:
        """For the GGUF file that was asked for, or the base's converted one; None where the whole model was trained."""
        folder = work.folder
        if work.made["training"]["adapter"] is None:
            return None
        try:
            async with self._bases.file(work) as gguf:
                return await self._converter.adapter_to_gguf(
                    folder / ADAPTER, gguf, folder / GGUF / ADAPTER_GGUF, about(work)
                )
        except NotConvertible as error:
            await work.say(f"{error.sentence} The merged model is served instead.", level=Level.WARN)
            return None

    async def _quantised(self, work: Work, whole: GgufMade) -> Sequence[GgufMade]:
        out = work.folder / GGUF
        return [await self._converter.quantise(whole.path, out / model_gguf(kind), kind) for kind in kinds_of(work)]

    async def _tell(self, work: Work, made: GgufMade) -> None:
        for warning in made.warnings:
            await work.say(warning, level=Level.WARN)
        for name, parity in (("tokens", made.tokens), ("prompts", made.template)):
            if parity is not None and parity.differing:
                message = (
                    f"{made.path.name} reads {name} otherwise than the model that was trained: {parity.differing[0]!r}."
                )
                raise StepFailed("not_convertible", message, hint="Its answers would not be those of the training.")


def kinds_of(work: Work) -> Sequence[Quantisation]:
    """Which quantisations are wanted. Raises StepFailed."""
    said = work.tuning.options.get("quantisations")
    if said is None:
        return QUANTISATIONS
    try:
        return [kind for kind in map(Quantisation, said) if not kind.is_float]
    except ValueError as error:
        hint = f"Expected some of {', '.join(Quantisation)}."
        raise StepFailed("invalid_value", f"{error}.", hint=hint, param="options.quantisations") from None


def about(work: Work) -> dict[str, str]:
    """What files say of where they come from."""
    base, data = base_of(work), work.made["preparing"]["data"]
    said = {"base_repository": base.repository, "base_commit": base.commit, "tuning": work.tuning.id}
    said |= {"dataset_sha256": data["sha256"], "made_by": "Commonweight"}
    return said | ({"dataset": data["repository"], "dataset_commit": data["commit"]} if data.get("repository") else {})
