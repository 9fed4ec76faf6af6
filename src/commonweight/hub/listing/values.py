"""What a list asks for, and what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commonweight.hub.values import Repository

#: By the names that clients use.
SORTS: Final = {
    "createdAt": "created_at",
    "lastModified": "updated_at",
    "downloads": "downloads",
    "likes": "likes",
    "trendingScore": "trending",
}
DEFAULT_SORT: Final = "lastModified"
MAX_PAGE: Final = 1000
MAX_NAMED: Final = 200
MAX_TAGS: Final = 20  # of one filter


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last repository of the page before: the value that it was sorted by, and its number."""

    value: int | datetime
    id: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    `tags`: all of them; `search`: words, each to be found in the name, a tag or the card's text; `parameters`: least and
    most, None where open. `sort` is a name of SORTS.
    """

    kind: str
    tags: tuple[str, ...] = ()
    search: str = ""
    author: str = ""
    gated: bool | None = None
    parameters: tuple[int | None, int | None] | None = None
    names: frozenset[str] | None = None  # only these, at most MAX_NAMED: what runs now, for instance
    sort: str = DEFAULT_SORT
    descending: bool = True
    limit: int = 100
    cursor: Cursor | None = None

    @property
    def looks_inside(self) -> bool:
        """Whether it depends on what files say."""
        return bool(self.tags or self.search or self.parameters)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page, and where the next one begins; None where this is the last."""

    repositories: Sequence[Repository]
    following: Cursor | None
