"""
Texts of licences that lie on this machine: that of Commonweight itself, and ScanCode's where the extra is installed.

Only such as allow anybody to copy them are asked for; whether the words are those recorded is checked where one is used.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from commonweight.rights import Terms
from commonweight.rights.pack import ELSEWHERE, TextAtHand

_PACKAGE: Final = "commonweight"
_SCANCODE: Final = "licensedcode"
_FENCE: Final = "---\n"


def texts_on_this_machine(wanted: Iterable[Terms]) -> tuple[TextAtHand, ...]:
    """What there is of the texts of these licences."""
    copyable = [terms for terms in wanted if terms.copyable]
    return (*_own(), *_of_scancode(copyable)) if copyable else ()


def _own() -> Iterator[TextAtHand]:
    try:
        files = distribution(_PACKAGE).files or ()
    except PackageNotFoundError:
        return
    for file in (file for file in files if file.name == "LICENSE"):
        path = Path(str(file.locate()))
        if path.is_file():
            yield TextAtHand("LICENSE", path.read_bytes(), origin=ELSEWHERE, source=f"{_PACKAGE}: {file}")


def _of_scancode(wanted: Iterable[Terms]) -> Iterator[TextAtHand]:
    """Read as files: loading ScanCode itself takes more than a gigabyte."""
    spec = importlib.util.find_spec(_SCANCODE)
    if spec is None or spec.origin is None:
        return
    folder = Path(spec.origin).parent / "data" / "licenses"
    for terms in wanted:
        for key in terms.ids.get("scancode", ()):
            path = folder / f"{key}.LICENSE"
            if path.is_file():
                text = _without_head(path.read_text(encoding="utf-8"))
                yield TextAtHand(path.name, text.encode(), origin=ELSEWHERE, source=f"ScanCode: {path.name}")


def _without_head(text: str) -> str:
    """The text below the block of facts that ScanCode's files begin with."""
    if not text.startswith(_FENCE):
        return text
    return text[len(_FENCE) :].partition(f"\n{_FENCE}")[2].lstrip("\n")
