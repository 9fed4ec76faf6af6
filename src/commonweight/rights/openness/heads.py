"""The first bytes of weight files: how many tensors a safetensors file holds, and what a GGUF file says of itself."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

GGUF_MAGIC: Final = b"GGUF"
MAX_HEADER: Final = 100 << 20  # what the safetensors format allows for a header
MAX_ENTRIES: Final = 256  # of a GGUF head; the architecture and the names stand among the first dozen
MAX_TEXT: Final = 4096  # bytes of one value; longer ones are vocabularies and templates
_FIXED: Final = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT: Final = 8


@dataclass(frozen=True, slots=True)
class TensorHead:
    """`is_valid` where the head fits the file; `names` are its tensors, None where the header was not read whole."""

    is_valid: bool
    names: frozenset[str] | None = None


def safetensors_head(content: bytes, size: int) -> TensorHead:
    """Read a header of a file of `size` bytes, of which `content` is the beginning."""
    if len(content) < 9:
        return TensorHead(False)
    (length,) = struct.unpack("<Q", content[:8])
    if length > min(MAX_HEADER, size - 8) or content[8:9] != b"{":
        return TensorHead(False)
    if len(content) < 8 + length:
        return TensorHead(True)
    try:
        header = json.loads(content[8 : 8 + length])
    except (ValueError, RecursionError):
        return TensorHead(False)
    return TensorHead(isinstance(header, dict), frozenset(header) - {"__metadata__"} if isinstance(header, dict) else None)


def gguf_head(content: bytes) -> Mapping[str, Any] | None:
    """The leading plain values of a GGUF file by key; None where it is no GGUF file. Stops at the first array."""
    if len(content) < 24 or content[:4] != GGUF_MAGIC:
        return None
    (count,) = struct.unpack("<Q", content[16:24])
    found: dict[str, Any] = {}
    place = 24
    try:
        for _ in range(min(count, MAX_ENTRIES)):
            key, place = _text(content, place)
            (kind,) = struct.unpack_from("<I", content, place)
            if kind == _TEXT:
                found[key], place = _text(content, place + 4)
            elif kind in _FIXED:
                (found[key],) = struct.unpack_from(_FIXED[kind], content, place + 4)
                place += 4 + struct.calcsize(_FIXED[kind])
            else:
                break
    except (struct.error, ValueError):
        pass  # the head that was read ends here
    return found


def _text(content: bytes, place: int) -> tuple[str, int]:
    """A text at `place` and where it ends. Raises ValueError beyond the bound, struct.error beyond the end."""
    (length,) = struct.unpack_from("<Q", content, place)
    if length > MAX_TEXT or place + 8 + length > len(content):
        raise ValueError(length)
    return content[place + 8 : place + 8 + length].decode("utf-8", errors="replace"), place + 8 + length
