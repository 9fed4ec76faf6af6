"""A GGUF file, written tensor by tensor: no more than one of them is in memory."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray

from commonweight.tuning.converting.encoding import MAX_HALF, Encoder, bytes_of
from commonweight.tuning.converting.safetensors import Floats
from commonweight.tuning.converting.values import ConversionFailed, GgufMade

Tell = Callable[[float, str], None]  # a share of the work, and what is at hand


def untold(share: float, what: str) -> None:
    """For those who do not listen."""


@dataclass(frozen=True)
class Planned:
    """
    A tensor that is to be written: `load` gives its numbers, of `shape` (rows first), when their turn has come; `is_raw`:
    their bytes, which are of `kind` already.
    """

    name: str
    shape: tuple[int, ...]
    kind: Type
    load: Callable[[], Floats | NDArray[np.uint8]]
    wanted: Type | None = None  # where `kind` is a fallback
    is_raw: bool = False

    @property
    def bytes(self) -> int:
        return bytes_of(self.kind, int(np.prod(self.shape, dtype=np.int64)))


def write_gguf(
    out: Path, kind: str, writer: gguf.GGUFWriter, tensors: Sequence[Planned], encoder: Encoder, tell: Tell = untold
) -> GgufMade:
    """
    The file, complete or not at all: it gets its name when it is whole. The writer holds the keys.

    Raises ConversionFailed where a number is none, or too large for its format.
    """
    part = out.with_name(f"{out.name}.{os.getpid()}.part")
    for tensor in tensors:
        shape = gguf.quant_shape_to_byte_shape(tensor.shape, tensor.kind) if _packed(tensor.kind) else tensor.shape
        dtype = np.dtype(np.uint8) if _packed(tensor.kind) else np.dtype(np.float32)
        writer.add_tensor_info(tensor.name, shape, dtype, tensor.bytes, raw_dtype=tensor.kind)
    try:
        writer.write_header_to_file(part)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        _write_tensors(writer, tensors, encoder, tell)
    finally:
        writer.close()
    part.replace(out)
    fallbacks = Counter(f"{one.wanted.name} as {one.kind.name}" for one in tensors if one.wanted is not None)
    return GgufMade(out, kind, out.stat().st_size, sha256_of(out), len(tensors), dict(fallbacks))


def _packed(kind: Type) -> bool:
    return kind not in (Type.F32, Type.F16, Type.BF16)


def _write_tensors(writer: gguf.GGUFWriter, tensors: Sequence[Planned], encoder: Encoder, tell: Tell) -> None:
    total, done = sum(one.bytes for one in tensors) or 1, 0
    for tensor in tensors:
        writer.write_tensor_data(_numbers(tensor, encoder))
        done += tensor.bytes
        tell(done / total, tensor.name)


def _numbers(tensor: Planned, encoder: Encoder) -> NDArray[Any]:
    loaded = tensor.load()
    if tensor.is_raw:
        return loaded
    floats = cast("Floats", loaded)
    _check(tensor, floats)
    return encoder.encode(floats, tensor.kind)


def _check(tensor: Planned, floats: Floats) -> None:
    if floats.shape != tensor.shape:
        raise ConversionFailed(f"{tensor.name} has the shape {floats.shape}; expected {tensor.shape}.")
    if not np.isfinite(floats).all():
        raise ConversionFailed(
            f"{tensor.name} holds numbers that are none (NaN or infinite): the model is broken.",
            hint="A training that diverged leaves such weights; take an earlier checkpoint.",
        )
    if tensor.kind is Type.F16 and floats.size and float(np.abs(floats).max()) > MAX_HALF:
        raise ConversionFailed(f"{tensor.name} holds numbers above {MAX_HALF}.", hint="Ask for F32 or Q8_0.")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
