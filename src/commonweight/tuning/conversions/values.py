"""What a conversion is: a model of the hub in other formats, in a repository of its own."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from commonweight.errors import Conflict, InvalidInput, NotFound
from commonweight.tuning.converting import Quantisation


class ConversionStatus(enum.StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN: Final = (ConversionStatus.QUEUED, ConversionStatus.RUNNING)
MAX_FORMATS: Final = len(Quantisation)


@dataclass(frozen=True)
class Converted:
    """The model that is converted: a repository of this hub at a commit."""

    repository_id: int
    repository: str
    commit: str

    def document(self) -> dict[str, Any]:
        return {"repository_id": self.repository_id, "repository": self.repository, "commit": self.commit}


@dataclass(frozen=True)
class Conversion:
    """
    `target` is `namespace/name` of what is made. `progress`: `share` of the work, `what` is at hand. `report`: each format
    with its size, hash, what was kept otherwise, and how near it stays to the floats. `wanted`: run or cancel.
    """

    number: int
    id: str
    account_id: int
    token_id: int
    source: Converted
    target: str
    formats: Sequence[Quantisation]
    status: ConversionStatus
    progress: Mapping[str, Any]
    report: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    repository_id: int | None
    commit: str | None
    wanted: str
    created_at: datetime
    finished_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.status not in OPEN


class ConversionMissing(NotFound):
    code = "conversion_not_found"

    def __init__(self, conversion_id: str) -> None:
        hint = "GET /cw/v1/conversions lists those of this account."
        super().__init__(f"No conversion found with id '{conversion_id[:80]}'.", hint=hint)


class ConversionRefused(InvalidInput):
    code = "invalid_conversion"


class ConversionClosed(Conflict):
    code = "conversion_closed"

    def __init__(self, conversion: Conversion) -> None:
        super().__init__(f"Cannot cancel {conversion.id}: it is {conversion.status.value}.")


def formats_of(words: Sequence[str]) -> tuple[Quantisation, ...]:
    """The formats that these words name, largest first, none twice. Raises ConversionRefused with those that there are."""
    known = {kind.value.lower(): kind for kind in Quantisation if kind is not Quantisation.F32}
    unknown = [word for word in words if word.lower() not in known]
    if unknown or not words:
        came = f"{unknown[0][:40]!r} is no format" if unknown else "No format is named"
        raise ConversionRefused(f"{came}; expected some of {', '.join(kind.value for kind in known.values())}.")
    wanted = {known[word.lower()] for word in words}
    return tuple(kind for kind in known.values() if kind in wanted)
