"""
The header of a GGUF file out of its first bytes: plain values, the vocabulary's beginning, where each tensor lies.

Format: the GGUF specification of ggml, versions 2 and 3 (little-endian). Whatever a file announces, no more is walked over
than the bytes that were given.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MAGIC: Final = b"GGUF"
MAX_PAIRS: Final = 4096  # models have a few dozen
MAX_TENSORS: Final = 1 << 17  # the largest mixtures of experts have some ninety thousand
MAX_TEXT: Final = 4096  # bytes of a value that is kept; longer ones are templates
MAX_DIMENSIONS: Final = 8  # ggml knows four
FIRST_TOKENS: Final = 8192  # tells vocabularies apart, and stays as it is where tokens are added at the end
TOKENS: Final = "tokenizer.ggml.tokens"
_DEFAULT_ALIGNMENT: Final = 32
_FIXED: Final = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT: Final = 8
_ARRAY: Final = 9


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """`start` and `size` in bytes of the file; `size` counts the padding behind it too."""

    name: str
    kind: str
    shape: tuple[int, ...]
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class GgufHead:
    """
    `pairs` are the plain values by key; `tokens` the first of the vocabulary. `is_whole` where the bytes held all of the
    header, else `note` says what ended the reading: `short` (more bytes would help) or `broken`.
    """

    pairs: Mapping[str, Any] = field(default_factory=dict)
    tokens: tuple[bytes, ...] = ()
    tensors: tuple[GgufTensor, ...] = ()
    note: str = ""

    @property
    def is_whole(self) -> bool:
        return not self.note


class _Short(Exception):
    """The bytes end within the header."""


class _Broken(Exception):
    """What stands there can be no header."""


def read_gguf(content: bytes, size: int, *, longest: int = MAX_TEXT) -> GgufHead | None:
    """
    The header of a file of `size` bytes, of which `content` is the beginning; None where it is no GGUF file. Texts of more
    than `longest` bytes are passed over.
    """
    if len(content) < 24 or content[:4] != MAGIC:
        return None
    version, tensors, pairs = struct.unpack("<IQQ", content[4:24])
    if version not in (2, 3):
        return GgufHead(note="broken")
    walk = _Walk(content, size, longest)
    try:
        walk.pairs(pairs)
        return GgufHead(walk.found, walk.tokens, walk.tensors(tensors))
    except _Short:
        note = "short"
    except _Broken:
        note = "broken"
    return GgufHead(walk.found, walk.tokens, (), note)


class _Walk:
    """Goes over the header once; what was found before it ended stays."""

    def __init__(self, content: bytes, size: int, longest: int) -> None:
        self._content = content
        self._size = size
        self._longest = longest
        self._place = 24
        self.found: dict[str, Any] = {}
        self.tokens: tuple[bytes, ...] = ()

    def pairs(self, count: int) -> None:
        if count > MAX_PAIRS:
            raise _Broken
        for _ in range(count):
            key = self._text().decode("utf-8", errors="replace")
            kind = self._number("<I")
            if kind == _TEXT:
                text = self._text()
                if len(text) <= self._longest:
                    self.found[key] = text.decode("utf-8", errors="replace")
            elif kind in _FIXED:
                self.found[key] = self._number(_FIXED[kind])
            elif kind == _ARRAY:
                self._array(key)
            else:
                raise _Broken

    def _array(self, key: str) -> None:
        kind, count = self._number("<I"), self._number("<Q")
        if kind in _FIXED:
            self._skip(count * struct.calcsize(_FIXED[kind]))
        elif kind == _TEXT:
            kept = [self._text() for _ in range(min(count, FIRST_TOKENS))]
            if key == TOKENS:
                self.tokens = tuple(kept)
            for _ in range(count - len(kept)):
                self._text()
        else:
            raise _Broken  # arrays of arrays are in the specification and in no file

    def tensors(self, count: int) -> tuple[GgufTensor, ...]:
        if count > MAX_TENSORS:
            raise _Broken
        heads = [self._tensor() for _ in range(count)]
        alignment = self.found.get("general.alignment", _DEFAULT_ALIGNMENT)
        if not isinstance(alignment, int) or not 0 < alignment <= 1 << 20:
            raise _Broken
        data = -(-self._place // alignment) * alignment
        starts = sorted({start for *_, start in heads})
        ends = dict(zip(starts, [*starts[1:], self._size - data], strict=True)) if starts else {}
        found = tuple(GgufTensor(name, kind, shape, data + at, ends[at] - at) for name, kind, shape, at in heads)
        if any(one.size < 0 or one.start + one.size > self._size for one in found):
            raise _Broken
        return found

    def _tensor(self) -> tuple[str, str, tuple[int, ...], int]:
        name, dimensions = self._text().decode("utf-8", errors="replace"), self._number("<I")
        if dimensions > MAX_DIMENSIONS:
            raise _Broken
        shape = tuple(self._number("<Q") for _ in range(dimensions))
        return name[:MAX_TEXT], f"ggml-{self._number('<I')}", shape, self._number("<Q")

    def _number(self, form: str) -> Any:
        place = self._place
        self._skip(struct.calcsize(form))
        (number,) = struct.unpack_from(form, self._content, place)
        return number

    def _text(self) -> bytes:
        length = self._number("<Q")
        place = self._place
        self._skip(length)
        return self._content[place : self._place]

    def _skip(self, length: int) -> None:
        if self._place + length > self._size:
            raise _Broken
        if self._place + length > len(self._content):
            raise _Short
        self._place += length
