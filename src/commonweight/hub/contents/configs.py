"""The part of a model's configurations that clients read: one document, as the public hub makes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

CONFIGS: Final = ("config.json", "tokenizer_config.json", "adapter_config.json", "model_index.json")
MAX_TEXT: Final = 16_000  # characters of one value; the longest chat templates have some thousand
_MODEL: Final = (
    "architectures", "model_type", "auto_map", "quantization_config", "architecture", "num_classes", "task_specific_params",
    "is_encoder_decoder",
)  # fmt: skip
_TOKENIZER: Final = (
    "bos_token", "eos_token", "pad_token", "unk_token", "mask_token", "cls_token", "sep_token", "chat_template",
)  # fmt: skip
_ADAPTER: Final = ("base_model_name_or_path", "task_type", "peft_type")


def config_of(files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """`files`: the JSON objects by name, {} for what could not be read."""
    model = files.get("config.json", {})
    found = {key: plain(model[key]) for key in _MODEL if model.get(key) is not None}
    if not isinstance(found.get("quantization_config", {}), dict):
        del found["quantization_config"]
    if isinstance(model.get("pretrained_cfg"), dict):
        found["pretrained_cfg"] = True
    parts = {
        "tokenizer_config": _chosen(files.get("tokenizer_config.json", {}), _TOKENIZER),
        "peft": _chosen(files.get("adapter_config.json", {}), _ADAPTER),
        "diffusers": _chosen(files.get("model_index.json", {}), ("_class_name",)),
    }
    found |= {key: part for key, part in parts.items() if part}
    return {key: value for key, value in found.items() if value is not None}


def _chosen(document: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    found = {key: _token(document[key]) for key in keys if document.get(key) is not None}
    return {key: value for key, value in found.items() if value is not None}


def _token(value: Any) -> Any:
    """Tokenizers write a special token as a text or as an object with its content."""
    return plain(value.get("content") if isinstance(value, dict) else value)


def plain(value: Any, depth: int = 0) -> Any:
    """Plain values of bounded size, without NUL, which databases refuse; None for the rest."""
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="replace").decode() if len(value) <= MAX_TEXT else None
    if isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 1 << 53):
        return value if value == value and abs(value) != float("inf") else None
    if depth < 3 and isinstance(value, list) and len(value) <= 100:
        return [plain(one, depth + 1) for one in value]
    if depth < 3 and isinstance(value, dict) and len(value) <= 100:
        return {str(key)[:200].replace("\0", ""): plain(one, depth + 1) for key, one in value.items()}
    return None
