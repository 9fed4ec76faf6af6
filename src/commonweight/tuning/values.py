"""What a tuning is (OpenAI's contract, section 9), and its states."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


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
    """How much an event matters."""

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


@dataclass(frozen=True)
class NewTuning:
    """
    What a client asks for. One of `training_file_id` and `dataset` (of the hub) is set. `address`: from where it was asked.
    """

    model: str
    training_file_id: str | None
    validation_file_id: str | None = None
    dataset: Mapping[str, Any] | None = None
    method: Mapping[str, Any] = field(default_factory=lambda: {"type": Method.SUPERVISED.value})
    suffix: str | None = None
    seed: int | None = None
    integrations: Sequence[Mapping[str, Any]] | None = None
    metadata: Mapping[str, str] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    address: str = ""

    @property
    def kind(self) -> Method:
        return Method(self.method["type"])

    @property
    def wished(self) -> Mapping[str, Any]:
        """The hyperparameters of the method; what is not said is "auto"."""
        block = self.method.get(self.method["type"]) or {}
        return dict(block.get("hyperparameters") or {})


@dataclass(frozen=True)
class Base:
    """
    What a tuning begins from, once its name has been looked up. `tuned`: the `ft:` name, where it goes on from one's own.

    `path` names the GGUF file that is meant; empty: the repository's safetensors. `source` is what is read to train:
    a `serving.Source`, of that file or of the safetensors beside it. `gguf` is that of the file, by which it is served.
    `terms` and `verdict` as the rights of deriving from it stood when that was asked.
    """

    name: str  # as a part of `ft:` names
    repository: str
    repository_id: int
    commit: str
    path: str = ""
    source: Mapping[str, Any] = field(default_factory=dict)
    gguf: Mapping[str, Any] | None = None
    terms: Sequence[str] = ()
    verdict: Mapping[str, Any] = field(default_factory=dict)
    tuned: str = ""

    def as_document(self) -> dict[str, Any]:
        return {**asdict(self), "terms": list(self.terms), "verdict": dict(self.verdict)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Base:
        return cls(**{**document, "terms": tuple(document["terms"])})


@dataclass(frozen=True)
class Start:
    """That a tuning may begin: from what, and what it will take as far as that can be told before."""

    base: Base
    estimate: Mapping[str, Any] | None = None
    warnings: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class TunedModel:
    """
    What an `ft:` name stands for: a file of a repository at a commit, whole or an adapter on a base.

    `base`: {repository, commit, path} of the GGUF that an adapter goes on; `of`, what that was converted from, where it has
    none of its own.
    """

    name: str
    account_id: int
    tuning: int | None
    repository_id: int
    commit: str
    path: str
    is_adapter: bool
    base: Mapping[str, Any] | None
    created_at: datetime


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some of a list, newest first, and whether more follow."""

    items: Sequence[Item]
    has_more: bool
