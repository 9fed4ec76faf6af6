"""What a command is given in place of a server's model: a folder, the metadata of a public hub, or a card."""

from __future__ import annotations

import asyncio
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from commonweight.cli.documents import read_text
from commonweight.errors import InvalidInput
from commonweight.policy import Match, Snapshot, Subject, offline_subject, snapshot_of_metadata
from commonweight.rights import Records
from commonweight.rights.matching import TextMatch
from commonweight.rights.scancode import installed_version, match_with_scancode
from commonweight.vetting import FIRST_BYTES, is_read, wanted_bytes

MAX_FILES: Final = 5_000  # paths looked at; more are shards of data, and change nothing
MAX_TEXT_BYTES: Final = 1 << 20  # the longest licence known has 60 KB, cards some hundred
_SKIPPED: Final = frozenset({".git", "__pycache__", ".cache", "node_modules"})
_READ_WHOLE: Final = re.compile(
    r"(readme\.md|(licen[cs]e|copying|notice|use[_-]policy|acceptable[_-]use)([._-].*)?)\Z",
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


def subject_of_folder(folder: Path, records: Records) -> Subject:
    """What a verdict on the asker's own model in a folder is about."""
    subject = asyncio.run(offline_subject(snapshot_at(folder), (), records))
    root = subject.document["root"]
    nodes = [{**node, "made_by": "asker"} if node["id"] == root else node for node in subject.document["nodes"]]
    return replace(subject, document={**subject.document, "nodes": nodes})


def matcher() -> Match | None:
    """What reads licence texts that no digest tells of, where the extra commonweight[licences] is installed."""
    return _match if installed_version() else None


def _match(where: str, text: str) -> TextMatch:
    """The first takes half a minute, so it is said on the other stream what is waited for."""
    click.echo(f"Comparing {where} with ScanCode's texts ...", err=True)
    return match_with_scancode(text)


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
    if is_read(path.relative_to(folder).as_posix()):
        return _head(path)
    if _READ_WHOLE.match(path.name) and path.stat().st_size <= MAX_TEXT_BYTES:
        return path.read_bytes()
    return None


def _head(path: Path) -> bytes:
    """As much as says what a file of weights, or a configuration, claims of itself."""
    with path.open("rb") as file:
        first = file.read(FIRST_BYTES)
        return first + file.read(max(0, wanted_bytes(path.name, path.stat().st_size, first) - len(first)))
