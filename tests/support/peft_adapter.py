"""Adapters as PEFT saves them, written with numpy alone, for the tiny model of `tests.serving.tiny_gguf`."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from tests.serving.tiny_gguf import LAYERS, RANK, WIDTH

MODULES = ("q_proj", "k_proj", "v_proj", "o_proj")


def write_peft(folder: Path, seed: int, *, width: int = WIDTH, **config: Any) -> Path:
    """A LoRA that turns the answers of the tiny model into others."""
    random = np.random.default_rng(seed)
    tensors = {}
    for layer in range(LAYERS):
        for module in MODULES:
            name = f"base_model.model.model.layers.{layer}.self_attn.{module}"
            tensors[f"{name}.lora_A.weight"] = random.normal(0, 0.5, (RANK, width)).astype(np.float32)
            tensors[f"{name}.lora_B.weight"] = random.normal(0, 0.5, (width, RANK)).astype(np.float32)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_model.safetensors").write_bytes(safetensors_bytes(tensors))
    asked = {"peft_type": "LORA", "r": RANK, "lora_alpha": RANK, "bias": "none", "target_modules": list(MODULES)}
    (folder / "adapter_config.json").write_text(json.dumps({**asked, **config}))
    return folder


def safetensors_bytes(tensors: dict[str, np.ndarray[Any, np.dtype[np.float32]]]) -> bytes:
    header, at, body = {}, 0, b""
    for name, array in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at, body = at + array.nbytes, body + array.tobytes()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body
