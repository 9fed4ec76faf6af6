"""What the files of one commit hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that could not be read as what its name says."""

    path: str
    note: str


@dataclass(frozen=True, slots=True)
class Contents:
    """
    Of one commit. Everything is empty where no file says it.

    `safetensors` is {parameters: {dtype: count}, total}; `gguf` {total, architecture, context_length, …}; `config` the part
    of the configurations that clients read; `transformers` {auto_model, pipeline_tag, processor}; `tables` {columns:
    [{name, type}], rows, files, bytes} of Parquet files, `rows` only where all of them were read. `tags` follow from files.
    """

    safetensors: Found = field(default_factory=dict)
    gguf: Found = field(default_factory=dict)
    config: Found = field(default_factory=dict)
    transformers: Found = field(default_factory=dict)
    tables: Found = field(default_factory=dict)
    pipeline_tag: str = ""
    library_name: str = ""
    mask_token: str = ""
    tags: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def parameters(self) -> int | None:
        """How many, where a header says."""
        total = self.safetensors.get("total") or self.gguf.get("total")
        return int(total) if total else None
