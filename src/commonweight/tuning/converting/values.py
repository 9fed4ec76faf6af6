"""What converting makes, in which formats, and what it refuses."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from commonweight.errors import Unprocessable


class NotConvertible(Unprocessable):
    """Something that cannot become what was asked for; the hint is the remedy."""

    code = "not_convertible"


class ConversionFailed(Unprocessable):
    """The work itself failed: a broken file, a full disk, a child process that died."""

    code = "conversion_failed"


class Quantisation(enum.StrEnum):
    """How numbers are kept in a GGUF file, from whole to small. K kinds mix two sizes as llama.cpp's `_M` mixtures do."""

    F32 = "F32"
    F16 = "F16"
    Q8_0 = "Q8_0"
    Q6_K = "Q6_K"
    Q5_K = "Q5_K"
    Q5_0 = "Q5_0"
    Q4_K = "Q4_K"
    Q4_0 = "Q4_0"
    IQ4_NL = "IQ4_NL"
    IQ4_XS = "IQ4_XS"

    @property
    def is_float(self) -> bool:
        return self in (Quantisation.F32, Quantisation.F16)


@dataclass(frozen=True)
class Parity:
    """Texts that were given to both tokenizers, or conversations to both templates, and those on which they differ."""

    compared: int = 0
    differing: tuple[str, ...] = ()
    note: str = ""  # why nothing was compared

    @property
    def same(self) -> bool:
        return self.compared > 0 and not self.differing


@dataclass(frozen=True)
class GgufMade:
    """A file that was written. `fallbacks`: tensors kept in another format than `kind`, with the reason, counted."""

    path: Path
    kind: str  # of Quantisation; "adapter"
    size: int  # bytes
    sha256: str
    tensors: int
    fallbacks: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    tokens: Parity | None = None  # whether llama.cpp reads texts as the tokenizer it was made of
    template: Parity | None = None  # and makes the same prompts; null: there was nothing to compare with

    def document(self) -> dict[str, Any]:
        """As JSON, between processes and in reports; without the place on this disk."""
        return {**asdict(self), "path": self.path.name}

    @classmethod
    def of(cls, document: Mapping[str, Any], path: Path) -> GgufMade:
        """The inverse of `document`."""
        fields = {**document, "path": path, "warnings": tuple(document["warnings"])}
        for name in ("tokens", "template"):
            told = document[name]
            fields[name] = told and Parity(told["compared"], tuple(told["differing"]), told["note"])
        return cls(**fields)
