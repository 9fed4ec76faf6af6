"""A GGUF file of floats in a smaller format: all that it says of itself stays, but for the numbers and the word for them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import gguf
from gguf import GGMLQuantizationType as Type

from commonweight.tuning.converting.encoding import Encoder
from commonweight.tuning.converting.gguf_file import Planned, Tell, untold, write_gguf
from commonweight.tuning.converting.gguf_reading import GgufFile
from commonweight.tuning.converting.mixing import FILE_TYPES, MAIN, format_of
from commonweight.tuning.converting.values import GgufMade, NotConvertible, Quantisation

_FLOATS: Final = (Type.F32, Type.F16, Type.BF16)
_OURS: Final = ("general.architecture", "general.file_type", "general.quantization_version", "general.alignment")


def quantise(file: Path, out: Path, kind: Quantisation, tell: Tell = untold) -> GgufMade:
    """
    Write `file` as `out` in `kind`. Rows that do not fit its blocks get smaller ones (`fallbacks` of what is made).

    Raises NotConvertible for a file that is quantised already: what was lost comes not back, and each loss adds to it.
    """
    source = GgufFile(file)
    if source.value("general.type", "model") != "model":
        raise NotConvertible("The file is an adapter; only whole models are quantised.")
    kept = next((one for one in source.tensors.values() if one.kind not in _FLOATS), None)
    if kept is not None:
        raise NotConvertible(
            f"The file is quantised already ({kept.name} is kept as {kept.kind.name}).",
            hint="Start from the F16 file, or from the safetensors that it was made of.",
        )
    writer = gguf.GGUFWriter(None, source.architecture)
    writer.add_file_type(FILE_TYPES[kind])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    copy_pairs(source, writer)
    return write_gguf(out, kind.value, writer, list(_planned(source, kind)), Encoder(), tell)


def copy_pairs(source: GgufFile, writer: gguf.GGUFWriter) -> None:
    """All keys but those that the writer has by itself."""
    for key, entry in source.entries.items():
        if key not in _OURS:
            item = None if entry.item is None else gguf.GGUFValueType(entry.item)
            if entry.value != []:
                writer.add_key_value(key, entry.value, gguf.GGUFValueType(entry.kind), item)


def _planned(source: GgufFile, kind: Quantisation) -> Iterator[Planned]:
    layers = int(source.parameter("block_count", 0))
    for name, place in source.tensors.items():
        chosen = format_of(name, place.shape, kind, layers)
        yield Planned(name, place.shape, chosen, partial(source.floats, name), fallback_of(kind, chosen, place.shape))


def fallback_of(kind: Quantisation, chosen: Type, shape: tuple[int, ...]) -> Type | None:
    """What was wanted, where rows do not fit it."""
    if len(shape) < 2 or kind.is_float or chosen in (MAIN[kind], Type.Q6_K):
        return None
    return MAIN[kind]
