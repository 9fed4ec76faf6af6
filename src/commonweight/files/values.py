"""What a file and an upload are, and the bounds of the contract (OpenAI, section 7)."""

from __future__ import annotations

import enum
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

MIB = 1 << 20
MAX_FILE_BYTES = 512 * MIB
MAX_BATCH_BYTES = 200 * MIB
MAX_UPLOAD_BYTES = 8 << 30
MAX_PART_BYTES = 64 * MIB
MAX_FILENAME = 512  # characters; file systems of clients allow 255 bytes
UPLOAD_LIFE = timedelta(hours=1)
BATCH_FILE_LIFE = timedelta(days=30)  # what a batch reads and writes, where nobody says otherwise
LEAST_SECONDS, MOST_SECONDS = 3600, 30 * 24 * 3600  # of `expires_after`
MAX_LISTED = 10_000


class Purpose(enum.StrEnum):
    """What a file is for. The last three are made here, never uploaded."""

    ASSISTANTS = "assistants"
    BATCH = "batch"
    FINE_TUNE = "fine-tune"
    VISION = "vision"
    USER_DATA = "user_data"
    EVALS = "evals"
    ASSISTANTS_OUTPUT = "assistants_output"
    BATCH_OUTPUT = "batch_output"
    FINE_TUNE_RESULTS = "fine-tune-results"

    @property
    def uploaded(self) -> bool:
        """Whether clients may upload such files."""
        return self not in (Purpose.ASSISTANTS_OUTPUT, Purpose.BATCH_OUTPUT, Purpose.FINE_TUNE_RESULTS)

    @property
    def in_lines(self) -> bool:
        """Whether such a file holds one JSON object per line."""
        return self in (Purpose.BATCH, Purpose.FINE_TUNE)

    def life(self) -> timedelta | None:
        """For how long such a file is kept where nobody says otherwise; None: until it is deleted."""
        return BATCH_FILE_LIFE if self in (Purpose.BATCH, Purpose.BATCH_OUTPUT) else None


@dataclass(frozen=True)
class NewFile:
    """What a client says of a file. `seconds`: for how long it is to be kept, from now."""

    filename: str
    purpose: Purpose
    seconds: int | None = None

    def expires_at(self, now: datetime) -> datetime | None:
        life = self.purpose.life() if self.seconds is None else timedelta(seconds=self.seconds)
        return None if life is None else now + life


@dataclass(frozen=True)
class Received:
    """Bytes that have arrived, in a file that goes away with the block that received them."""

    path: Path
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Kept:
    """A blob that is on disk and that no row refers to yet."""

    key: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class File:
    number: int
    id: str
    account_id: int
    filename: str
    purpose: Purpose
    bytes: int
    created_at: datetime
    expires_at: datetime | None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """Some files in the order asked for, and whether more follow."""

    files: Sequence[File]
    has_more: bool


class UploadStatus(enum.StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Upload:
    """A file that comes in parts. `file` once it is complete."""

    number: int
    id: str
    account_id: int
    filename: str
    purpose: Purpose
    bytes: int
    status: UploadStatus
    created_at: datetime
    expires_at: datetime
    seconds: int | None
    part_ids: Sequence[str] | None
    file_id: str | None
    file: File | None = None


@dataclass(frozen=True)
class Part:
    id: str
    upload_id: str
    created_at: datetime


def new_id(prefix: str) -> str:
    """An id that nobody can guess, though no right follows from it: `new_id("file-")`."""
    return prefix + secrets.token_hex(12)
