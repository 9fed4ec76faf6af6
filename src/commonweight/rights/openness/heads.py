"""The first bytes of weight files: what tensors a safetensors file holds, and what a GGUF file says of itself."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.rights.openness.gguf import read_gguf

MAX_HEADER: Final = 100 << 20  # what the safetensors format allows for a header
_UNKNOWN_SIZE: Final = 1 << 62  # of a file of which only the beginning was given


@dataclass(frozen=True, slots=True)
class TensorHead:
    """`is_valid` where the head fits the file; `names` are its tensors, None where the header was not read whole."""

    is_valid: bool
    names: frozenset[str] | None = None


def safetensors_head(content: bytes, size: int) -> TensorHead:
    """Read a header of a file of `size` bytes, of which `content` is the beginning."""
    length = header_length(content, size)
    if length is None:
        return TensorHead(False)
    if len(content) < 8 + length:
        return TensorHead(True)
    header = safetensors_header(content, size)
    return TensorHead(header is not None, None if header is None else frozenset(header) - {"__metadata__"})


def header_length(content: bytes, size: int) -> int | None:
    """Bytes of a safetensors header behind the eight that say so; None where that can be none."""
    if len(content) < 9:
        return None
    (length,) = struct.unpack("<Q", content[:8])
    return int(length) if length <= min(MAX_HEADER, size - 8) and content[8:9] == b"{" else None


def safetensors_header(content: bytes, size: int) -> Mapping[str, Any] | None:
    """The header as JSON; None where it is none, or `content` does not hold all of it."""
    length = header_length(content, size)
    if length is None or len(content) < 8 + length:
        return None
    try:
        header = json.loads(content[8 : 8 + length])
    except (ValueError, RecursionError):
        return None
    return header if isinstance(header, dict) else None


def gguf_head(content: bytes) -> Mapping[str, Any] | None:
    """The plain values of a GGUF file's header by key, as far as `content` reaches; None where it is no GGUF file."""
    head = read_gguf(content, max(len(content), _UNKNOWN_SIZE))
    return None if head is None else head.pairs
