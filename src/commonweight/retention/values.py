"""Decisions, and what is kept by them."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class Kind(enum.StrEnum):
    """What is kept."""

    RESPONSE = "response"
    COMPLETION = "completion"
    CONVERSATION = "conversation"  # belongs to responses


class Scope(enum.StrEnum):
    """What a decision is about."""

    RESPONSES = "responses"
    COMPLETIONS = "completions"
    ALL = "all"

    def covers(self, kind: Kind) -> bool:
        """Whether things of a kind may be kept by it."""
        return self is Scope.ALL or (self is Scope.COMPLETIONS) == (kind is Kind.COMPLETION)


@dataclass(frozen=True)
class Decision:
    """Prompts and answers of an account may be kept for some days. `ended_at` is None while it holds."""

    id: int
    account_id: int
    scope: Scope
    days: int
    reason: str
    decided_by: str
    decided_at: datetime
    ended_by: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True)
class NewAnswer:
    """
    Something to keep. `request` holds what it was asked with (for a response its `input` items, for a completion its
    `messages`); `document` is what clients get.
    """

    id: str
    kind: Kind
    model: str
    status: str
    request: Mapping[str, Any]
    document: Mapping[str, Any]
    metadata: Mapping[str, str] = field(default_factory=dict)
    previous_id: str | None = None
    events: bytes = b""


@dataclass(frozen=True)
class KeptAnswer:
    """Something kept. `attempt` counts how often a response in the background was begun."""

    id: str
    account_id: int
    kind: Kind
    model: str
    status: str
    request: dict[str, Any]
    document: dict[str, Any]
    metadata: dict[str, str]
    previous_id: str | None
    attempt: int
    created_at: datetime


@dataclass(frozen=True)
class Total:
    """How many answers are kept by a decision, and when the last of them is deleted."""

    count: int
    until: datetime


@dataclass(frozen=True)
class Page:
    """A part of a list. `more` tells whether there is more behind it."""

    answers: Sequence[KeptAnswer]
    more: bool


@dataclass(frozen=True)
class Events:
    """Events of a response so far: `attempt` tells whether it was begun anew, `following` is the next number to ask for."""

    attempt: int
    status: str
    data: bytes
    following: int
