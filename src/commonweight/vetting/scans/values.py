"""What looking through a file found, as other rooms hold it in their hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

SAFE: Final = "safe"  # looked through to its end, and nothing was found
SUSPICIOUS: Final = "suspicious"  # something that weights do not need, or that could not be followed to its end
UNSAFE: Final = "unsafe"  # it runs code, or tries to
QUEUED: Final = "queued"  # a job looks through it
UNSCANNED: Final = "unscanned"  # nobody has looked, or nobody can: its bytes are not here, or it is too large
LEVELS: Final = (SAFE, SUSPICIOUS, UNSAFE)

INNOCUOUS: Final = "innocuous"
DANGEROUS: Final = "dangerous"

MAX_FINDINGS: Final = 50  # of one file that are kept; the worst come first
MAX_IMPORTS: Final = 200


@dataclass(frozen=True, slots=True)
class ScanFinding:
    """
    One thing that was found. `reason` is a sentence with places for `values`; `part` the part of an archive, "" where it is
    none.
    """

    level: str
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)
    part: str = ""

    @property
    def sentence(self) -> str:
        return self.reason % self.values


@dataclass(frozen=True, slots=True)
class Import:
    """A name that a pickle asks Python for. `safety`: innocuous, suspicious or dangerous."""

    module: str
    name: str
    safety: str


@dataclass(frozen=True, slots=True)
class Scan:
    """The verdict on a content. `scanner` names who gave it, in which version."""

    verdict: str
    findings: tuple[ScanFinding, ...] = ()
    imports: tuple[Import, ...] = ()
    scanner: str = ""

    @classmethod
    def of(cls, findings: Sequence[ScanFinding], imports: Sequence[Import] = ()) -> Scan:
        """The worst finding is the verdict."""
        worst = sorted(findings, key=lambda one: -LEVELS.index(one.level))
        verdict = worst[0].level if worst else SAFE
        return cls(verdict, tuple(worst[:MAX_FINDINGS]), tuple(imports[:MAX_IMPORTS]))

    def to_document(self) -> dict[str, Any]:
        return {"findings": [asdict(one) for one in self.findings], "imports": [asdict(one) for one in self.imports]}

    @classmethod
    def from_document(cls, verdict: str, document: Mapping[str, Any], scanner: str) -> Scan:
        findings = tuple(ScanFinding(**one) for one in document.get("findings", ()))
        return cls(verdict, findings, tuple(Import(**one) for one in document.get("imports", ())), scanner)
