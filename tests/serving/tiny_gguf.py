"""
A tiny model made on the spot, as GGUF: a Llama of two layers with random weights over single bytes, and LoRA adapters.

Its words mean nothing. They are the same for the same prompt and adapter, and others for another one: that is what the tests
of adapters need.
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

WIDTH, INNER, LAYERS, HEADS, RANK = 64, 128, 2, 4, 4
CONTEXT = 512
TEMPLATE = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}\n{% endfor %}<|assistant|>"

Floats = NDArray[np.float32]


def _bytes_as_characters() -> list[str]:
    """The characters that byte-level BPE writes bytes with."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def _random(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def write_base(
    path: Path, seed: int = 1, layers: int = LAYERS, *, pooling: int | None = None, context: int = CONTEXT
) -> Path:
    """A model to chat with; with `pooling` (1 mean, 4 rank) one for vectors or for ranking."""
    random, ranks = _random(seed), pooling == int(gguf.PoolingType.RANK)
    family = "qwen3" if ranks else "llama"  # llama.cpp knows no Llama that ranks
    writer = gguf.GGUFWriter(path, family)
    tokens = [*_bytes_as_characters(), "<eos>"]
    writer.add_name("tiny")
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    if pooling is not None:
        writer.add_uint32(f"{family}.pooling_type", pooling)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * 256 + [3])
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(256)
    writer.add_sep_token_id(256)
    writer.add_chat_template(TEMPLATE)

    def add(name: str, *shape: int, scale: float = 0.3) -> None:
        writer.add_tensor(name, random.normal(0, scale, shape).astype(np.float32))

    add("token_embd.weight", len(tokens), WIDTH, scale=1.0)
    for layer in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{name}.weight", WIDTH, WIDTH)
        add(f"blk.{layer}.ffn_gate.weight", INNER, WIDTH)
        add(f"blk.{layer}.ffn_up.weight", INNER, WIDTH)
        add(f"blk.{layer}.ffn_down.weight", WIDTH, INNER)
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(WIDTH, np.float32))
        for name in ("attn_q_norm", "attn_k_norm") if ranks else ():
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(WIDTH // HEADS, np.float32))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    add("output.weight", len(tokens), WIDTH, scale=1.0)
    if ranks:
        writer.add_classifier_output_labels(["yes", "no"])
        add("cls.output.weight", 2, WIDTH)
    _finish(writer)
    return path


def write_adapter(path: Path, seed: int) -> Path:
    """A LoRA that turns the answers of `write_base` into others."""
    random = _random(seed)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(RANK))
    for layer in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            down: Floats = random.normal(0, 0.5, (RANK, WIDTH)).astype(np.float32)
            up: Floats = random.normal(0, 0.5, (WIDTH, RANK)).astype(np.float32)
            writer.add_tensor(f"blk.{layer}.{name}.weight.lora_a", down)
            writer.add_tensor(f"blk.{layer}.{name}.weight.lora_b", up)
    _finish(writer)
    return path


def _finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
