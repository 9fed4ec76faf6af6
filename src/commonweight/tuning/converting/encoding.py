"""
Numbers in the formats of ggml. Floats by numpy; all others by ggml's own code, out of the library that xllamacpp brings.

`ggml_quantize_chunk` checks nothing: a row that is no multiple of the format's block writes past its buffer. So the width is
checked here, and a row that does not fit is kept in a format of smaller blocks, as llama.cpp's own tool does.
"""

from __future__ import annotations

import ctypes
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray

from commonweight.tuning.converting.safetensors import Floats
from commonweight.tuning.converting.values import ConversionFailed

ROWS_AT_ONCE_NUMBERS: Final = 16 << 20  # numbers that are turned at once, so that memory stays bounded
MAX_HALF: Final = 65_504.0  # the largest 16-bit float

#: For rows that are no multiple of 256 (src/llama-quant.cpp, `tensor_type_fallback`).
FALLBACKS: Final[Mapping[Type, Type]] = {
    Type.Q4_K: Type.Q5_0,
    Type.Q5_K: Type.Q5_1,
    Type.Q6_K: Type.Q8_0,
    Type.IQ4_XS: Type.IQ4_NL,
}


def fitting(kind: Type, width: int) -> Type:
    """The format that rows of `width` numbers can have: `kind`, or the next of smaller blocks, or 16-bit floats."""
    while width % block_of(kind):
        kind = FALLBACKS.get(kind, Type.F16)
    return kind


def block_of(kind: Type) -> int:
    """Numbers that are kept together."""
    return int(gguf.GGML_QUANT_SIZES[kind][0])


def bytes_of(kind: Type, count: int) -> int:
    """Bytes of `count` numbers, a multiple of the block."""
    block, size = gguf.GGML_QUANT_SIZES[kind]
    return count // int(block) * int(size)


class Encoder:
    """Turns floats into a format. One per process: ggml's tables are made once."""

    def __init__(self) -> None:
        self._library: Any = None

    def encode(self, floats: Floats, kind: Type) -> NDArray[Any]:
        """`floats` of any shape as the bytes (or 16-bit floats) of `kind`. Raises ConversionFailed."""
        if kind is Type.F32:
            return np.ascontiguousarray(floats, np.float32)
        if kind is Type.F16:
            return floats.astype(np.float16)
        width = floats.shape[-1]
        if width % block_of(kind):
            raise ConversionFailed(f"Rows of {width} numbers cannot be kept as {kind.name}.")
        rows = np.ascontiguousarray(floats.reshape(-1, width), np.float32)
        step = max(1, ROWS_AT_ONCE_NUMBERS // width)
        pieces = [self._chunk(rows[start : start + step], kind) for start in range(0, len(rows), step)]
        return np.concatenate(pieces)

    def _chunk(self, rows: Floats, kind: Type) -> NDArray[np.uint8]:
        count, width = rows.shape
        out = np.zeros(bytes_of(kind, count * width), np.uint8)
        source = np.ascontiguousarray(rows)
        written = self._ggml().ggml_quantize_chunk(int(kind), source.ctypes.data, out.ctypes.data, 0, count, width, None)
        if written != out.nbytes:
            raise ConversionFailed(f"ggml wrote {written} bytes of {kind.name}; expected {out.nbytes}.")
        return out

    def _ggml(self) -> Any:
        if self._library is None:
            self._library = _load()
        return self._library


def _load() -> Any:
    library = ctypes.CDLL(str(native_library()))
    try:
        function = library.ggml_quantize_chunk
    except AttributeError:
        raise ConversionFailed(
            "This build of xllamacpp does not offer ggml's quantisation.", hint="Ask for F16, or install another build."
        ) from None
    number, pointer = ctypes.c_int64, ctypes.c_void_p
    function.argtypes = [ctypes.c_int, pointer, pointer, number, number, number, pointer]
    function.restype = ctypes.c_size_t
    return library


def native_library() -> Path:
    """The file of xllamacpp that holds llama.cpp; found without importing it. Raises ConversionFailed."""
    found = importlib.util.find_spec("xllamacpp")
    for folder in (found.submodule_search_locations or []) if found else []:
        for path in sorted(Path(folder).glob("xllamacpp*.so")) + sorted(Path(folder).glob("xllamacpp*.pyd")):
            return path
    raise ConversionFailed("xllamacpp is not installed.", hint="pip install xllamacpp")
