"""Writes GGUF files (version 3): pairs, then tensors of 32-bit floats."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

ALIGNMENT: Final = 32
_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9

Tensors = Mapping[str, NDArray[np.float32]]


def write_gguf(path: Path, pairs: Mapping[str, Any], tensors: Tensors) -> Path:
    """Whole numbers are written as uint32, arrays of them as int32. Of a tensor the last axis is the fast one."""
    head = [struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(pairs))]
    head += [_string(key) + _value(value) for key, value in pairs.items()]
    offset = 0
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]
        head.append(_string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset))
        offset += _padded(tensor.nbytes)
    with path.open("wb") as file:
        file.write(b"".join(head))
        file.write(b"\0" * (_padded(file.tell()) - file.tell()))
        for tensor in tensors.values():
            data = np.ascontiguousarray(tensor, np.float32).tobytes()
            file.write(data + b"\0" * (_padded(len(data)) - len(data)))
    return path


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(value: Any) -> bytes:
    if isinstance(value, bool):
        return struct.pack("<I?", _BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", _UINT32, value)
    if isinstance(value, float):
        return struct.pack("<If", _FLOAT32, value)
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _string(value)
    return struct.pack("<I", _ARRAY) + _array(value)


def _array(items: Sequence[Any]) -> bytes:
    if isinstance(items[0], str):
        return struct.pack("<IQ", _STRING, len(items)) + b"".join(_string(item) for item in items)
    kind, form = (_FLOAT32, "f") if isinstance(items[0], float) else (_INT32, "i")
    return struct.pack(f"<IQ{len(items)}{form}", kind, len(items), *items)
