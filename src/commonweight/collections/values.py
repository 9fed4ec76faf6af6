"""What the room of collections hands out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commonweight.hub import Repository

THEMES: Final = ("orange", "blue", "green", "purple", "pink", "indigo")  # those of the public hub


@dataclass(frozen=True, slots=True)
class Collection:
    id: int
    key: str  # 24 hex digits; never changes
    namespace: str
    namespace_id: int
    words: str
    title: str
    description: str
    is_private: bool
    theme: str
    position: int
    updated_at: datetime

    @property
    def slug(self) -> str:
        """`ada/small-models-0123456789abcdef01234567`: changes with the title; any that ends with the key leads here."""
        return f"{self.namespace}/{self.words}-{self.key}"


@dataclass(frozen=True, slots=True)
class Item:
    """What lies in a collection: a repository, or another collection."""

    key: str  # 24 hex digits
    position: int  # 0 first, among those that the caller sees
    note: str
    repository: Repository | None
    inner: Collection | None

    @property
    def type(self) -> str:
        """model | dataset | space | collection"""
        return self.repository.kind if self.repository else "collection"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list asks for. `owners` are names, `repositories` and `inner` what they hold, one of each at least."""

    owners: tuple[str, ...] = ()
    repositories: tuple[int, ...] = ()
    limit: int = 100
    after: int = 0  # to be skipped
    nothing: bool = False  # what they were to hold is not there
