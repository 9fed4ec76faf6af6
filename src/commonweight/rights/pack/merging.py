"""What a repository lacks of a pack, and what adding each file would do to what lies there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from commonweight.rights.pack import card, notices
from commonweight.rights.pack.values import LICENCES_FOLDER, Pack, PackFile

NEW: Final = "new"
SAME: Final = "same"  # it is there already, perhaps under another name
EXTENDS: Final = "extends"  # what lies there stays, and something is put to it
DIFFERS: Final = "differs"  # another file of this name lies there and would be replaced


@dataclass(frozen=True, slots=True)
class Addition:
    """A file of the pack beside what lies in a repository. `at` is where the same lies already; `along` as of the pack."""

    path: str
    content: bytes = field(repr=False)
    state: str
    about: str
    along: bool
    at: str = ""

    @property
    def is_owed(self) -> bool:
        """Whether it goes along with copies and is not there yet."""
        return self.along and self.state != SAME


def additions_to(pack: Pack, there: Mapping[str, bytes]) -> tuple[Addition, ...]:
    """
    Every file of a pack against what lies in a repository: `there` holds the contents of the files of these names, and those
    of its licence texts, by path.
    """
    found = [_addition(pack, file, there) for file in pack.files]
    return (*found, *_card(pack, there.get(card.PATH)))


def _addition(pack: Pack, file: PackFile, there: Mapping[str, bytes]) -> Addition:
    lies = there.get(file.path)
    if lies == file.content:
        return _of(file, SAME, at=file.path)
    if file.path.startswith(f"{LICENCES_FOLDER}/") and (at := _elsewhere(file.content, there)):
        return _of(file, SAME, at=at)
    if lies is None:
        return _of(file, NEW)
    if file.path == notices.PATH:
        return _notice(pack, file, lies)
    return _of(file, DIFFERS)


def _of(file: PackFile, state: str, content: bytes | None = None, at: str = "") -> Addition:
    return Addition(file.path, file.content if content is None else content, state, file.about, file.along, at)


def _elsewhere(content: bytes, there: Mapping[str, bytes]) -> str:
    return next((path for path in sorted(there) if there[path] == content), "")


def _notice(pack: Pack, file: PackFile, lies: bytes) -> Addition:
    """A NOTICE that holds every notice is left alone; else ours is put below it, where it is a text."""
    try:
        text = _words(lies.decode("utf-8"))
    except UnicodeDecodeError:
        return _of(file, DIFFERS)
    if all(_words(notice) in text for notice in pack.notices):
        return _of(file, SAME, at=file.path)
    return _of(file, EXTENDS, lies.rstrip() + b"\n\n" + file.content)


def _words(text: str) -> str:
    return " ".join(text.split())


def _card(pack: Pack, lies: bytes | None) -> Iterator[Addition]:
    if not pack.badges:
        return
    content = card.with_badges(lies or b"", pack.badges)
    state = NEW if lies is None else SAME if content == lies else EXTENDS
    yield Addition(card.PATH, content, state, card.ABOUT, along=True, at=card.PATH if state == SAME else "")
