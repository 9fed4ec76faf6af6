"""
A LoRA of PEFT as a GGUF adapter, for the base that is served: a file of GGUF, or the folder of a checkpoint.

Layout of PEFT: `base_model.model.<module>.lora_A.weight` (rank, in) and `lora_B.weight` (out, rank). llama.cpp adds
B·(A·x)·alpha/rank. Rows of q and k stand in another order there (`tensors.permuted`), so B's rows do too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

from commonweight.tuning.converting.adapter_config import MERGE, Strength, strength_of
from commonweight.tuning.converting.config import Config
from commonweight.tuning.converting.encoding import Encoder
from commonweight.tuning.converting.families import ELSEWHERE, FAMILIES, Family, family_of
from commonweight.tuning.converting.gguf_file import Planned, Tell, untold, write_gguf
from commonweight.tuning.converting.gguf_reading import GgufFile
from commonweight.tuning.converting.origin import write_origin
from commonweight.tuning.converting.safetensors import Floats, Weights
from commonweight.tuning.converting.tensors import Names, permuted
from commonweight.tuning.converting.values import GgufMade, NotConvertible

_TENSOR: Final = re.compile(r"(?:base_model\.model\.)?(?P<module>.+)\.lora_(?P<side>[AB])(?:\.default)?\.weight")
WEIGHTS: Final = "adapter_model.safetensors"


@dataclass(frozen=True)
class Base:
    """What an adapter must know of its base. `shapes`: of GGUF names, where they are known."""

    family: Family
    layers: int
    heads: int
    key_heads: int
    shapes: Mapping[str, tuple[int, ...]] | None = None

    @classmethod
    def of(cls, path: Path) -> Base:
        """Of a GGUF file, or of the folder of a checkpoint (its config.json is enough). Raises NotConvertible."""
        return cls._of_gguf(GgufFile(path)) if path.is_file() else cls._of_folder(path)

    @classmethod
    def _of_gguf(cls, file: GgufFile) -> Base:
        family = next((one for one in FAMILIES.values() if one.architecture == file.architecture), None)
        if family is None:
            message = f"The base is of the architecture {file.architecture!r}, for which adapters are not written here."
            raise NotConvertible(message, hint=ELSEWHERE)
        heads = int(file.parameter("attention.head_count", 0))
        shapes = {name: place.shape for name, place in file.tensors.items()}
        key_heads = int(file.parameter("attention.head_count_kv", heads))
        return cls(family, int(file.parameter("block_count", 0)), heads, key_heads, shapes)

    @classmethod
    def _of_folder(cls, folder: Path) -> Base:
        document = json.loads((folder / "config.json").read_bytes())
        config = Config(document)
        return cls(family_of(document), config.layers, config.heads, config.key_heads)


@dataclass(frozen=True)
class _Pair:
    """Both matrices of one module, by their names in the file."""

    module: str
    down: str
    up: str


def adapter_to_gguf(adapter: Path, base: Path, out: Path, metadata: Mapping[str, Any], tell: Tell = untold) -> GgufMade:
    """
    Write the folder of a PEFT adapter as `out`. `base`: see `Base.of`.

    Raises NotConvertible, with the remedy: DoRA, biases, whole layers, another base.
    """
    config = _config(adapter)
    strength, target, weights = strength_of(config), Base.of(base), Weights.of([adapter / WEIGHTS])
    planned = list(_planned(weights, target, strength))
    writer = gguf.GGUFWriter(None, target.family.architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", strength.written)
    write_origin(writer, metadata)
    return write_gguf(out, "adapter", writer, planned, Encoder(), tell)


def _config(adapter: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((adapter / "adapter_config.json").read_bytes())
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or not (adapter / WEIGHTS).is_file():
        raise NotConvertible(
            f"The folder holds no adapter: expected adapter_config.json and {WEIGHTS}.",
            hint="Save it with `save_pretrained`; pickles are not read here.",
        )
    return found


def _pairs(weights: Weights) -> Iterator[_Pair]:
    sides: dict[str, dict[str, str]] = {}
    for name in weights.names:
        found = _TENSOR.fullmatch(name)
        if found is None:
            raise NotConvertible(f"The adapter holds {name!r}, which is none of a LoRA's two matrices.", hint=MERGE)
        sides.setdefault(found["module"], {})[found["side"]] = name
    for module, both in sides.items():
        if len(both) != 2:
            raise NotConvertible(f"The adapter holds one of two matrices for {module!r}.", hint="Save or upload it again.")
        yield _Pair(module, both["A"], both["B"])


def _planned(weights: Weights, base: Base, strength: Strength) -> Iterator[Planned]:
    names = Names(base.family, base.layers)
    for pair in _pairs(weights):
        if pair.module.endswith("embed_tokens"):
            raise NotConvertible("The adapter changes the embeddings, which is not written here.", hint=MERGE)
        name = names.of(f"{pair.module}.weight")
        down, up = weights.shape(pair.down), weights.shape(pair.up)
        _check(name, down, up, base)
        factor = strength.factor(pair.module, down[0])
        yield _tensor(f"{name}.lora_a", down, partial(weights.floats, pair.down))
        yield _tensor(f"{name}.lora_b", up, partial(_up, weights, pair, base, factor))


def _tensor(name: str, shape: tuple[int, ...], load: Any) -> Planned:
    """In sixteen bits, which half of adapters' users expect, but where a number is too large for it."""
    whole = float(np.abs(load()).max(initial=0.0)) > float(np.finfo(np.float16).max)
    return Planned(name, shape, Type.F32 if whole else Type.F16, load)


def _up(weights: Weights, pair: _Pair, base: Base, factor: float) -> Floats:
    floats = weights.floats(pair.up)
    last = pair.module.rsplit(".", 1)[-1]
    if base.family.permuted and last in ("q_proj", "k_proj"):
        floats = permuted(floats, base.heads if last == "q_proj" else base.key_heads)
    return floats if factor == 1.0 else floats * np.float32(factor)


def _check(name: str, down: tuple[int, ...], up: tuple[int, ...], base: Base) -> None:
    if len(down) != 2 or len(up) != 2 or down[0] != up[1]:
        raise NotConvertible(f"The matrices for {name} do not fit each other: {down} and {up}.")
    if base.shapes is None:
        return
    wanted = base.shapes.get(name)
    if wanted != (up[0], down[1]):
        what = "is not there" if wanted is None else f"has the shape {wanted}"
        raise NotConvertible(
            f"The adapter was made for another base: it changes {name} of the shape {(up[0], down[1])}, which {what} here.",
            hint="Name the base that it was trained on in its card (base_model).",
        )
