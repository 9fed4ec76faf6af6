"""The weights of a checkpoint under llama.cpp's names, as llama.cpp computes with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import gguf
import numpy as np

from commonweight.tuning.converting.config import Config
from commonweight.tuning.converting.families import ELSEWHERE, Family
from commonweight.tuning.converting.safetensors import Floats, Weights
from commonweight.tuning.converting.values import NotConvertible

_ARCHITECTURES = {name: number for number, name in gguf.MODEL_ARCH_NAMES.items()}


@dataclass(frozen=True)
class Named:
    """A tensor of the checkpoint (`source`), and what it is called in GGUF."""

    source: str
    name: str


class Names:
    """The names of one family, for one number of layers."""

    def __init__(self, family: Family, layers: int) -> None:
        self._map = gguf.get_tensor_name_map(_ARCHITECTURES[family.architecture], layers)
        self._family = family

    def of(self, source: str) -> str:
        """Raises NotConvertible for a tensor that llama.cpp has no name for."""
        found = self._map.get_name(source, try_suffixes=(".weight", ".bias"))
        if found is None:
            raise NotConvertible(
                f"The weights hold {source!r}, which a {self._family.name} has no place for in llama.cpp.", hint=ELSEWHERE
            )
        return str(found)


def named(weights: Weights, family: Family, config: Config) -> Iterator[Named]:
    """All tensors to write. Raises NotConvertible for one that is unknown, and for a model without its last layer."""
    names, tied = (
        Names(family, config.layers),
        config.tied or (family.norm_plus_one and config.get("tie_word_embeddings") is None),
    )
    if not tied and "lm_head.weight" not in weights:
        raise NotConvertible(
            "There is no 'lm_head.weight', and config.json does not say that the embeddings serve for it.",
            hint="Save the model again with `save_pretrained`, or set tie_word_embeddings where that is meant.",
        )
    for source in weights.names:
        if source.endswith("rotary_emb.inv_freq") or (tied and source == "lm_head.weight"):
            continue
        yield Named(source, names.of(source))


def turned(source: str, floats: Floats, family: Family, config: Config) -> Floats:
    """A tensor as llama.cpp wants it: see `Family`."""
    if family.permuted and source.rsplit(".", 2)[-2] in ("q_proj", "k_proj"):
        heads = config.heads if "q_proj" in source else config.key_heads
        return permuted(floats, heads)
    if family.norm_plus_one and source.endswith("norm.weight"):
        return floats + np.float32(1.0)
    return floats


def permuted(rows: Floats, heads: int) -> Floats:
    """
    Rows of q or k, or of what is added to them: transformers turns number i of a head with number i + half, llama.cpp turns
    neighbours.
    """
    half = rows.shape[0] // heads // 2
    return np.ascontiguousarray(rows.reshape(heads, 2, half, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape))


def unpermuted(rows: Floats, heads: int) -> Floats:
    """The inverse of `permuted`."""
    half = rows.shape[0] // heads // 2
    return np.ascontiguousarray(rows.reshape(heads, half, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape))
