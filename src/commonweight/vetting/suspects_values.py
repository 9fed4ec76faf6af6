"""Suspected bases, as other rooms hold them in their hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from commonweight.hub import Repository

#: How much the evidence says, strongest first.
STRENGTHS: Final[Mapping[str, str]] = {
    "strong": "A quarter or more of the bytes, or of the tensors compared, are the same.",
    "some": "Some bytes or tensors are the same.",
    "weak": "Only architecture, dimensions and vocabulary are the same: many models have those in common.",
}
OPEN: Final = "open"
CONFIRMED: Final = "confirmed"
DISMISSED: Final = "dismissed"


@dataclass(frozen=True)
class Evidence:
    """
    What two repositories have in common, seen from the one that may stand on the other. Bytes are those of its files of
    weights; `tensors` of `sampled` were found equal, by a sample of their bytes. `exact` is false where chunks were compared
    by a sample too.
    """

    bytes: int = 0
    shared_bytes: int = 0
    exact: bool = True
    files: int = 0
    equal_files: int = 0
    paths: tuple[str, ...] = ()  # of some equal files
    tensors: int = 0
    sampled: int = 0
    same_config: bool = False
    same_vocabulary: bool = False
    why_first: str = "earlier"  # earlier | known_original
    base_since: str = ""  # ISO 8601
    own_since: str = ""

    @property
    def share(self) -> float:
        """Of the bytes that lie in the base too, 0 to 1."""
        return self.shared_bytes / self.bytes if self.bytes else 0.0

    @property
    def tensor_share(self) -> float:
        return self.tensors / self.sampled if self.sampled else 0.0

    @property
    def weight(self) -> float:
        """How much of it is the same, by whatever says most."""
        return max(self.share, self.tensor_share)

    def to_document(self) -> dict[str, Any]:
        return asdict(self) | {"paths": list(self.paths)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Evidence:
        return cls(**{**document, "paths": tuple(document["paths"])})


@dataclass(frozen=True)
class Suspect:
    """A repository that another may stand on. `base` is None where it is gone; `base_name` is what it was called."""

    id: int
    repository_id: int
    base: Repository | None
    base_name: str
    state: str  # open | confirmed | dismissed
    strength: str  # a word of STRENGTHS
    relation: str  # a word of the lineage
    commit: str
    base_commit: str
    evidence: Evidence
    found_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str

    @property
    def name(self) -> str:
        """What the base is called now, or was when it was found or confirmed."""
        return self.base.full_name if self.base is not None and self.state != CONFIRMED else self.base_name


@dataclass(frozen=True)
class Suspicions:
    """Those that somebody may know of, and for administrators how many there are beside."""

    shown: tuple[Suspect, ...]
    hidden: int | None = None
