"""What a discussion is: a title, a status, and events in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

DRAFT: Final = "draft"  # of a pull request alone: not yet to be looked at
OPEN: Final = "open"
CLOSED: Final = "closed"
MERGED: Final = "merged"  # of a pull request alone, and for good

COMMENT: Final = "comment"
STATUS_CHANGE: Final = "status-change"
TITLE_CHANGE: Final = "title-change"
COMMIT: Final = "commit"

TYPES: Final = ("all", "discussion", "pull_request")
STATUSES: Final = ("all", "open", "closed")


@dataclass(frozen=True, slots=True)
class Discussion:
    """`author` is "" where the account is gone. What begins with `base` and `merge_commit` is of pull requests alone."""

    id: int
    repository_id: int
    number: int
    title: str
    status: str  # draft | open | closed | merged
    is_pull_request: bool
    author: str
    author_id: int | None
    created_at: datetime
    updated_at: datetime
    base: str = ""  # refs/heads/main
    base_commit: str = ""  # what its changes are counted from
    merge_commit: str = ""

    @property
    def ref(self) -> str:
        """Where the commits of a pull request are."""
        return pull_ref(self.number)

    @property
    def is_over(self) -> bool:
        return self.status in (CLOSED, MERGED)


@dataclass(frozen=True, slots=True)
class CommentText:
    text: str
    author: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """`texts` are those of a comment, the newest last; a hidden one has none any more."""

    id: int
    type: str  # comment | status-change | title-change | commit
    author: str
    author_id: int | None
    created_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    texts: Sequence[CommentText] = ()
    is_hidden: bool = False

    @property
    def text(self) -> str:
        return self.texts[-1].text if self.texts else ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list asks for: `type` all, discussion or pull_request; `status` all, open (with drafts) or closed."""

    type: str = "all"
    status: str = "all"
    author: str = ""
    page: int = 0
    per_page: int = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Discussions, the newest first: those from `start` on, out of `count`."""

    count: int
    start: int
    discussions: Sequence[Discussion]


def pull_ref(number: int) -> str:
    return f"refs/pr/{number}"


def pull_number(ref: str) -> int | None:
    """
    "refs/pr/3" -> 3; None for any other name
    """
    text = ref.removeprefix("refs/pr/")
    fits = text != ref and text.isascii() and text.isdigit() and len(text) < 10 and not text.startswith("0")
    return int(text) if fits else None
