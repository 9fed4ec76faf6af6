"""What `rights check` is given: a folder with a model, the metadata of a public hub, or a card."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Final

from commonweight.cli.documents import read_text
from commonweight.errors import InvalidInput
from commonweight.policy import Snapshot, snapshot_of_metadata

MAX_FILES: Final = 5_000  # paths looked at; more are shards of data, and change nothing
MAX_TEXT_BYTES: Final = 1 << 20  # the longest licence known has 60 KB, cards some hundred
HEAD_BYTES: Final = 64 << 10  # of a GGUF file: what it says of itself stands before its vocabulary
_SKIPPED: Final = frozenset({".git", "__pycache__", ".cache", "node_modules"})
_READ_WHOLE: Final = re.compile(
    r"(readme\.md|adapter_config\.json|(licen[cs]e|copying|notice|use[_-]policy|acceptable[_-]use)([._-].*)?)\Z",
    re.IGNORECASE,
)


def snapshot_at(path: Path, name: str = "") -> Snapshot:
    """The repository in a folder or file; `name` is what it is called. Raises InvalidInput for a file that is neither."""
    if path.is_dir():
        return Snapshot(name or f"local/{path.resolve().name or 'model'}", _files(path))
    text = read_text(path)
    if path.suffix.lower() == ".json":
        return _of_metadata(text, path, name)
    if path.suffix.lower() in (".md", ".markdown"):
        return Snapshot(name or f"local/{path.resolve().parent.name or 'model'}", {"README.md": text.encode()})
    raise InvalidInput(
        f"{path.name} is neither a folder nor metadata (.json) nor a card (.md).",
        hint="Give a folder with the model, the JSON of /api/models/namespace/name, or its README.md.",
    )


def parent_at(given: str) -> Snapshot:
    """
    "llama.json" -> the repository that the metadata names; "meta-llama/Llama-3.2-1B=card.md" -> by the name given
    """
    name, _, file = given.rpartition("=")
    path = Path(file)
    if not path.exists():
        raise InvalidInput(f"There is no file {file!r}.", hint="Give --parent FILE, or --parent namespace/name=FILE.")
    if not name and path.suffix.lower() != ".json":
        raise InvalidInput(f"{file} does not say whose it is.", hint=f"Give --parent namespace/name={file}")
    return snapshot_at(path, name)


def _of_metadata(text: str, path: Path, name: str) -> Snapshot:
    try:
        found = snapshot_of_metadata(json.loads(text), name)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path.name} is no JSON ({error}).") from None
    if found is None:
        raise InvalidInput(f"{path.name} does not describe a model.", hint="Save the JSON of /api/models/namespace/name.")
    return found


def _files(folder: Path) -> dict[str, bytes | None]:
    """Paths with what of their content says something about rights. Links out of the folder are not followed."""
    found: dict[str, bytes | None] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            if len(found) >= MAX_FILES:
                return found
            path = Path(place, name)
            found[path.relative_to(folder).as_posix()] = _content(folder, path)
    return found


def _content(folder: Path, path: Path) -> bytes | None:
    if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        return None
    if path.suffix.lower() == ".gguf":
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    if _READ_WHOLE.match(path.name) and path.stat().st_size <= MAX_TEXT_BYTES:
        return path.read_bytes()
    return None
