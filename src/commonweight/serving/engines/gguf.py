"""
The header of a GGUF file, as far as it tells how much memory a model will take.

Format: the GGUF specification of ggml, versions 2 and 3 (little-endian): magic, version, number of tensors, number of
key-value pairs; a pair is a string, a type, a value; a string is its length in eight bytes and UTF-8.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from commonweight.serving.errors import LoadFailed

MAGIC = b"GGUF"
MAX_PAIRS = 4096  # models have a few dozen
MAX_STRING_BYTES = 1 << 20  # chat templates reach some tens of thousands
MAX_ARRAY_ITEMS = 4 << 20  # vocabularies reach some hundred thousand
KEPT_ARRAY_ITEMS = 1024  # per-layer numbers are kept, vocabularies are walked over
CACHE_BYTES_PER_NUMBER = 2  # keys and values are kept as 16-bit floats

_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

Value = int | float | bool | str | list["Value"]


@dataclass(frozen=True)
class GgufHeader:
    """The key-value pairs, and what we want of them."""

    pairs: dict[str, Value]

    @property
    def architecture(self) -> str:
        return str(self.pairs.get("general.architecture", ""))

    @property
    def context_tokens(self) -> int:
        """The context that the model was trained for; 0 where the file does not say."""
        return self._number("context_length")

    @property
    def cache_bytes_per_token(self) -> int:
        """Keys and values of one token over all layers; 0 where the file does not say."""
        heads = self._number("attention.head_count")
        per_head = self._number("embedding_length") // heads if heads else 0
        width = (self._number("attention.key_length") or per_head) + (self._number("attention.value_length") or per_head)
        cached_heads = self._number("attention.head_count_kv") or heads
        return self._number("block_count") * cached_heads * width * CACHE_BYTES_PER_NUMBER

    def _number(self, name: str) -> int:
        value = self.pairs.get(f"{self.architecture}.{name}", 0)
        if isinstance(value, list):  # one number per layer: the largest is the safe one
            return max((int(item) for item in value if isinstance(item, int)), default=0)
        return int(value) if isinstance(value, int | float) else 0


def read_header(path: Path) -> GgufHeader:
    """Read the pairs of a GGUF file, up to its vocabulary. Raises LoadFailed when it is none, or a broken one."""
    with path.open("rb") as file:
        try:
            return GgufHeader(_pairs(file))
        except (ValueError, struct.error) as error:
            raise LoadFailed(f"The model file is not a GGUF file that can be read: {error}.") from None


def _pairs(file: BinaryIO) -> dict[str, Value]:
    magic = file.read(4)
    if magic != MAGIC:
        raise ValueError(f"it begins with {magic!r}, expected {MAGIC!r}")
    version, _tensors, count = struct.unpack("<IQQ", _exactly(file, 20))
    if version not in (2, 3):
        raise ValueError(f"it has version {version}, expected 2 or 3")
    if count > MAX_PAIRS:
        raise ValueError(f"it announces {count} keys, at most {MAX_PAIRS} are accepted")
    pairs: dict[str, Value] = {}
    for _ in range(count):
        key = _string(file)
        if key.startswith("tokenizer.") and f"{pairs.get('general.architecture')}.block_count" in pairs:
            break  # writers put the vocabulary last; walking over it takes a hundred times as long as the rest
        pairs[key] = _value(file, _number(file, "I"))
    return pairs


def _value(file: BinaryIO, kind: int) -> Value:
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        return _array(file)
    if kind not in _NUMBERS:
        raise ValueError(f"a value has the unknown type {kind}")
    number: int | float | bool = struct.unpack("<" + _NUMBERS[kind], _exactly(file, struct.calcsize(_NUMBERS[kind])))[0]
    return number


def _array(file: BinaryIO) -> list[Value]:
    kind, count = _number(file, "I"), _number(file, "Q")
    if count > MAX_ARRAY_ITEMS:
        raise ValueError(f"an array announces {count} items, at most {MAX_ARRAY_ITEMS} are accepted")
    if kind == _ARRAY:
        raise ValueError("an array of arrays")
    kept: list[Value] = []
    for _ in range(count):
        value = _value(file, kind)
        if len(kept) < KEPT_ARRAY_ITEMS:
            kept.append(value)
    return kept


def _string(file: BinaryIO) -> str:
    length = _number(file, "Q")
    if length > MAX_STRING_BYTES:
        raise ValueError(f"a string announces {length} bytes, at most {MAX_STRING_BYTES} are accepted")
    return _exactly(file, length).decode(errors="replace")


def _number(file: BinaryIO, form: str) -> int:
    number: int = struct.unpack("<" + form, _exactly(file, struct.calcsize("<" + form)))[0]
    return number


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise ValueError("it ends within its header")
    return data
