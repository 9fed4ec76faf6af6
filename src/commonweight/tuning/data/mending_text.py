"""One text without what nobody sees, and what is told of changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from commonweight.tuning.data.suspicions import BROKEN, INVISIBLE


@dataclass
class Told:
    """Changes of one line: of which kind (the code of what was wrong), where, and what was done."""

    changes: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, code: str, param: str, message: str) -> None:
        self.changes.append((code, param, message))


def mend_text(text: Any, told: Told, where: str, *, strip: Callable[[str], str] = str.strip) -> Any:
    """A text without invisible signs, letters in a wrong encoding, and space around it; anything else as it is."""
    if not isinstance(text, str):
        return text
    seen = INVISIBLE.sub("", text)
    if seen != text:
        told.add("invisible_characters", where, f"{len(text) - len(seen)} signs that nobody sees were left out")
    read = _read_again(seen)
    if read != seen:
        told.add("broken_characters", where, "letters in the wrong encoding were read again")
    bare = strip(read)
    if bare != read:
        told.add("space_around", where, "space at its ends was left out")
    return bare


def _read_again(text: str) -> str:
    """What UTF-8 says that was read as Windows-1252; the text itself where it says nothing."""
    if not BROKEN.search(text):
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text
