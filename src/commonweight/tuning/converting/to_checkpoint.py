"""
A GGUF file as the folder of a checkpoint that transformers reads and that can be trained: floats, configuration, tokenizer,
chat template. For models that are here as GGUF alone, quantised ones too: what was lost is lost, and the floats say the
same as the file does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from commonweight.tuning.converting.checking import check_readable
from commonweight.tuning.converting.config import Config
from commonweight.tuning.converting.gguf_file import Tell, untold
from commonweight.tuning.converting.gguf_reading import READING_ERRORS, GgufFile, GgufHead
from commonweight.tuning.converting.parameters import tables
from commonweight.tuning.converting.safetensors import Floats, Planned, write_safetensors
from commonweight.tuning.converting.tensors import unpermuted
from commonweight.tuning.converting.tokenizer_back import special_words, tokenizer_of
from commonweight.tuning.converting.values import NotConvertible

_LAYER: Final = re.compile(r"blk\.(\d+)\.(\w+)\.(weight|bias)")
_OF_LAYER: Final[Mapping[str, str]] = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_WHOLE: Final[Mapping[str, str]] = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_CLASSES: Final[Mapping[str, tuple[str, str]]] = {
    "llama": ("llama", "LlamaForCausalLM"),
    "qwen2": ("qwen2", "Qwen2ForCausalLM"),
    "qwen3": ("qwen3", "Qwen3ForCausalLM"),
}
ANY_SIZE: Final = 1 << 62  # of a file whose end is not here
#: What stretches Llama's positions, of the releases that did: Llama 3.1 and 3.3, Llama 3.2.
_LLAMA3: Final = tuple(
    {"factor": factor, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
    for factor in (8.0, 32.0)
)
_TABLE: Final = "rope_freqs.weight"


def to_checkpoint(file: Path, out: Path, tell: Tell = untold) -> Mapping[str, Any]:
    """
    Write the folder `out`; it is made, or must be empty. Gives its config.json.

    Raises NotConvertible for families other than those of Llama and Qwen, and for tokenizers that are not known.
    """
    source = GgufFile(file)
    config = config_of(source)
    out.mkdir(parents=True, exist_ok=True)
    planned = list(_planned(source, Config(config)))
    _write_tokenizer(source, out)
    write_safetensors(out / "model.safetensors", planned, tell)
    _write(out / "config.json", config)  # last: a folder with it is whole
    return config


def write_tokenizer(head: bytes, out: Path) -> None:
    """The tokenizer of a GGUF file that begins so, as files. Raises NotConvertible, also where it begins too short."""
    try:
        source = GgufHead(head, ANY_SIZE)
    except READING_ERRORS as error:
        raise NotConvertible(f"The vocabulary of the file cannot be read: {error}.") from None
    _check_architecture(source)
    _write_tokenizer(source, out)


def _write_tokenizer(source: GgufHead, out: Path) -> None:
    _write(out / "tokenizer.json", tokenizer_of(source))
    _write(out / "tokenizer_config.json", _tokenizer_config(source, special_words(source)))
    _write(out / "generation_config.json", {name: one for name, one in _ends(source).items() if one is not None})
    template = source.value("tokenizer.chat_template")
    if template:
        (out / "chat_template.jinja").write_text(str(template), encoding="utf-8")


def config_of(source: GgufFile) -> dict[str, Any]:
    """The config.json of a GGUF file. Raises NotConvertible."""
    _check_architecture(source)
    model_type, class_name = _CLASSES[source.architecture]
    return {
        "architectures": [class_name],
        "model_type": model_type,
        **_sizes(source),
        "rope_parameters": _positions(source),
        "tie_word_embeddings": "output.weight" not in source.tensors,
        "attention_bias": "blk.0.attn_q.bias" in source.tensors,
        "mlp_bias": "blk.0.ffn_up.bias" in source.tensors,
        "hidden_act": "silu",
        **_ends(source),
        "dtype": "float32",
    }


def _check_architecture(source: GgufHead) -> None:
    check_readable({"general.architecture": source.architecture})


def _ends(source: GgufHead) -> dict[str, Any]:
    ends = [source.value(f"tokenizer.ggml.{name}_token_id") for name in ("eos", "eot", "eom")]
    found = list(dict.fromkeys(one for one in ends if one is not None))
    return {
        "bos_token_id": source.value("tokenizer.ggml.bos_token_id"),
        "eos_token_id": found[0] if len(found) == 1 else found or None,
        "pad_token_id": source.value("tokenizer.ggml.padding_token_id"),
    }


def _sizes(source: GgufFile) -> dict[str, Any]:
    heads, width = int(source.parameter("attention.head_count", 0)), int(source.parameter("embedding_length", 0))
    if not heads or not width:
        raise NotConvertible("The file does not say how wide the model is.")
    head = source.parameter("attention.key_length") or source.parameter("rope.dimension_count") or width // heads
    return {
        "vocab_size": source.tensors["token_embd.weight"].shape[0],
        "hidden_size": width,
        "intermediate_size": int(source.parameter("feed_forward_length")),
        "num_hidden_layers": int(source.parameter("block_count")),
        "num_attention_heads": heads,
        "num_key_value_heads": int(source.parameter("attention.head_count_kv", heads)),
        "head_dim": int(head),
        "max_position_embeddings": _context(source),
        "rms_norm_eps": round(float(source.parameter("attention.layer_norm_rms_epsilon", 1e-6)), 12),
    }


def _context(source: GgufHead) -> int:
    return int(source.parameter("context_length", 2048))


def _positions(source: GgufFile) -> dict[str, Any]:
    theta = {"rope_theta": float(source.parameter("rope.freq_base", 10_000.0))}
    kind = str(source.parameter("rope.scaling.type", "none"))
    if _TABLE in source.tensors:
        return {**theta, **_llama3(source, theta)}
    if kind == "linear":
        return {**theta, "rope_type": "linear", "factor": float(source.parameter("rope.scaling.factor", 1.0))}
    if kind != "none":
        raise NotConvertible(
            f"The file stretches positions by {kind!r}, which is not read back here.",
            hint="Name the repository with the safetensors that it was made of.",
        )
    return {**theta, "rope_type": "default"}


def _llama3(source: GgufFile, theta: Mapping[str, float]) -> Mapping[str, Any]:
    """A table holds what came of the settings: those of the releases are tried."""
    table, sizes = source.floats(_TABLE), _sizes(source)
    for settings in _LLAMA3:
        rope = {**theta, **settings, "rope_type": "llama3"}
        made = dict(tables(Config({**sizes, "rope_parameters": rope})))[_TABLE]
        if made.shape == table.shape and np.allclose(made, table, rtol=1e-3):
            return rope
    raise NotConvertible("The file stretches positions by a table that is of no release of Llama.")


def _planned(source: GgufFile, config: Config) -> Iterator[Planned]:
    for name, place in source.tensors.items():
        if name != _TABLE:
            yield Planned(_name(name), place.shape, partial(_load, source, name, config))


def _name(name: str) -> str:
    found = _LAYER.fullmatch(name)
    module = _OF_LAYER.get(found[2]) if found else None
    wanted = f"model.layers.{found[1]}.{module}.{found[3]}" if found and module else _WHOLE.get(name)
    if wanted is None:
        raise NotConvertible(f"The file holds {name!r}, for which transformers has no place in this family.")
    return wanted


def _load(source: GgufFile, name: str, config: Config) -> Floats:
    floats = source.floats(name)
    if source.architecture == "llama" and ".attn_q." in name:
        return unpermuted(floats, config.heads)
    if source.architecture == "llama" and ".attn_k." in name:
        return unpermuted(floats, config.key_heads)
    return floats


def _tokenizer_config(source: GgufHead, words: Mapping[str, str]) -> dict[str, Any]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": _context(source),
        "clean_up_tokenization_spaces": False,
        **{f"{name}_token": word for name, word in words.items()},
    }


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
