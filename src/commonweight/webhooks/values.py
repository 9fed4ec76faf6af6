"""What the room of webhooks hands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

DOMAINS: Final = ("repo", "discussion")
WATCHED_TYPES: Final = ("user", "org", "model", "dataset", "space")
WAITING: Final = "waiting"
DELIVERED: Final = "delivered"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class Watched:
    """A namespace with all that is in it, or one repository."""

    type: str  # user | org | model | dataset | space
    name: str


@dataclass(frozen=True, slots=True)
class Webhook:
    id: int
    key: str  # 24 hex digits
    account_id: int
    url: str
    watched: Sequence[Watched]
    domains: Sequence[str]
    has_secret: bool
    is_enabled: bool
    why_disabled: str  # "" where somebody disabled it
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    id: int
    webhook_id: int
    scope: str  # repo | repo.content | repo.config | discussion | discussion.comment
    action: str  # create | update | move | delete
    about: str  # models/ada/tiny
    body: str  # JSON, as it is sent
    state: str  # waiting | delivered | failed
    tries: int
    status: int | None  # of the last answer
    answer: str  # the beginning of the last answer, or why there was none
    created_at: datetime
    tried_at: datetime | None
