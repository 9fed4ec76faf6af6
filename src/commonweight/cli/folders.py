"""A folder of model files on this machine, as a release whose openness is looked at."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from commonweight.hub import read_card
from commonweight.rights import Release, ReleaseFile, Wanted, body_of_card, wanted

MAX_FILES: Final = 2_000  # paths looked through; more are shards of data, and change nothing
MAX_HASHED: Final = 64 << 20  # bytes of a file whose digest is worked out; hashing weights takes minutes
CARD: Final = "README.md"
_POINTER: Final = b"version https://git-lfs.github.com/spec/v1"
_POINTER_BYTES: Final = 1024  # a pointer has about 130
_SKIPPED: Final = frozenset({".git", "__pycache__", ".cache"})


def release_in(folder: Path) -> Release:
    """What is looked at in a folder: names, bounded contents, the card. Links out of the folder are not followed."""
    paths = sorted(_paths(folder))[:MAX_FILES]
    limits = {one.path: one for one in wanted(paths)}
    files = tuple(_file(folder, path, limits.get(path)) for path in paths)
    card = next((one for one in files if one.path == CARD and one.content is not None), None)
    if card is None or card.content is None:
        return Release(files)
    return Release(files, read_card(card.content).data, body_of_card(card.text))


def _paths(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        yield from (Path(place, name).relative_to(folder).as_posix() for name in names)


def _file(folder: Path, path: str, asked: Wanted | None) -> ReleaseFile:
    place = folder / path
    if not place.is_file() or not place.resolve().is_relative_to(folder.resolve()):
        return ReleaseFile(path, is_stored=False)
    size = place.stat().st_size
    with place.open("rb") as file:
        head = file.read(max(asked.limit if asked else 0, _POINTER_BYTES))
    if size <= _POINTER_BYTES and head.startswith(_POINTER):
        return ReleaseFile(path, size, is_stored=False)
    return ReleaseFile(path, size, _digest(place, size), True, head[: asked.limit] if asked else None)


def _digest(place: Path, size: int) -> str:
    if size > MAX_HASHED:
        return ""
    with place.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
