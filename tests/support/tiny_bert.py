"""The tiny BERT of `tiny_models`, computed with numpy alone: what an engine's vectors are held against."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.support.tiny_models import HEADS, WIDTH, bert_tokens, bert_weights

Array = NDArray[np.float64]
_CLS, _SEP = 2, 3


def embedding(words: str, seed: int = 2) -> Array:
    """The vector of a text of words that the vocabulary holds whole: mean over all tokens, length 1."""
    tokens = bert_tokens()
    ids = [_CLS, *(tokens.index("\u2581" + word) for word in words.lower().split()), _SEP]
    mean = states(ids, {name: weight.astype(np.float64) for name, weight in bert_weights(seed).items()}).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def states(ids: Sequence[int], w: dict[str, Array]) -> Array:
    """The last layer's state of each token. Shape (tokens, WIDTH)."""
    x = w["token_embd.weight"][list(ids)] + w["token_types.weight"][0] + w["position_embd.weight"][: len(ids)]
    x = _norm(x, w, "token_embd_norm")
    x = _norm(x + _linear(_attention(x, w), w, "attn_output"), w, "blk.0.attn_output_norm")
    return _norm(x + _linear(_gelu(_linear(x, w, "ffn_up")), w, "ffn_down"), w, "blk.0.layer_output_norm")


def _attention(x: Array, w: dict[str, Array]) -> Array:
    size = WIDTH // HEADS
    q, k, v = (_linear(x, w, name).reshape(-1, HEADS, size).transpose(1, 0, 2) for name in ("attn_q", "attn_k", "attn_v"))
    scores = q @ k.transpose(0, 2, 1) / math.sqrt(size)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    return np.asarray((shares @ v).transpose(1, 0, 2).reshape(-1, WIDTH))


def _linear(x: Array, w: dict[str, Array], name: str) -> Array:
    return np.asarray(x @ w[f"blk.0.{name}.weight"].T + w[f"blk.0.{name}.bias"])


def _norm(x: Array, w: dict[str, Array], name: str) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
    return np.asarray(scaled * w[f"{name}.weight"] + w[f"{name}.bias"])


def _gelu(x: Array) -> Array:
    return np.asarray(0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))))
