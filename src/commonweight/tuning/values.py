"""What a tuning is (OpenAI's contract, section 9), and its states."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class Status(enum.StrEnum):
    VALIDATING = "validating_files"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        return self in OVER


OVER = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)
OPEN = tuple(status for status in Status if status not in OVER)


class Stage(enum.StrEnum):
    """What a running one is at."""

    NONE = ""
    PREPARING = "preparing"  # the base becomes a folder that can be trained
    TRAINING = "training"
    CONVERTING = "converting"  # adapter, merged weights, GGUF files
    PUBLISHING = "publishing"  # a draft in the hub
    JUDGING = "judging"  # base and tuned, on what was held out
    FINISHING = "finishing"  # the card with its scores, the name


class Wanted(enum.StrEnum):
    """What its owner wants of it; the worker looks every second."""

    RUN = "run"
    PAUSE = "pause"
    CANCEL = "cancel"


class Method(enum.StrEnum):
    SUPERVISED = "supervised"
    DPO = "dpo"


class Form(enum.StrEnum):
    """What is trained."""

    LORA = "lora"
    FULL = "full"
    QLORA = "qlora"  # LoRA on a base of four bits


class Level(enum.StrEnum):
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True)
class Tuning:
    number: int
    id: str
    account_id: int
    token_id: int
    address: str
    model: str
    base: Mapping[str, Any] | None
    training_file_id: str | None
    validation_file_id: str | None
    dataset: Mapping[str, Any] | None
    method: Mapping[str, Any]
    hyperparameters: Mapping[str, Any]
    suffix: str | None
    seed: int
    integrations: Sequence[Mapping[str, Any]] | None
    metadata: Mapping[str, str] | None
    options: Mapping[str, Any]
    status: Status
    stage: Stage
    wanted: Wanted
    progress: Mapping[str, Any]
    estimate: Mapping[str, Any] | None
    report: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    fine_tuned_model: str | None
    repository_id: int | None
    trained_tokens: int | None
    result_files: Sequence[str]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True)
class Event:
    """Something that happened. `data` of metrics: step, total_steps, train_loss, …"""

    number: int
    id: str
    level: Level
    type: str  # message, metrics
    message: str
    created_at: datetime
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Checkpoint:
    """A state of the training that was kept, and can be called by `name`."""

    number: int
    id: str
    tuning_id: str
    step: int
    name: str
    created_at: datetime
    metrics: Mapping[str, float] = field(default_factory=dict)
