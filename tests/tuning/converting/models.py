"""Models of random weights in the families that we write, small enough to be made in a test, with their tokenizers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support.tools import library

SIZES: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}
ROPE3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
#: name: (class of the configuration, class of the model, what differs from SIZES)
FAMILIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "llama": ("LlamaConfig", "LlamaForCausalLM", {}),
    "llama with biases": ("LlamaConfig", "LlamaForCausalLM", {"attention_bias": True, "tie_word_embeddings": True}),
    "llama 3": (
        "LlamaConfig",
        "LlamaForCausalLM",
        {"rope_parameters": {**ROPE3, "rope_theta": 500_000.0, "original_max_position_embeddings": 32}},
    ),
    "llama with wide heads": ("LlamaConfig", "LlamaForCausalLM", {"head_dim": 32}),
    "llama stretched": (
        "LlamaConfig",
        "LlamaForCausalLM",
        {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 10_000.0}},
    ),
    "mistral": ("MistralConfig", "MistralForCausalLM", {"sliding_window": None}),
    "qwen2": ("Qwen2Config", "Qwen2ForCausalLM", {}),
    "qwen2 yarn": (
        "Qwen2Config",
        "Qwen2ForCausalLM",
        {
            "rope_parameters": {
                "rope_type": "yarn",
                "factor": 4.0,
                "rope_theta": 10_000.0,
                "original_max_position_embeddings": 32,
            }
        },
    ),
    "qwen3": ("Qwen3Config", "Qwen3ForCausalLM", {"head_dim": 32}),
    "gemma 2": (
        "Gemma2Config",
        "Gemma2ForCausalLM",
        {"head_dim": 16, "query_pre_attn_scalar": 16, "sliding_window": 8},
    ),
    "gemma 3": (
        "Gemma3TextConfig",
        "Gemma3ForCausalLM",
        {"head_dim": 16, "query_pre_attn_scalar": 16, "sliding_window": 8, "num_hidden_layers": 7},
    ),
    "phi-3": ("Phi3Config", "Phi3ForCausalLM", {"sliding_window": None}),
    "phi-3 long": (
        "Phi3Config",
        "Phi3ForCausalLM",
        {
            "sliding_window": None,
            "original_max_position_embeddings": 32,
            "rope_parameters": {
                "rope_type": "longrope",
                "rope_theta": 10_000.0,
                "original_max_position_embeddings": 32,
                "short_factor": [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7],
                "long_factor": [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5],
            },
        },
    ),
    "granite": (
        "GraniteConfig",
        "GraniteForCausalLM",
        {
            "attention_multiplier": 0.1,
            "embedding_multiplier": 12.0,
            "residual_multiplier": 0.22,
            "logits_scaling": 8.0,
        },
    ),
}
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] | trim }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_tokenizer(folder: Path) -> int:
    """A tokenizer of single bytes with the ends of ChatML; the number of its tokens."""
    characters = _bytes_as_characters()
    vocabulary = {character: number for number, character in enumerate(characters)}
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    added = [
        {"id": 256 + place, "content": word, "special": True, "normalized": False}
        | {"single_word": False, "lstrip": False, "rstrip": False}
        for place, word in enumerate(specials)
    ]
    cutting = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": cutting,
        "post_processor": None,
        "decoder": cutting,
        "model": {"type": "BPE", "vocab": vocabulary, "merges": [], "byte_fallback": False, "ignore_merges": False},
    }
    write_tokenizer(folder, document, bos="<|endoftext|>", eos="<|im_end|>")
    return 259


def write_tokenizer(folder: Path, document: dict[str, Any], *, template: str = TEMPLATE, **specials: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(document), encoding="utf-8")
    words = {f"{name}_token": word for name, word in specials.items()}
    config = {"tokenizer_class": "PreTrainedTokenizerFast", **words}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    if template:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")


def _bytes_as_characters() -> list[str]:
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def make_model(folder: Path, family: str, *, dtype: str = "float32", tokens: int | None = None) -> Any:
    """A checkpoint of random weights, with its tokenizer; the model of transformers, in 32-bit floats."""
    torch = library("torch")
    transformers = library("transformers")
    torch.manual_seed(5)
    torch.set_num_threads(1)
    size = byte_tokenizer(folder) if tokens is None else tokens
    config_class, model_class, changes = FAMILIES[family]
    sizes = {**SIZES, "vocab_size": size, "bos_token_id": 256, "eos_token_id": 258, "pad_token_id": 0, **changes}
    config = getattr(transformers, config_class)(**sizes, attn_implementation="eager")
    model = getattr(transformers, model_class)(config).eval()
    with torch.no_grad():
        for (
            name,
            parameter,
        ) in model.named_parameters():  # norms start as ones, and biases as zeros: they would hide mistakes
            scale = 0.3 if parameter.ndim < 2 else 0.15
            parameter.copy_(
                (1.0 if name.endswith("norm.weight") and "gemma" not in family else 0.0)
                + scale * torch.randn_like(parameter)
            )
    model.to(getattr(torch, dtype)).save_pretrained(folder)
    return model.float()


def logits_of(model: Any, tokens: list[int]) -> NDArray[np.float32]:
    """Of transformers, computed in one pass: shape (tokens, vocabulary)."""
    torch = library("torch")
    with torch.no_grad():
        found: NDArray[np.float32] = model(torch.tensor([tokens])).logits[0].float().numpy()
    return found
