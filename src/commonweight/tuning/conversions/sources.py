"""What is converted: a checkpoint of safetensors or a GGUF file of the hub, looked at before a job is made."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from commonweight.hub import Entry, EntryNotFound, Hub, Revision, TooMuch
from commonweight.identity import Caller
from commonweight.policy import Policy
from commonweight.tuning.conversions.values import ConversionRefused
from commonweight.tuning.converting import (
    HeadCut,
    NotConvertible,
    Quantisation,
    check_all_there,
    check_convertible,
    check_shrinkable,
    whole_models,
)

MAX_CONFIG: Final = 64 << 20  # tokenizers reach some tens of MiB
MAX_FILES: Final = 2_000
#: Bytes of a GGUF file that are read to see its head: most fit the first; vocabularies of 262,144 words take 15 MiB.
HEADS: Final = (8 << 20, 32 << 20, 128 << 20)
MAX_LISTED: Final = 12  # files that an error names


@dataclass(frozen=True)
class Source:
    """`path`: of a GGUF file, the first one where it lies in parts; "" for a checkpoint. `warning`: what it will cost."""

    revision: Revision
    path: str = ""
    warning: str = ""


class Sources:
    def __init__(self, hub: Hub, policy: Policy) -> None:
        self._hub = hub
        self._policy = policy

    async def find(self, caller: Caller, model: str, kinds: Sequence[Quantisation]) -> Source:
        """
        What `namespace/name[@revision][:file]` means, and that it can become these kinds. Without a file, the checkpoint is
        meant, else the only GGUF file.

        Raises ConversionRefused, NotConvertible, RepositoryNotFound, RevisionNotFound, GatedRepository.
        """
        revision, wanted = await self._revision(caller, model)
        listed = await self._hub.tree(revision, recursive=True, limit=MAX_FILES)
        entries = {entry.path: entry for entry in listed if entry.is_file}
        if not wanted and any(path.endswith(".safetensors") for path in entries):
            await self._check_checkpoint(revision, entries)
            return Source(revision)
        path = wanted or _only_one(revision, entries)
        return Source(revision, path, await self._check_file(revision, entries, path, kinds))

    async def _revision(self, caller: Caller, model: str) -> tuple[Revision, str]:
        head, _, path = model.partition(":")
        name, _, revision = head.partition("@")
        namespace, slash, short = name.partition("/")
        if not slash or not short or "/" in short:
            raise ConversionRefused(f"{model[:200]!r} is no model of this hub; expected namespace/name[@revision][:file].")
        repository = await self._hub.find(caller, "model", namespace, short)
        await self._hub.check_files(caller, repository)
        found = await self._hub.resolve(repository, revision or "main")
        refusal = (await self._policy.admit(found, None, caller)).refusal
        if refusal:
            raise ConversionRefused(f"{found.repository.full_name} must not be used here: {refusal.message}")
        return found, path

    async def _check_checkpoint(self, revision: Revision, entries: Collection[str]) -> None:
        try:
            config, tokenizer = [await self._json(revision, path) for path in ("config.json", "tokenizer.json")]
            await asyncio.to_thread(check_convertible, config, tokenizer)
        except NotConvertible as error:
            models = _models_in(entries)
            if not models:
                raise
            hint = f"Name a GGUF file of it: {revision.repository.full_name}:{models[0]}."
            raise NotConvertible(error.detail, hint=hint) from None

    async def _json(self, revision: Revision, path: str) -> Mapping[str, Any]:
        try:
            content = await self._hub.read_small(revision, path, MAX_CONFIG)
            found = await asyncio.to_thread(json.loads, content)
        except (EntryNotFound, TooMuch, ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            name = revision.repository.full_name
            raise NotConvertible(f"{name} holds no {path} that can be read.", hint="Publish it with `save_pretrained`.")
        return found

    async def _check_file(
        self, revision: Revision, entries: Mapping[str, Entry], path: str, kinds: Sequence[Quantisation]
    ) -> str:
        if path not in _models_in(entries):
            raise ConversionRefused(f"{path[:200]!r} is no model file of {revision.repository.full_name}. {_list(entries)}")
        check_all_there(path, entries)
        entry = entries[path]
        for most in HEADS:
            head = await self._head(revision, entry, most)
            try:
                return await asyncio.to_thread(check_shrinkable, path, head, entry.size, kinds)
            except HeadCut:
                continue
        raise NotConvertible(f"What {path} says of itself goes on for more than {HEADS[-1] >> 20} MiB; no model's does.")

    async def _head(self, revision: Revision, entry: Entry, most: int) -> bytes:
        pieces = [piece async for piece in self._hub.read(revision.repository, entry, 0, min(most, entry.size))]
        return b"".join(pieces)


def _models_in(paths: Collection[str]) -> tuple[str, ...]:
    """The GGUF files that are models; those beside a model by which it sees (`mmproj`) are none."""
    names = [path for path in paths if path.lower().endswith(".gguf")]
    return whole_models([path for path in names if "mmproj" not in path.rpartition("/")[2].lower()])


def _only_one(revision: Revision, paths: Collection[str]) -> str:
    models, name = _models_in(paths), revision.repository.full_name
    if len(models) == 1:
        return models[0]
    if not models:
        raise NotConvertible(
            f"{name} holds no safetensors and no GGUF file.", hint="Name the repository with the model's floats."
        )
    raise ConversionRefused(
        f"{name} holds {len(models)} GGUF files. {_list(paths)}",
        hint=f"Name one, best the largest: {name}:{models[0]}.",
    )


def _list(paths: Collection[str]) -> str:
    models = _models_in(paths)
    more = f" and {len(models) - MAX_LISTED} more" if len(models) > MAX_LISTED else ""
    return f"It holds {', '.join(models[:MAX_LISTED])}{more}." if models else "It holds no GGUF file."
