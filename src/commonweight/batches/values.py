"""What a batch is (OpenAI's contract, section 8)."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

WINDOW: Final = "24h"  # the only `completion_window` there is
WINDOW_LENGTH = timedelta(hours=24)


class Status(enum.StrEnum):
    VALIDATING = "validating"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        return self in OVER


OVER = (Status.COMPLETED, Status.FAILED, Status.EXPIRED, Status.CANCELLED)
OPEN = tuple(status for status in Status if status not in OVER)


@dataclass(frozen=True)
class NewBatch:
    """What a client asks for. `output_seconds`: for how long what it makes is kept; `address`: from where it was asked."""

    input_file_id: str
    endpoint: str
    metadata: Mapping[str, str] | None = None
    output_seconds: int | None = None
    address: str = ""


@dataclass(frozen=True)
class Counts:
    """Of lines. What is neither completed nor failed is still to do."""

    total: int = 0
    completed: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Usage:
    """Tokens of all lines so far."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    reasoning: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.completion + other.completion,
            self.reasoning + other.reasoning,
        )


@dataclass(frozen=True)
class Batch:
    number: int
    id: str
    account_id: int
    token_id: int
    address: str
    endpoint: str
    input_file_id: str
    output_file_id: str | None
    error_file_id: str | None
    output_seconds: int | None
    model: str | None
    metadata: Mapping[str, str] | None
    status: Status
    errors: Sequence[Mapping[str, Any]]
    counts: Counts
    usage: Usage
    created_at: datetime
    expires_at: datetime
    moments: Mapping[str, datetime | None]  # in_progress_at … cancelled_at: when it came into each state


@dataclass(frozen=True)
class Page:
    """Some batches, newest first, and whether more follow."""

    batches: Sequence[Batch]
    has_more: bool
