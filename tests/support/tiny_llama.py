"""The tiny llama of `tiny_models`, computed with numpy alone: what an engine's probabilities are held against."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.support.tiny_models import HEADS, LAYERS, SPECIAL, WIDTH, llama_weights

Array = NDArray[np.float64]
_SIZE = WIDTH // HEADS
BOS = 256  # <|endoftext|>


def token_ids(text: str) -> list[int]:
    """Bytes are their own numbers; the names of special tokens stand for one each."""
    for number, name in enumerate(SPECIAL):
        before, found, after = text.partition(name)
        if found:
            return [*token_ids(before), 256 + number, *token_ids(after)]
    return list(text.encode())


def logprobs(ids: Sequence[int], seed: int = 1) -> Array:
    """Of each token after those before it: row i holds those of what follows token i. Shape (tokens, vocabulary)."""
    w = {name: weight.astype(np.float64) for name, weight in llama_weights(seed).items()}
    x = w["token_embd.weight"][list(ids)]
    for i in range(LAYERS):
        x = x + _attention(_norm(x), w, f"blk.{i}")
        h = _norm(x)
        gate = h @ w[f"blk.{i}.ffn_gate.weight"].T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ w[f"blk.{i}.ffn_up.weight"].T)) @ w[f"blk.{i}.ffn_down.weight"].T
    logits = _norm(x) @ w["output.weight"].T
    highest = logits.max(axis=-1, keepdims=True)
    return np.asarray(logits - highest - np.log(np.exp(logits - highest).sum(axis=-1, keepdims=True)))


def _attention(h: Array, w: dict[str, Array], block: str) -> Array:
    q, k, v = (
        (h @ w[f"{block}.{name}.weight"].T).reshape(-1, HEADS, _SIZE).transpose(1, 0, 2)
        for name in ("attn_q", "attn_k", "attn_v")
    )
    scores = _turned(q) @ _turned(k).transpose(0, 2, 1) / math.sqrt(_SIZE)
    scores += np.triu(np.full(scores.shape[1:], -np.inf), 1)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    return np.asarray((shares @ v).transpose(1, 0, 2).reshape(-1, WIDTH) @ w[f"{block}.attn_output.weight"].T)


def _turned(x: Array) -> Array:
    """Rotary positions; neighbours are a pair. Shape (heads, tokens, size)."""
    angles = np.arange(x.shape[1])[:, None] * 10000.0 ** (-np.arange(0, _SIZE, 2) / _SIZE)
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = np.empty_like(x)
    turned[..., 0::2] = even * np.cos(angles) - odd * np.sin(angles)
    turned[..., 1::2] = even * np.sin(angles) + odd * np.cos(angles)
    return turned


def _norm(x: Array) -> Array:
    return np.asarray(x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-5))
