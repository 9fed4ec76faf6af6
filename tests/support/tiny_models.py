"""
Models of some hundred kilobytes with weights from a random generator, in the shapes that llama.cpp loads.

What they say means nothing, but everything around it is real: tokenizer, template, grammar, probabilities, vectors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tests.support.gguf_file import write_gguf

NORMAL, UNKNOWN, CONTROL = 1, 2, 3  # kinds of tokens in a GGUF file
MEAN, RANK = 1, 4  # ways of pooling

CONTEXT: Final = 2048
WIDTH: Final = 64
FEED_FORWARD: Final = {"ffn_gate": (2 * WIDTH, WIDTH), "ffn_up": (2 * WIDTH, WIDTH), "ffn_down": (WIDTH, 2 * WIDTH)}
HEADS: Final = 4
LAYERS: Final = 2
SPECIAL: Final = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
WORDS: Final = "the quick brown fox jumped over lazy dog a cat sat on mat who wrote this paris is capital of france"
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789.,!?-"

TEMPLATE: Final = Path(__file__).with_name("tiny_chat.jinja")  # ChatML with tools, in the manner of Qwen 2.5

Array = NDArray[np.float32]


def write_tiny_chat(path: Path, seed: int = 1, *, tools: bool = True) -> Path:
    """A llama of two layers over bytes. It speaks printable ASCII and ends by itself after a few dozen tokens."""
    tokens = [*byte_names(), *SPECIAL]
    pairs: dict[str, Any] = {"general.architecture": "llama", "general.name": "tiny chat", "llama.block_count": LAYERS}
    pairs |= {f"llama.{name}": value for name, value in _sizes().items()}
    pairs |= {"llama.rope.dimension_count": WIDTH // HEADS, "llama.attention.layer_norm_rms_epsilon": 1e-5}
    pairs |= {"llama.vocab_size": len(tokens), **_byte_tokenizer(tokens)}
    if tools:
        pairs["tokenizer.chat_template"] = TEMPLATE.read_text()
    return write_gguf(path, pairs, llama_weights(seed))


EYE_WIDTH: Final = 32
PATCH: Final = 8
PATCHES: Final = 16  # of a picture that is scaled to 32 by 32 pixels; as many tokens


def write_tiny_eye(path: Path, seed: int = 4) -> Path:
    """A projector for the tiny chat: a CLIP of two layers, and two layers more as LLaVA has them."""
    random, side = np.random.default_rng(seed), int(PATCHES**0.5) * PATCH
    sizes: dict[str, Any] = {"image_size": side, "patch_size": PATCH, "embedding_length": EYE_WIDTH, "block_count": LAYERS}
    sizes |= {"feed_forward_length": 2 * EYE_WIDTH, "projection_dim": WIDTH, "attention.head_count": HEADS}
    sizes |= {"attention.layer_norm_epsilon": 1e-5, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    pairs: dict[str, Any] = {"general.architecture": "clip", "general.type": "mmproj", "clip.has_vision_encoder": True}
    pairs |= {"clip.projector_type": "mlp", "clip.use_gelu": True}
    pairs |= {f"clip.vision.{name}": value for name, value in sizes.items()}
    return write_gguf(path, pairs, _eye_weights(random))


def _eye_weights(random: np.random.Generator) -> dict[str, Array]:
    wide, deep = EYE_WIDTH, 2 * EYE_WIDTH
    weights = {
        "v.patch_embd.weight": _normal(random, wide, 3, PATCH, PATCH, scale=0.2),
        "v.class_embd": _normal(random, wide),
        "v.position_embd.weight": _normal(random, PATCHES + 1, wide, scale=0.2),
        "mm.0.weight": _normal(random, WIDTH, wide, scale=0.2),
        "mm.0.bias": np.zeros(WIDTH, np.float32),
        "mm.2.weight": _normal(random, WIDTH, WIDTH, scale=0.5),
        "mm.2.bias": np.zeros(WIDTH, np.float32),
    }
    shapes = dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_out"), (wide, wide))
    shapes |= {"ffn_up": (deep, wide), "ffn_down": (wide, deep)}
    for i in range(LAYERS):
        for name, shape in shapes.items():
            weights[f"v.blk.{i}.{name}.weight"] = _normal(random, *shape, scale=0.2)
            weights[f"v.blk.{i}.{name}.bias"] = np.zeros(shape[0], np.float32)
    norms = ["v.pre_ln", "v.post_ln", *(f"v.blk.{i}.{name}" for i in range(LAYERS) for name in ("ln1", "ln2"))]
    weights |= {f"{name}.weight": np.ones(wide, np.float32) for name in norms}
    return weights | {f"{name}.bias": np.zeros(wide, np.float32) for name in norms}


def llama_weights(seed: int) -> dict[str, Array]:
    """By the names that llama.cpp gives them."""
    random, size = np.random.default_rng(seed), 256 + len(SPECIAL)
    weights: dict[str, Array] = {"token_embd.weight": _normal(random, size, WIDTH)}
    weights["token_embd.weight"][:, 0] = 8.0  # the same in each state: what the last layer reads here is a bias
    for i in range(LAYERS):
        block = f"blk.{i}"
        weights[f"{block}.attn_norm.weight"] = weights[f"{block}.ffn_norm.weight"] = np.ones(WIDTH, np.float32)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights[f"{block}.{name}.weight"] = _normal(random, WIDTH, WIDTH, scale=0.1)
        for name, shape in FEED_FORWARD.items():
            weights[f"{block}.{name}.weight"] = _normal(random, *shape, scale=0.1)
    weights["output_norm.weight"] = np.ones(WIDTH, np.float32)
    weights["output.weight"] = _normal(random, size, WIDTH, scale=0.4)
    weights["output.weight"][:, 0] = [_liking(i) for i in range(size)]
    return weights


def _liking(token: int) -> float:
    """Printable ASCII, the end of an answer now and then, nothing else."""
    if token < 256:
        return 0.0 if 32 <= token < 127 else -6.0
    return 0.15 if SPECIAL[token - 256] == "<|im_end|>" else -6.0


def byte_names() -> list[str]:
    """The 256 bytes as GPT-2 writes them: printable ones as they are, the others moved up to printable characters."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    moved = iter(range(256, 512))
    return [chr(byte) if byte in plain else chr(next(moved)) for byte in range(256)]


def _byte_tokenizer(tokens: list[str]) -> dict[str, Any]:
    ids = {name: 256 + i for i, name in enumerate(SPECIAL)}
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [NORMAL] * 256 + [CONTROL] * len(SPECIAL),
        "tokenizer.ggml.merges": ["\u0120 \u0120"],  # the loader wants one; no token has its name
        "tokenizer.ggml.bos_token_id": ids["<|endoftext|>"],
        "tokenizer.ggml.eos_token_id": ids["<|im_end|>"],
        "tokenizer.ggml.fim_pre_token_id": ids["<|fim_prefix|>"],
        "tokenizer.ggml.fim_suf_token_id": ids["<|fim_suffix|>"],
        "tokenizer.ggml.fim_mid_token_id": ids["<|fim_middle|>"],
        "tokenizer.ggml.add_bos_token": True,
    }


def write_tiny_embedding(path: Path, seed: int = 2) -> Path:
    """A BERT of one layer over words and letters, with mean pooling."""
    return write_gguf(path, _bert_pairs(MEAN), bert_weights(seed))


def write_tiny_reranker(path: Path, seed: int = 3) -> Path:
    """The same with a head that scores a pair."""
    random = np.random.default_rng(seed)
    head = {"cls.weight": _normal(random, WIDTH, WIDTH, scale=0.3), "cls.bias": _normal(random, WIDTH, scale=0.1)}
    head |= {"cls.output.weight": _normal(random, 1, WIDTH, scale=0.5), "cls.output.bias": _normal(random, 1, scale=0.1)}
    return write_gguf(path, _bert_pairs(RANK), {**bert_weights(seed), **head})


def bert_tokens() -> list[str]:
    """[CLS] has number 2 and [SEP] 3; words begin with the sign that the converter gives them."""
    words = ["\u2581" + word for word in WORDS.split()]
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *("\u2581" + c for c in LETTERS if c != "a"), *LETTERS]


def bert_weights(seed: int) -> dict[str, Array]:
    """By the names that llama.cpp gives them."""
    random = np.random.default_rng(seed)
    weights = {"token_embd.weight": _normal(random, len(bert_tokens()), WIDTH)}
    weights |= {"token_types.weight": _normal(random, 2, WIDTH), "position_embd.weight": _normal(random, CONTEXT, WIDTH)}
    shapes = dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (WIDTH, WIDTH))
    shapes |= {"ffn_up": (2 * WIDTH, WIDTH), "ffn_down": (WIDTH, 2 * WIDTH)}
    for name, shape in shapes.items():
        weights[f"blk.0.{name}.weight"] = _normal(random, *shape, scale=0.2)
        weights[f"blk.0.{name}.bias"] = _normal(random, shape[0], scale=0.1)
    for name in ("token_embd_norm", "blk.0.attn_output_norm", "blk.0.layer_output_norm"):
        weights |= {f"{name}.weight": np.ones(WIDTH, np.float32), f"{name}.bias": _normal(random, WIDTH, scale=0.1)}
    return weights


def _bert_pairs(pooling: int) -> dict[str, Any]:
    tokens = bert_tokens()
    kinds = [UNKNOWN if token == "[UNK]" else CONTROL if token.startswith("[") else NORMAL for token in tokens]
    pairs: dict[str, Any] = {"general.architecture": "bert", "general.name": "tiny bert", "bert.block_count": 1}
    pairs |= {f"bert.{name}": value for name, value in _sizes().items()}
    return pairs | {
        "bert.attention.layer_norm_epsilon": 1e-12,
        "bert.attention.causal": False,
        "bert.pooling_type": pooling,
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.token_type_count": 2,
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.padding_token_id": 0,
        "tokenizer.ggml.unknown_token_id": 1,
        "tokenizer.ggml.cls_token_id": 2,
        "tokenizer.ggml.bos_token_id": 2,
        "tokenizer.ggml.seperator_token_id": 3,
        "tokenizer.ggml.eos_token_id": 3,
        "tokenizer.ggml.mask_token_id": 4,
    }


def _sizes() -> dict[str, Any]:
    sizes = {"context_length": CONTEXT, "embedding_length": WIDTH, "feed_forward_length": 2 * WIDTH}
    return {**sizes, "attention.head_count": HEADS, "attention.head_count_kv": HEADS}


def _normal(random: np.random.Generator, *shape: int, scale: float = 1.0) -> Array:
    return (random.standard_normal(shape) * scale).astype(np.float32)
