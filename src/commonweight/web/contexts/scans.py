"""What was found in files that may run code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Word


@dataclass(frozen=True)
class FoundView:
    word: Word = says("How bad it is.")
    reason: str = says("What was found, as a sentence with places.")
    values: Mapping[str, Any] = says("What stands in its places.")
    part: str = says("The part of an archive where it was found; empty where the file is none.")


@dataclass(frozen=True)
class ScanView:
    path: str = says("The file.")
    href: str = says("Its page.")
    word: Word = says("The verdict.")
    found: tuple[FoundView, ...] = says("What was found, the worst first.")
    imports: tuple[tuple[str, Word], ...] = says("Names that its pickles ask for, and how safe each is.")
    scanner: str = says("Who looked through it, in which version; empty where nobody has.")
