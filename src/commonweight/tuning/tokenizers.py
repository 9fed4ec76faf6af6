"""The tokenizer of a base alone, as a folder: what is counted with before a base is here as a whole."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from commonweight.hub import Entry, Hub, Repository, Revision
from commonweight.serving import Source, Target
from commonweight.tuning.data import HEAD

FILES: Final = (
    "config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json",
    "chat_template.jinja", "added_tokens.json", "tokenizer.model",
)  # fmt: skip
MAX_FILE: Final = 64 << 20
MAX_HEAD: Final = 64 << 20  # the vocabulary of the largest models takes some ten megabytes


@dataclass(frozen=True)
class Tokenizers:
    hub: Hub

    async def put(self, repository: Repository, source: Source, folder: Path) -> None:
        """
        Into a folder: the files beside the safetensors, or the beginning of the GGUF file, which holds it.

        Raises EntryNotFound, NotStored, StoredBytesDamaged.
        """
        revision = Revision(repository, source.commit)
        if source.target is Target.SNAPSHOT:
            for entry in await self.hub.entries(revision, FILES):
                await self._copy(repository, entry, folder / entry.path, MAX_FILE)
            return
        await self._copy(repository, await self.hub.entry(revision, source.path), folder / HEAD, MAX_HEAD)

    async def _copy(self, repository: Repository, entry: Entry, path: Path, most: int) -> None:
        with path.open("wb") as file:
            async for piece in self.hub.read(repository, entry, 0, min(entry.size, most)):
                await asyncio.to_thread(file.write, piece)
