"""
A GGUF file, read: its keys, its vocabulary, and where its tensors lie. Fifty times as quick as the reader of the `gguf`
package (0.1 s against 4 s for a vocabulary of 49,000), which an adapter's first answer waits for.

Format: the GGUF specification of ggml, versions 2 and 3, little-endian.
"""

from __future__ import annotations

import mmap
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray

from commonweight.tuning.converting.encoding import bytes_of
from commonweight.tuning.converting.safetensors import Floats, widened
from commonweight.tuning.converting.values import NotConvertible

MAX_COUNT: Final = 16 << 20  # items of an array, tensors of a file: far more than any model has
_NUMBERS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_SIZE: Final = struct.Struct("<Q")
READING_ERRORS: Final = (OSError, ValueError, KeyError, struct.error, UnicodeDecodeError)


@dataclass(frozen=True)
class Entry:
    """A value, with its type and its items' type, as GGUF numbers them."""

    value: Any
    kind: int
    item: int | None = None


@dataclass(frozen=True)
class TensorPlace:
    """`shape` rows first, as numpy has it; `start` counts from the beginning of the file."""

    name: str
    shape: tuple[int, ...]
    kind: Type
    start: int


class GgufHead:
    """What a file says of itself, and which tensors it has. `data`: its beginning at least, of `size` bytes in all."""

    def __init__(self, data: bytes | mmap.mmap, size: int) -> None:
        """Raises ValueError, KeyError or struct.error where it is none, is broken, or `data` ends too early."""
        self.entries, self.tensors = _Walk(data, size).everything()

    @property
    def architecture(self) -> str:
        return str(self.value("general.architecture", ""))

    def value(self, key: str, default: Any = None) -> Any:
        found = self.entries.get(key)
        return default if found is None else found.value

    def parameter(self, key: str, default: Any = None) -> Any:
        """Of the model's own keys, which begin with its architecture."""
        return self.value(f"{self.architecture}.{key}", default)

    @property
    def main_kind(self) -> Type:
        """The format in which most numbers are kept, vectors aside."""
        counted: Counter[Type] = Counter()
        for place in self.tensors.values():
            if len(place.shape) > 1:
                counted[place.kind] += int(np.prod(place.shape, dtype=np.int64))
        return counted.most_common(1)[0][0] if counted else Type.F32


class GgufFile(GgufHead):
    """Raises NotConvertible where the file is none, or broken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                super().__init__(data, len(data))
        except READING_ERRORS as error:
            raise NotConvertible(f"{path.name} is no GGUF file that can be read: {error}.") from None

    def raw(self, name: str) -> NDArray[np.uint8]:
        """The bytes of a tensor, as they lie in the file."""
        place = self.tensors[name]
        size = bytes_of(place.kind, int(np.prod(place.shape, dtype=np.int64)))
        return np.memmap(self.path, np.uint8, "r", place.start, (size,))

    def floats(self, name: str) -> Floats:
        """A tensor as 32-bit floats, whatever format it is kept in."""
        place, raw = self.tensors[name], self.raw(name)
        if place.kind is Type.F32:
            return raw.view(np.float32).reshape(place.shape)
        if place.kind is Type.F16:
            return raw.view(np.float16).astype(np.float32).reshape(place.shape)
        if place.kind is Type.BF16:
            return widened(raw.view(np.uint16)).reshape(place.shape)
        rows = raw.reshape(*place.shape[:-1], -1)
        try:
            return np.asarray(gguf.quants.dequantize(rows, place.kind), np.float32).reshape(place.shape)
        except NotImplementedError:
            message = f"{name} is kept as {place.kind.name}, which is not read here."
            raise NotConvertible(message, hint="Start from a file with floats.") from None


class FileCut(ValueError):
    """The head is whole, and the file is not."""


class _Walk:
    """From the first byte to the last name."""

    def __init__(self, data: bytes | mmap.mmap, size: int) -> None:
        self._data = data
        self._size = size
        self._at = 0

    def everything(self) -> tuple[Mapping[str, Entry], Mapping[str, TensorPlace]]:
        magic, version, tensors, pairs = self._take("<4sIQQ")
        if magic != b"GGUF" or version not in (2, 3):
            raise ValueError(f"it begins with {magic!r}, version {version}")
        if max(tensors, pairs) > MAX_COUNT:
            raise ValueError("it announces more than any model has")
        entries = dict(self._pair() for _ in range(pairs))
        found = [self._tensor() for _ in range(tensors)]
        alignment = int(entries["general.alignment"].value) if "general.alignment" in entries else 32
        begin = -(-self._at // alignment) * alignment
        places = {name: TensorPlace(name, shape, kind, begin + offset) for name, shape, kind, offset in found}
        for place in places.values():
            if place.start + bytes_of(place.kind, int(np.prod(place.shape, dtype=np.int64))) > self._size:
                raise FileCut(f"it ends before its tensor {place.name} does")
        return entries, places

    def _pair(self) -> tuple[str, Entry]:
        key, (kind,) = self._text(), self._take("<I")
        if kind != _ARRAY:
            return key, Entry(self._text() if kind == _STRING else self._take("<" + _NUMBERS[kind])[0], kind)
        item, count = self._take("<IQ")
        if count > MAX_COUNT:
            raise ValueError(f"{key} announces {count} items")
        if item == _STRING:
            return key, Entry([self._text() for _ in range(count)], kind, item)
        return key, Entry(list(self._take(f"<{count}{_NUMBERS[item]}")), kind, item)

    def _tensor(self) -> tuple[str, tuple[int, ...], Type, int]:
        name, (sides,) = self._text(), self._take("<I")
        if sides > 4:
            raise ValueError(f"{name} has {sides} sides")
        shape = self._take(f"<{sides}Q")
        kind, offset = self._take("<IQ")
        return name, tuple(reversed(shape)), Type(kind), offset

    def _text(self) -> str:
        data, at = self._data, self._at
        (length,) = _SIZE.unpack_from(data, at)
        end = at + 8 + length
        if end > len(data):
            raise ValueError("it ends within its header")
        self._at = end
        return data[at + 8 : end].decode("utf-8", errors="replace")

    def _take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return found
