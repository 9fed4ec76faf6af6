"""What a replica is."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from commonweight.serving.engines import Traits
from commonweight.serving.models import ServableModel


class State(enum.StrEnum):
    WANTED = "wanted"
    LOADING = "loading"
    READY = "ready"
    STOPPING = "stopping"
    FAILED = "failed"


@dataclass(frozen=True)
class Replica:
    """One row: a model on its way to an engine, or on one."""

    id: str
    model: ServableModel
    state: State
    number: int = 0
    worker: str = ""
    declined: Sequence[str] = ()
    engine: str = ""
    stream_only: bool = False
    slots: int = 1
    base_url: str = ""
    api_key: str = ""
    memory_bytes: int = 0
    requested_at: datetime | None = None
    last_used_at: datetime | None = None
    uses: int = 0
    progress: str = ""
    error: str = ""
    traits: Traits = Traits()
