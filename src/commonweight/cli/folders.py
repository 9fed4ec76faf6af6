"""A folder of model files on this machine, as a release to be looked at."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from commonweight.hub import read_card
from commonweight.rights import (
    Records,
    Release,
    ReleaseFile,
    RightsError,
    Wanted,
    body_of_card,
    identify_tag,
    identify_text,
    wanted,
)

MAX_FILES: Final = 2_000  # paths looked through; more are shards of data, and change nothing
MAX_HASHED: Final = 64 << 20  # bytes of a file whose digest is worked out; hashing weights takes minutes
MAX_LICENCE_BYTES: Final = 1 << 20  # the longest licence known has 60 KB
MAX_LICENCE_TEXTS: Final = 8  # more are those of vendored code
CARD: Final = "README.md"
_POINTER: Final = b"version https://git-lfs.github.com/spec/v1"
_POINTER_BYTES: Final = 1024  # a pointer has about 130
_SKIPPED: Final = frozenset({".git", "__pycache__", ".cache"})
_LICENCE: Final = re.compile(r"(licen[cs]e|copying)([._-].*)?\Z", re.IGNORECASE)
_ARTEFACTS: Final = (("code", "inference_code"), ("data", "data"))


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


def licences_in(folder: Path, release: Release, records: Records) -> dict[str, tuple[str, ...]]:
    """
    Keys of the licences named, by artefact: the card's tags and the texts that lie in the folder; both count, since a tag
    does not undo a text nor a text a tag.
    """
    found: dict[str, dict[str, None]] = {}
    tags = release.card.get("license")
    for tag in tags if isinstance(tags, list) else [tags] if tags else []:
        identity = identify_tag(str(tag), records, str(release.card.get("license_name") or ""))
        if identity.kind != "none":
            found.setdefault("*", {})[identity.key] = None
    for file in [one for one in release.files if _LICENCE.match(one.name)][:MAX_LICENCE_TEXTS]:
        key = _key_of(folder / file.path, records)
        if key:
            found.setdefault(_artefact_of(file.name), {})[key] = None
    return {artefact: tuple(keys) for artefact, keys in found.items()}


def _key_of(place: Path, records: Records) -> str:
    """The recorded licence whose text this is; empty where it is none of them, or cannot be one."""
    if not place.is_file() or place.stat().st_size > MAX_LICENCE_BYTES:
        return ""
    try:
        found = identify_text(place.read_text(encoding="utf-8", errors="replace"), records)
    except RightsError:
        return ""
    return found.terms.key if found.terms else ""


def _artefact_of(name: str) -> str:
    """LICENSE-CODE speaks of the code; a plain LICENSE, or LICENSE-MODEL, of everything that has none of its own."""
    return next((artefact for word, artefact in _ARTEFACTS if word in name.lower()), "*")
