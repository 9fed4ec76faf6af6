"""The files of a tuned model, as they go into its repository: no path of the machine that made them in any of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from commonweight.hub import AddFile, AddLarge, Change
from commonweight.storage import Storage
from commonweight.tuning.publishing.values import BaseUsed, Made

#: What is published of a folder: no optimiser's state, no pickles, no logs.
KEPT: Final = (".safetensors", ".json", ".jinja", ".model", ".txt")
LARGE: Final = (".safetensors", ".gguf", ".model")
LARGE_BYTES: Final = 5 << 20  # tokenizers of large vocabularies; git holds what is smaller
PIECE: Final = 1 << 20
ADAPTER, GGUF = "adapter", "gguf"
_LEFT_OUT: Final = ("trainer_state.json", "training_args.json")
_PATH_OF_BASE: Final = ("_name_or_path", "base_model_name_or_path")


@dataclass(frozen=True)
class Artefact:
    """`path` in the repository; `content` where it is written anew, else the bytes of `source`."""

    path: str
    source: Path
    sha256: str
    size: int
    content: bytes | None = None

    @property
    def is_large(self) -> bool:
        return self.content is None and (self.path.endswith(LARGE) or self.size > LARGE_BYTES)


def artefacts_of(made: Made) -> list[Artefact]:
    """
    Merged weights at the root, the adapter in `adapter/`, GGUF files in `gguf/`, each with its hash. Reads every byte: for a
    thread. Raises FileNotFoundError.
    """
    return [_artefact(path, source, made.base) for path, source in _files(made)]


async def change_for(one: Artefact, scope: int, storage: Storage) -> Change:
    """The change that puts it there. Bytes of a large file are stored first, unless the repository holds them already."""
    if not one.is_large:
        return AddFile(one.path, one.source.read_bytes() if one.content is None else one.content)
    held = await storage.large_files(scope, [one.sha256])
    if one.sha256 not in held:
        await storage.ingest(scope, one.source, expected_sha256=one.sha256)
    return AddLarge(one.path, one.sha256, one.size)


def sha256_of(path: Path) -> str:
    """Of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _files(made: Made) -> Iterator[tuple[str, Path]]:
    for folder, at in ((made.merged, ""), (made.adapter, f"{ADAPTER}/")):
        for source in sorted(folder.iterdir()) if folder is not None else ():
            if source.is_file() and source.suffix in KEPT and source.name not in _LEFT_OUT:
                yield f"{at}{source.name}", source
    for source in made.gguf:
        yield f"{GGUF}/{source.name}", source


def _artefact(path: str, source: Path, base: BaseUsed) -> Artefact:
    content = _cleaned(source, base) if source.name in ("config.json", "adapter_config.json") else None
    if content is None:
        return Artefact(path, source, sha256_of(source), source.stat().st_size)
    return Artefact(path, source, hashlib.sha256(content).hexdigest(), len(content), content)


def _cleaned(source: Path, base: BaseUsed) -> bytes:
    """A configuration that names the base's repository, where the trainer wrote the folder that it read."""
    document: dict[str, Any] = orjson.loads(source.read_bytes())
    named: dict[str, str] = {key: base.repository for key in _PATH_OF_BASE if key in document}
    if "base_model_name_or_path" in document:
        named["revision"] = base.commit
    return orjson.dumps({**document, **named}, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def hashes(artefacts: list[Artefact]) -> Mapping[str, str]:
    """SHA-256 by path."""
    return {one.path: one.sha256 for one in sorted(artefacts, key=lambda one: one.path)}
