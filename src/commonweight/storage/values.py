"""What other rooms hold in their hands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

Readable = Callable[[int], Awaitable[bool]]
"""Whether the writer may read everything in a scope; the hub answers it."""


WHOLE: Final = "w"  # begins the name of a file that lies whole; no hash string begins so


def whole_name(sha256: str) -> str:
    """Stands in the place of a Xet name, as long as a file is not in chunks."""
    return WHOLE + sha256[:-1]


@dataclass(frozen=True, slots=True)
class LargeFile:
    """
    A file that some scope holds: its bytes have this sha256; `xet_hash` names one way of cutting them into chunks, and is a
    name of ours, to be told to nobody, while the file is not `in_chunks` yet.
    """

    sha256: str
    size: int
    xet_hash: str

    @property
    def in_chunks(self) -> bool:
        return not self.xet_hash.startswith(WHOLE)


@dataclass(frozen=True, slots=True)
class Kin:
    """
    A scope with which an upload may share chunks, and those of its files that the uploader may read; None: all. Of guesses
    less is told than of what is known to be akin.
    """

    scope: int
    sha256s: frozenset[str] | None = None
    is_guess: bool = False


@dataclass(frozen=True, slots=True)
class Validating:
    """A shard is being checked: `verified` of `total` files have been read through."""

    verified: int
    total: int


@dataclass(frozen=True, slots=True)
class Committing:
    """Everything in the shard is right; it is being written down."""


@dataclass(frozen=True, slots=True)
class Registered:
    """The shard's files are durable. `new` is false where the scope held all of them before."""

    new: bool
    files: int


ShardProgress = Validating | Committing | Registered
