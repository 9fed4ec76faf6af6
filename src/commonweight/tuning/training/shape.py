"""How large a base is, by its config.json and the heads of its safetensors files alone: nothing is loaded."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commonweight.tuning.training.errors import Code, TrainingFailed

MAX_HEAD_BYTES = 100 << 20  # safetensors' own bound
WIDTHS = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2}
NOT_LINEAR = ("embed", "wte", "wpe", "lm_head", "norm")  # all other matrices get a LoRA (PEFT's all-linear)


@dataclass(frozen=True)
class Shape:
    parameters: int
    bytes: int
    linear: tuple[tuple[int, int], ...]  # rows and columns of each matrix that a LoRA may sit on
    hidden: int
    inner: int
    layers: int
    vocabulary: int
    context: int

    def lora(self, rank: int) -> int:
        """Parameters of a LoRA of that rank on all linear layers."""
        return sum(rank * (rows + columns) for rows, columns in self.linear)


def read_shape(base: Path) -> Shape:
    """Raises TrainingFailed(not_trainable) for a folder without config.json or safetensors."""
    try:
        config = json.loads((base / "config.json").read_bytes())
        heads = [each for file in sorted(base.glob("*.safetensors")) for each in read_head(file)]
    except (OSError, ValueError, struct.error) as error:
        raise _unreadable(str(error)) from error
    if not heads:
        raise _unreadable("it has no *.safetensors")
    text = config.get("text_config", config)
    return Shape(
        parameters=sum(math.prod(shape) for _, _, shape in heads),
        bytes=sum(math.prod(shape) * WIDTHS.get(dtype, 1) for _, dtype, shape in heads),
        linear=tuple((shape[0], shape[1]) for name, _, shape in heads if _is_linear(name, shape)),
        hidden=_first(text, 1024, "hidden_size", "n_embd", "d_model"),
        inner=_first(text, 4096, "intermediate_size", "n_inner", "d_ff"),
        layers=_first(text, 24, "num_hidden_layers", "n_layer"),
        vocabulary=_first(text, 32_000, "vocab_size"),
        context=_first(text, 2048, "max_position_embeddings", "n_positions"),
    )


def read_head(file: Path) -> Iterator[tuple[str, str, list[int]]]:
    """Name, type and shape of each tensor. Raises ValueError or struct.error for what is no safetensors file."""
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        if length > MAX_HEAD_BYTES:
            raise ValueError(f"{file.name} is no safetensors file")
        head: dict[str, Any] = json.loads(stream.read(length))
    for name, tensor in head.items():
        if name != "__metadata__":
            yield name, tensor["dtype"], tensor["shape"]


def _is_linear(name: str, shape: list[int]) -> bool:
    return len(shape) == 2 and not any(word in name for word in NOT_LINEAR)


def _first(config: dict[str, Any], default: int, *names: str) -> int:
    return next((int(config[name]) for name in names if config.get(name)), default)


def _unreadable(why: str) -> TrainingFailed:
    return TrainingFailed(
        Code.NOT_TRAINABLE,
        f"The base cannot be trained as it is: {why}.",
        "Give a folder with config.json, a tokenizer and safetensors; a GGUF file is made into one first.",
    )
