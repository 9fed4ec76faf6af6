"""
Weights out of safetensors files, by numpy alone: no torch in the process that converts.

Format: eight bytes with the length of a header, the header as JSON (name: dtype, shape, data_offsets), the numbers,
little-endian (github.com/huggingface/safetensors). Files are mapped, so that only what is asked for is read.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from commonweight.tuning.converting.values import NotConvertible

Floats = NDArray[np.float32]

MAX_HEADER: Final = 100 << 20  # the bound of the safetensors library itself
_TYPES: Final[Mapping[str, np.dtype[Any]]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
}


@dataclass(frozen=True)
class Stored:
    """Where a tensor lies: `start` and `end` count from the beginning of its file."""

    path: Path
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


class Weights:
    """The tensors of one or more files, by name."""

    def __init__(self, stored: Mapping[str, Stored]) -> None:
        self._stored = stored

    @classmethod
    def of(cls, files: Sequence[Path]) -> Weights:
        """Raises NotConvertible for a file that is none, or that ends too early."""
        stored: dict[str, Stored] = {}
        for path in files:
            stored |= _header(path)
        return cls(stored)

    @classmethod
    def of_folder(cls, folder: Path) -> Weights:
        """Of a checkpoint: the files that its index names, or `model.safetensors`, or all that there are."""
        index, single = folder / "model.safetensors.index.json", folder / "model.safetensors"
        if index.is_file():
            names = sorted(set(json.loads(index.read_bytes())["weight_map"].values()))
            return cls.of([folder / Path(name).name for name in names])
        files = [single] if single.is_file() else sorted(folder.glob("*.safetensors"))
        if not files:
            raise NotConvertible(
                "There is no safetensors file.", hint="Save the model with `save_pretrained`; pickles are not read here."
            )
        return cls.of(files)

    @property
    def names(self) -> Sequence[str]:
        return list(self._stored)

    def __contains__(self, name: str) -> bool:
        return name in self._stored

    def shape(self, name: str) -> tuple[int, ...]:
        return self._stored[name].shape

    def floats(self, name: str) -> Floats:
        """The numbers of a tensor as 32-bit floats, whatever they are kept in."""
        stored = self._stored[name]
        kind = _TYPES[stored.dtype]
        if stored.start == stored.end:
            return np.zeros(stored.shape, np.float32)
        count = (stored.end - stored.start) // kind.itemsize
        mapped = np.memmap(stored.path, kind, "r", stored.start, (count,))
        return (widened(mapped) if stored.dtype == "BF16" else mapped.astype(np.float32)).reshape(stored.shape)


def widened(halves: NDArray[np.uint16]) -> Floats:
    """bfloat16 as 32-bit floats: the same bits, followed by sixteen of zero."""
    return (halves.astype(np.uint32) << 16).view(np.float32)


def _header(path: Path) -> dict[str, Stored]:
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(min(length, MAX_HEADER)))
        size = path.stat().st_size
        return {name: _stored(path, 8 + length, size, one) for name, one in header.items() if name != "__metadata__"}
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise NotConvertible(
            f"{path.name} is no safetensors file that can be read: {error}.", hint="Save or upload it again."
        ) from None


def _stored(path: Path, offset: int, size: int, one: Mapping[str, Any]) -> Stored:
    start, end = (offset + int(at) for at in one["data_offsets"])
    shape, dtype = tuple(int(side) for side in one["shape"]), str(one["dtype"])
    if dtype not in _TYPES:
        raise ValueError(f"a tensor has the type {dtype}; expected one of {', '.join(_TYPES)}")
    if end > size or end - start != int(np.prod(shape, dtype=np.int64)) * _TYPES[dtype].itemsize:
        raise ValueError("it ends before its last tensor does")
    return Stored(path, dtype, shape, start, end)


@dataclass(frozen=True)
class Planned:
    """A tensor that is to be written, in 32-bit floats: `load` gives it when its turn has come."""

    name: str
    shape: tuple[int, ...]
    load: Callable[[], Floats]


def write_safetensors(path: Path, tensors: Sequence[Planned], tell: Callable[[float, str], None]) -> None:
    """One after the other, so that no more than one is in memory."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for tensor in tensors:
        end = at + int(np.prod(tensor.shape, dtype=np.int64)) * 4
        header[tensor.name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for place, tensor in enumerate(tensors):
            np.ascontiguousarray(tensor.load(), np.float32).tofile(file)
            tell((place + 1) / len(tensors), tensor.name)
