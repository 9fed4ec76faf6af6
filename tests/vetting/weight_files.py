"""Small files of weights, made on the spot: safetensors and GGUF as their formats say."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Mapping, Sequence
from typing import Any

U32, TEXT, ARRAY = 4, 8, 9
ALIGNMENT = 32


def tensor_bytes(seed: int, length: int) -> bytes:
    """Bytes as trained weights have them: without a pattern, and the same for the same seed."""
    return random.Random(seed).randbytes(length)


def safetensors(tensors: Mapping[str, bytes], metadata: Mapping[str, Any] | None = None) -> bytes:
    """A file of F32 vectors."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata is not None else {}
    start = 0
    for name, data in tensors.items():
        header[name] = {"dtype": "F32", "shape": [len(data) // 4], "data_offsets": [start, start + len(data)]}
        start += len(data)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(tensors.values())


def gguf(pairs: Mapping[str, Any], tensors: Mapping[str, bytes] | None = None) -> bytes:
    """A file of version 3 with texts, numbers and lists of texts, and F32 vectors."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors or {}), len(pairs))
    head += b"".join(_text(key) + _value(value) for key, value in pairs.items())
    data = b""
    for name, content in (tensors or {}).items():
        head += _text(name) + struct.pack("<IQIQ", 1, len(content) // 4, 0, len(data))
        data += content + b"\0" * (-len(content) % ALIGNMENT)
    return head + b"\0" * (-len(head) % ALIGNMENT) + data


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(value: str | int | Sequence[str]) -> bytes:
    if isinstance(value, int):
        return struct.pack("<II", U32, value)
    if isinstance(value, str):
        return struct.pack("<I", TEXT) + _text(value)
    return struct.pack("<IIQ", ARRAY, TEXT, len(value)) + b"".join(map(_text, value))
