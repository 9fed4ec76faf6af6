"""What a conversion is: a model of the hub in other formats, in a repository of its own."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from commonweight.errors import Conflict, InvalidInput, NotFound
from commonweight.tuning.conversions.scoring import State
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
    """
    The model that is converted: a repository of this hub at a commit. `path`: its GGUF file (of parts the first one); "" for
    a checkpoint of safetensors. `warning`: what the source costs whatever is made of it.
    """

    repository_id: int
    repository: str
    commit: str
    path: str = ""
    warning: str = ""

    @property
    def name(self) -> str:
        """`ada/tiny@0123…:tiny-Q8_0.gguf`: what requests call it by."""
        return f"{self.repository}@{self.commit}" + (f":{self.path}" if self.path else "")

    def document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class NewConversion:
    """
    What is asked for. `model`: `namespace/name[@revision][:file]`; `target`: the repository to be made; `address`: from
    where it was asked; `is_scored`: whether each format is asked questions and compared.
    """

    model: str
    target: str
    formats: Sequence[str]
    address: str = ""
    is_scored: bool = True


@dataclass(frozen=True)
class Conversion:
    """
    `target` is `namespace/name` of what is made. `progress`: `share` of the work, `what` is at hand. `report`: each format
    with its size, hash, what was kept otherwise, how near it stays to the source, and its score; there from when the draft
    is. `address`: from where it was asked for. `wanted`: run or cancel.
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
    address: str
    is_scored: bool
    created_at: datetime
    finished_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.status not in OPEN

    @property
    def broken(self) -> Mapping[str, str]:
        """By path the files that are broken, with what is wrong."""
        scored = [one for one in (self.report or {}).get("files", ()) if one.get("score")]
        return {one["path"]: one["score"]["sentence"] for one in scored if one["score"]["state"] == State.BROKEN}


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


class ConversionBroken(Conflict):
    """A draft with a format that is broken is not accepted without a word."""

    code = "conversion_broken"

    def __init__(self, broken: Mapping[str, str]) -> None:
        told = " ".join(f"{path}: {sentence}" for path, sentence in broken.items())
        hint = "Convert again without it; or accept it all the same (even_broken), and say so to those who use it."
        super().__init__(f"Not all of it is any good. {told}", hint=hint)
