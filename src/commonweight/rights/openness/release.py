"""What is looked at of a release: its files, bounded contents of some of them, and what it refers to. No I/O here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from commonweight.rights.openness.component import Component, SeenAt

CARD: Final = "README.md"
INDEX_BYTES: Final = 12 << 20  # an index of 91,000 tensors has 9 MB
TEXT_BYTES: Final = 512 << 10  # cards with long evaluation tables have some hundred KB
CONFIG_BYTES: Final = 256 << 10
SCRIPT_BYTES: Final = 64 << 10  # enough to tell what a script does
HEAD_BYTES: Final = 256 << 10  # the header of a safetensors file of 1,000 tensors has some 100 KB


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """A file. `content` is all of it or its first bytes; `is_stored` is false for a pointer without its bytes."""

    path: str
    size: int = 0
    digest: str = ""
    is_stored: bool = True
    content: bytes | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def seen(self) -> SeenAt:
        return SeenAt(self.path, self.digest)

    @property
    def text(self) -> str:
        """What was read of it, as text."""
        return (self.content or b"").decode("utf-8", errors="replace")

    def json(self) -> Mapping[str, Any]:
        """Its content as a JSON mapping; empty where it is none, or was not read whole."""
        if self.content is None or len(self.content) < self.size:
            return {}
        try:
            found = json.loads(self.content)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class LinkedData:
    """
    A data set that the card names and that is kept here, with what was seen in it. `role`: training or evaluation;
    `licences` all apply to it.
    """

    name: str
    role: str
    components: Mapping[str, Component] = field(default_factory=dict)
    licences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """
    `card` is the front matter and `text` what follows it; `refs` are branches and tags beside the one that is looked at.
    """

    files: tuple[ReleaseFile, ...]
    card: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    refs: tuple[str, ...] = ()

    def file(self, path: str) -> ReleaseFile | None:
        return next((one for one in self.files if one.path == path), None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file of which at most `limit` bytes from its beginning are to be read."""

    path: str
    limit: int


#: Which files are read, how much of each, and how many of a kind.
_READ: Final = (
    (re.compile(r"README\.md\Z"), TEXT_BYTES, 1),
    (re.compile(r"(config|model_index|adapter_config|params)\.json\Z"), CONFIG_BYTES, 4),
    (re.compile(r"(?:.*/)?[^/]+\.(safetensors|bin)\.index\.json\Z"), INDEX_BYTES, 8),
    (re.compile(r"(?:.*/)?[^/]+\.gguf\Z"), HEAD_BYTES, 4),
    (re.compile(r"(?:.*/)?[^/]+\.safetensors\Z"), HEAD_BYTES, 64),
    (re.compile(r"(?:.*/)?[^/]*(data_?sheet|data_?card|data_?statement)[^/]*\.md\Z", re.IGNORECASE), TEXT_BYTES, 4),
    (re.compile(r"(?:.*/)?[^/]+\.py\Z"), SCRIPT_BYTES, 24),
    (re.compile(r"(?:.*/)?[^/]*(eval|harness)[^/]*\.(ya?ml|json)\Z", re.IGNORECASE), SCRIPT_BYTES, 8),
)


def wanted(paths: Iterable[str]) -> tuple[Wanted, ...]:
    """Which of these files to read, and how much: bounded, whatever the repository holds."""
    ordered = sorted(paths, key=lambda path: (path.count("/"), path))
    found: dict[str, Wanted] = {}
    for pattern, limit, count in _READ:
        fitting = [path for path in ordered if path not in found and pattern.match(path)]
        found.update({path: Wanted(path, limit) for path in fitting[:count]})
    return tuple(found.values())


def body_of_card(text: str) -> str:
    """What follows the front matter of a card."""
    head, mark, rest = text.lstrip("\ufeff \n").partition("\n---")
    return rest.partition("\n")[2] if mark and head.startswith("---") else text
