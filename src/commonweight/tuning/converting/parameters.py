"""What llama.cpp must know of a model beside its weights, as keys of GGUF. Source: `conversion/` and `src/models/` there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import gguf
import numpy as np

from commonweight.tuning.converting.config import Config
from commonweight.tuning.converting.families import Family
from commonweight.tuning.converting.safetensors import Floats
from commonweight.tuning.converting.values import NotConvertible

_SCALING: Final = {
    "linear": gguf.RopeScalingType.LINEAR,
    "yarn": gguf.RopeScalingType.YARN,
    "longrope": gguf.RopeScalingType.LONGROPE,
}
_GRANITE: Final = {
    "attention_multiplier": "attention.scale",
    "embedding_multiplier": "embedding_scale",
    "residual_multiplier": "residual_scale",
    "logits_scaling": "logit_scale",
}
_GEMMA: Final = {
    "attn_logit_softcapping": "attn_logit_softcapping",
    "final_logit_softcapping": "final_logit_softcapping",
}


def write_parameters(writer: gguf.GGUFWriter, family: Family, config: Config) -> None:
    """Sizes, norms, positions, and what the family has of its own. Raises NotConvertible where something is missing."""
    writer.add_vocab_size(config.count("vocab_size"))
    writer.add_context_length(context_tokens(family, config))
    writer.add_embedding_length(config.count("hidden_size"))
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.count("intermediate_size"))
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.key_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(float(config.number("rms_norm_eps") or 1e-6))
    _positions(writer, family, config)
    for names in (_GRANITE if family.architecture == "granite" else {}), (_GEMMA if family.norm_plus_one else {}):
        for name, key in names.items():
            if value := config.number(name):
                writer.add_float32(f"{family.architecture}.{key}", float(value))
    if family.architecture in ("gemma2", "gemma3", "phi3"):
        writer.add_sliding_window(int(config.number("sliding_window") or 0))


def context_tokens(family: Family, config: Config) -> int:
    """
    What the model was made for. A Mistral that sees a window is cut to it: llama.cpp lets this family see everything, which
    is the same up to there and something else beyond.
    """
    whole = config.count("max_position_embeddings")
    window = config.number("sliding_window") if family.name == "Mistral" else None
    return min(whole, int(window)) if window else whole


def _turned(config: Config) -> int:
    """Numbers of a head that positions turn."""
    part = config.rope.get("partial_rotary_factor") or config.number("partial_rotary_factor") or 1.0
    return int(config.head_dim * float(part))


def _positions(writer: gguf.GGUFWriter, family: Family, config: Config) -> None:
    rope, name = config.rope, family.architecture
    writer.add_rope_dimension_count(_turned(config))
    writer.add_rope_freq_base(float(rope.get("rope_theta") or 10_000.0))
    if config.local_theta:
        writer.add_float32(f"{name}.rope.freq_base_swa", config.local_theta)
    scaling = _SCALING.get(config.rope_type)
    if scaling is not None:
        writer.add_rope_scaling_type(scaling)
    if config.rope_type in ("linear", "yarn"):
        writer.add_rope_scaling_factor(_number(rope, "factor"))
    if config.rope_type == "yarn":
        _yarn(writer, name, config)
    if config.rope_type == "longrope":
        original = _original(config)
        writer.add_rope_scaling_orig_ctx_len(original)
        writer.add_rope_scaling_attn_factors(_long_attention(config, original))


def _yarn(writer: gguf.GGUFWriter, name: str, config: Config) -> None:
    rope = config.rope
    writer.add_rope_scaling_orig_ctx_len(_original(config))
    for key, wanted in (("beta_fast", "yarn_beta_fast"), ("beta_slow", "yarn_beta_slow")):
        if rope.get(key) is not None:
            writer.add_float32(f"{name}.rope.scaling.{wanted}", float(rope[key]))
    if rope.get("attention_factor") is not None:
        # llama.cpp multiplies by 1 + 0.1 ln(factor) itself; transformers takes this factor instead of it.
        own = 1.0 + 0.1 * math.log(_number(rope, "factor"))
        writer.add_float32(f"{name}.rope.scaling.yarn_attn_factor", float(rope["attention_factor"]) / own)


def _long_attention(config: Config, original: int) -> float:
    if config.rope.get("attention_factor") is not None:
        return float(config.rope["attention_factor"])
    scale = config.count("max_position_embeddings") / original
    return math.sqrt(1 + math.log(scale) / math.log(original)) if scale > 1 else 1.0


def _original(config: Config) -> int:
    value = config.rope.get("original_max_position_embeddings") or config.get("original_max_position_embeddings")
    return int(value) if value else config.count("max_position_embeddings")


def _number(rope: Any, name: str) -> float:
    value = rope.get(name)
    if not isinstance(value, int | float) or value <= 0:
        raise NotConvertible(f"config.json has {value!r} as {name!r} of its positions; expected a number above 0.")
    return float(value)


def tables(config: Config) -> Iterator[tuple[str, Floats]]:
    """Tensors that follow from the configuration: by what the turns of positions are divided, each pair of numbers."""
    if config.rope_type == "llama3":
        yield "rope_freqs.weight", _llama3(config)
    if config.rope_type == "longrope":
        for name, key in (("rope_factors_long.weight", "long_factor"), ("rope_factors_short.weight", "short_factor")):
            factors = np.asarray(config.rope.get(key) or [], np.float32)
            if len(factors) != _turned(config) // 2:
                raise NotConvertible(f"config.json has {len(factors)} numbers as {key!r}; expected {_turned(config) // 2}.")
            yield name, factors


def _llama3(config: Config) -> Floats:
    """As `_compute_llama3_parameters` of transformers: slow turns are stretched, quick ones not, between them a ramp."""
    rope, width = config.rope, _turned(config)
    turns = 1.0 / float(rope.get("rope_theta") or 10_000.0) ** (np.arange(0, width, 2, dtype=np.float64) / width)
    factor, low, high = (_number(rope, key) for key in ("factor", "low_freq_factor", "high_freq_factor"))
    lengths, original = 2 * math.pi / turns, _original(config)
    smooth = np.clip((original / lengths - low) / (high - low), 0.0, 1.0)
    return (1.0 / ((1.0 - smooth) / factor + smooth)).astype(np.float32)
