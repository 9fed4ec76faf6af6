"""
A GGUF file in a smaller format: all that it says of itself stays, but for the numbers, the word for them, and where it comes
from.

Never upward: a tensor that is as small already is copied, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import gguf
from gguf import GGMLQuantizationType as Type

from commonweight.tuning.converting.encoding import Encoder
from commonweight.tuning.converting.gguf_file import Planned, Tell, untold, write_gguf
from commonweight.tuning.converting.gguf_reading import GgufFile, GgufHead
from commonweight.tuning.converting.mixing import FILE_TYPES, MAIN, bits_of, format_of
from commonweight.tuning.converting.origin import KEYS, write_origin
from commonweight.tuning.converting.values import GgufMade, NotConvertible, Quantisation

FLOATS: Final = (Type.F32, Type.F16, Type.BF16)
_OURS: Final = ("general.architecture", "general.file_type", "general.quantization_version", "general.alignment")
_ORIGIN: Final = ("commonweight.", "general.base_model.", "general.source.")
_SPLIT: Final = "split."


def quantise(
    file: Path, out: Path, kind: Quantisation, tell: Tell = untold, *,
    again: bool = False, metadata: Mapping[str, Any] | None = None,
) -> GgufMade:  # fmt: skip
    """
    Write `file` as `out` in `kind`. Rows that do not fit its blocks get smaller ones (`fallbacks` of what is made).
    `metadata` tells where it comes from (see `origin.KEYS`) in place of what the file says of that.

    Raises NotConvertible where that would not make it smaller, and, unless `again`, for a file that is quantised already:
    what was lost comes not back, and each loss adds to it.
    """
    source = GgufFile(file)
    check_smaller(source, [kind])
    if not again:
        _check_floats(source)
    planned = list(_planned(source, kind))
    writer = gguf.GGUFWriter(None, source.architecture)
    writer.add_file_type(FILE_TYPES[kind])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    if metadata is not None:
        write_origin(writer, metadata)
    copy_pairs(source, writer, _told_anew(metadata))
    made = write_gguf(out, kind.value, writer, planned, Encoder(), tell)
    warning = requantised(source)
    return replace(made, warnings=(*made.warnings, warning)) if warning else made


def check_smaller(source: GgufHead, kinds: Iterable[Quantisation]) -> None:
    """Raises NotConvertible for a file that is no model, and for the first kind that is not smaller than it is."""
    if source.value("general.type", "model") != "model":
        raise NotConvertible("The file is an adapter or the like; only whole models are quantised.")
    if not source.architecture or not source.tensors:
        raise NotConvertible("The file holds no model: it names no architecture, or has no tensors.")
    main = source.main_kind
    for kind in kinds:
        if bits_of(MAIN[kind]) >= bits_of(main):
            raise NotConvertible(
                f"{kind.value} is not smaller than the file, which is kept as {main.name}.",
                hint="Ask for fewer bits. What was lost comes not back by more of them.",
            )


def requantised(source: GgufHead) -> str:
    """What a reader should know of files made from this one; "" where it holds floats."""
    main = source.main_kind
    if main in FLOATS:
        return ""
    return (
        f"Made from {main.name}, not from floats: what that lost stays lost, and this loses more on top. From the floats it "
        "would be better at the same size."
    )


def join(parts: Sequence[Path], out: Path, tell: Tell = untold) -> GgufMade:
    """
    A model that lies in several files as one; no number changes. Raises NotConvertible where a part is missing or is of
    another model.
    """
    files = [GgufFile(part) for part in parts]
    first, found = files[0], {name for file in files for name in file.tensors}
    _check_parts(files, len(found))
    writer = gguf.GGUFWriter(None, first.architecture)
    if (told := first.value("general.file_type")) is not None:
        writer.add_file_type(int(told))
    writer.add_quantization_version(first.value("general.quantization_version", gguf.GGML_QUANT_VERSION))
    copy_pairs(first, writer)
    planned = [as_it_is(file, name) for file in files for name in file.tensors]
    return write_gguf(out, first.main_kind.name, writer, planned, Encoder(), tell)


def _check_parts(files: Sequence[GgufFile], tensors: int) -> None:
    for at, file in enumerate(files):
        if file.value("split.no") != at or file.value("split.count") != len(files):
            raise NotConvertible(f"{file.path.name} does not say that it is part {at + 1} of {len(files)}.")
    wanted = files[0].value("split.tensors.count")
    if wanted != tensors or sum(len(file.tensors) for file in files) != tensors:
        raise NotConvertible(f"The parts hold {tensors} tensors; the first one announces {wanted}.")


def _check_floats(source: GgufFile) -> None:
    kept = next((one for one in source.tensors.values() if one.kind not in FLOATS), None)
    if kept is not None:
        raise NotConvertible(
            f"The file is quantised already ({kept.name} is kept as {kept.kind.name}).",
            hint="Start from the F16 file, or from the safetensors that it was made of.",
        )


def _told_anew(metadata: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Beginnings of keys that are not copied, since where it comes from is told anew."""
    return () if metadata is None else (*_ORIGIN, *(KEYS[name] for name in metadata if metadata[name]))


def copy_pairs(source: GgufHead, writer: gguf.GGUFWriter, but: tuple[str, ...] = ()) -> None:
    """All keys but those that the writer has by itself, that tell of parts, or that begin with one of `but`."""
    for key, entry in source.entries.items():
        if key in _OURS or key.startswith((_SPLIT, *but)) or entry.value == []:
            continue
        item = None if entry.item is None else gguf.GGUFValueType(entry.item)
        writer.add_key_value(key, entry.value, gguf.GGUFValueType(entry.kind), item)


def _planned(source: GgufFile, kind: Quantisation) -> Iterator[Planned]:
    layers = int(source.parameter("block_count", 0))
    for name, place in source.tensors.items():
        chosen = format_of(name, place.shape, kind, layers)
        if bits_of(place.kind) <= bits_of(chosen):
            yield as_it_is(source, name, fallback_of(kind, place.kind, place.shape))
        else:
            wanted = fallback_of(kind, chosen, place.shape)
            yield Planned(name, place.shape, chosen, partial(source.floats, name), wanted)


def as_it_is(source: GgufFile, name: str, wanted: Type | None = None) -> Planned:
    """A tensor, byte for byte."""
    place = source.tensors[name]
    return Planned(name, place.shape, place.kind, partial(source.raw, name), wanted, is_raw=True)


def fallback_of(kind: Quantisation, chosen: Type, shape: tuple[int, ...]) -> Type | None:
    """What was wanted, where rows do not fit it or are smaller already."""
    if len(shape) < 2 or kind.is_float or chosen in (MAIN[kind], Type.Q6_K, Type.F32):
        return None
    return MAIN[kind]
