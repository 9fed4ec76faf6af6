"""First stage: what is learnt from and what is held out, and the base as a folder that can be trained."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

from commonweight.files import File, FileMissing, Files
from commonweight.identity import Caller
from commonweight.tuning.asked import LICENCE, LONGEST, given_of
from commonweight.tuning.converting import Converter, check_convertible
from commonweight.tuning.data import Split, TokenCounts, canonical, split
from commonweight.tuning.lengths import Lengths
from commonweight.tuning.reading_length import settle
from commonweight.tuning.stages.folders import BASE, DATA, Bases, BrokenOff, base_of, wished
from commonweight.tuning.steps import StepFailed, Work
from commonweight.tuning.training import Estimate, TrainingFailed, TrainingSpec, choose
from commonweight.tuning.training.shape import Shape, read_shape
from commonweight.tuning.values import Base, Form, Level, Method

RAW: Final = "given.jsonl"  # the training file as it was sent
RAW_VALIDATION: Final = "given_validation.jsonl"
MAX_SMALL: Final = 256 << 20  # of tokenizer.json


class Fits(Protocol):
    def __call__(self, base: Path, spec: TrainingSpec, /, *, converts_base: bool) -> Estimate:
        """See `training.fits`."""
        ...


class DatasetLines(Protocol):
    async def __call__(self, caller: Caller, dataset: Mapping[str, Any], out: Path) -> Mapping[str, Any]:
        """Canonical lines of a data set of the hub into a file; what it was: repository, commit, path, licence."""
        ...


@dataclass(frozen=True)
class Examples:
    """What a tuning learns from, as files of canonical lines in its folder."""

    files: Files
    dataset_lines: DatasetLines | None = None

    async def split(self, work: Work) -> tuple[Split, dict[str, Any]]:
        """The split, and what it is of: name, SHA-256, repository, commit. Again it gives the same. Raises StepFailed."""
        folder = work.folder / DATA
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        about = await self._training(work, folder / RAW)
        validation = await self._file(work, "validation_file", work.tuning.validation_file_id, folder / RAW_VALIDATION)
        made = await asyncio.to_thread(_split, folder, validation is not None, work.tuning.seed)
        return made, about

    async def _training(self, work: Work, out: Path) -> dict[str, Any]:
        if work.tuning.dataset is not None:
            if self.dataset_lines is None:
                raise StepFailed("unsupported_value", "Data sets of the hub are not read here yet.", param="dataset")
            about = await self.dataset_lines(work.caller, work.tuning.dataset, out)
            return {**about, "sha256": await asyncio.to_thread(_sha256, out)}
        file = await self._file(work, "training_file", work.tuning.training_file_id, out)
        assert file is not None
        stated = str(work.tuning.options.get(LICENCE) or "")
        return {"name": file.filename, "sha256": await asyncio.to_thread(_sha256, out), "licence": stated}

    async def _file(self, work: Work, param: str, file_id: str | None, out: Path) -> File | None:
        if file_id is None:
            return None
        try:
            file = await self.files.get(work.tuning.account_id, file_id)
            with out.open("wb") as kept:
                async for piece in self.files.read(file):
                    await asyncio.to_thread(kept.write, piece)
        except FileMissing as missing:
            raise StepFailed("file_not_found", missing.detail, param=param) from None
        return file


class Preparing(BrokenOff):
    """
    `fits` says whether a training fits on this machine, `converter` makes a GGUF file one that can be trained, and `lengths`
    tells of examples that the base would not read whole.
    """

    def __init__(
        self, examples: Examples, bases: Bases, converter: Converter, fits: Fits, lengths: Lengths | None = None
    ) -> None:
        self._examples = examples
        self._bases = bases
        self._converter = converter
        self._fits = fits
        self._lengths = lengths

    async def run(self, work: Work) -> Mapping[str, Any]:
        """See `Step.run`."""
        made, about = await self._examples.split(work)
        await self._tell(work, made)
        base = base_of(work)
        await self._base(work, base)
        folder = work.folder / BASE
        await asyncio.to_thread(_check, folder)
        shape = await asyncio.to_thread(shape_of, folder)
        spec = spec_of(work, made.train_lines, shape)
        await self._room(work, spec)
        if self._lengths is not None:
            spec = await self._read(work, spec, shape, self._lengths)
        files = await self._bases.files(base)
        return {"split": made.to_json(), "data": about, "base_files": files, "spec": spec.to_json()}

    async def _tell(self, work: Work, made: Split) -> None:
        kept = "held out" if not made.given else "to validate with"
        await work.say(f"{made.train_lines} examples to learn from, {made.held_out_lines} {kept}")
        if made.leaked_count:
            message = (
                f"{made.leaked_count} lines of the validation file ask what the training file asks: scores will flatter."
            )
            await work.say(message, level=Level.WARN)

    async def _base(self, work: Work, base: Base) -> None:
        folder = work.folder / BASE
        if await self._bases.copy(base, folder):
            return
        await work.say(f"Reading {base.repository}:{base.path} as floats, so that it can be trained")
        async with self._bases.gguf(base) as gguf:
            await self._converter.to_checkpoint(gguf, folder)

    async def _room(self, work: Work, spec: TrainingSpec) -> None:
        """Raises StepFailed where it does not fit."""
        estimate = await self._estimate(work, spec)
        for finding in estimate.warnings:
            await work.say(finding.message, level=Level.WARN)
        if estimate.refusals:
            first = estimate.refusals[0]
            raise StepFailed(first.code, first.message)
        told = {"memory_bytes": estimate.memory_bytes, "disk_bytes": estimate.disk_bytes, "device": estimate.device}
        told |= {"parameters": estimate.parameters, "trainable_parameters": estimate.trainable_parameters}
        await work.say(columns={"estimate": {**(work.tuning.estimate or {}), **told}})

    async def _estimate(self, work: Work, spec: TrainingSpec) -> Estimate:
        converts = base_of(work).gguf is None
        try:
            return await asyncio.to_thread(functools.partial(self._fits, spec.base, spec, converts_base=converts))
        except TrainingFailed as failed:
            raise StepFailed(failed.code, failed.message, hint=failed.hint) from None

    async def _read(self, work: Work, spec: TrainingSpec, shape: Shape, lengths: Lengths) -> TrainingSpec:
        """It reads as far as the examples are long, where nobody said how far; what does not fit is said, by line."""

        async def counted(sure: int, most: int) -> TokenCounts | None:
            return await lengths.of(work.folder / DATA / RAW, spec.base, sure, most)

        async def has_room(grown: TrainingSpec, _: int) -> bool:
            return (await self._estimate(work, grown)).fits

        settled = await settle(spec, wished(work).get(LONGEST), shape.context, counted, has_room)
        for sentence in settled.told:
            await work.say(sentence)
        for sentence in settled.warnings:
            await work.say(sentence, level=Level.WARN)
        return settled.spec


def spec_of(work: Work, examples: int, shape: Shape) -> TrainingSpec:
    """What will be trained: as asked, and where that says "auto" as the rules have it."""
    folder, said = work.folder, dict(wished(work))
    given = given_of(said, shape.context)
    return choose(
        folder,
        folder / BASE,
        folder / DATA / "train.jsonl",
        folder / DATA / "held_out.jsonl",
        examples=examples,
        parameters=shape.parameters,
        method=Method(work.tuning.method["type"]),
        form=Form(work.tuning.options.get("form") or Form.LORA),
        seed=work.tuning.seed,
        given=given,
    )


def shape_of(folder: Path) -> Shape:
    """By its configuration and the heads of its safetensors alone. Raises StepFailed."""
    try:
        return read_shape(folder)
    except TrainingFailed as failed:
        raise StepFailed(failed.code, failed.message, hint=failed.hint) from None


def _check(folder: Path) -> None:
    """Whether what comes of it can be served. Raises NotConvertible, StepFailed."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
        tokenizer = json.loads((folder / "tokenizer.json").read_bytes())
    except (OSError, ValueError) as error:
        message = f"The base has no config.json and tokenizer.json that can be read ({type(error).__name__})."
        raise StepFailed("not_convertible", message, hint="Publish both beside its weights.", param="model") from None
    check_convertible(config, tokenizer)


def _split(folder: Path, with_validation: bool, seed: int) -> Split:
    validation = _lines(folder / RAW_VALIDATION) if with_validation else None
    return split(_lines(folder / RAW), folder, validation=validation, seed=seed)


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                yield canonical(orjson.loads(line))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
