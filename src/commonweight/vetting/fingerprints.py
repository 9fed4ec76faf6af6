"""
Fingerprints of weights: marks by which another file with the same bytes, tensors, dimensions or vocabulary is found. Pure.

A mark is the first 64 bits of a digest. Marks of chunks are those with the smallest hashes, so that any two files keep the
same ones of what they share; marks of tensors are keyed by type, shape and a sample of bytes, whatever their names.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from commonweight.rights.openness.gguf import FIRST_TOKENS, GgufHead

CHUNK: Final = 1
TENSOR: Final = 2
CONFIG: Final = 3
VOCABULARY: Final = 4

MAX_CHUNK_MARKS: Final = 512  # of one file; a share of 1 % still leaves five of them in common
MAX_TENSOR_MARKS: Final = 192  # of one file; a shard of a model has some seventy tensors
PROBE_BYTES: Final = 8 << 10  # read of a tensor at each of two places; trained values differ within a few
MIN_TENSOR_BYTES: Final = 512  # smaller ones may be equal by chance, or by how they began
MIN_VALUES: Final = 32  # different byte values in a sample; zeros, ones and masks have fewer, and are everywhere
MIN_TOKENS: Final = 256  # of a vocabulary; toys have fewer and coincide
#: Tables that a program computes, the same in every model of one shape.
_COMPUTED: Final = re.compile(
    r"(inv_freq|position_ids|rotary|rope_freqs|causal_mask|\.masked_bias|attn\.bias)", re.IGNORECASE
)
#: Several names of one architecture: what converters write into GGUF files is the older one's.
_FAMILY: Final = {"mistral": "llama", "mixtral": "llama", "smollm": "llama"}
_NUMBERS: Final = (
    ("width", ("hidden_size", "n_embd", "d_model"), "embedding_length"),
    ("layers", ("num_hidden_layers", "n_layer", "num_layers"), "block_count"),
    ("heads", ("num_attention_heads", "n_head"), "attention.head_count"),
    ("inner", ("intermediate_size", "n_inner", "ffn_dim", "d_ff"), "feed_forward_length"),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """`bytes` is what it stands for: a chunk's, a tensor's length; 0 of a fingerprint of descriptions."""

    kind: int
    digest: int
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Tensor:
    """`start` and `size` in bytes of the file."""

    name: str
    kind: str
    shape: tuple[int, ...]
    start: int
    size: int


def number_of(data: bytes) -> int:
    """The first 64 bits of the SHA-256, as a signed number that a database holds."""
    return int.from_bytes(hashlib.sha256(data).digest()[:8], "big", signed=True)


# Chunks


def smallest(chunks: Mapping[bytes, int]) -> dict[bytes, int]:
    """Of chunks (hash and length) those with the smallest hashes."""
    return {digest: chunks[digest] for digest in heapq.nsmallest(MAX_CHUNK_MARKS, chunks)}


def chunk_marks(chunks: Mapping[bytes, int]) -> list[Mark]:
    """Marks of the chunks with the smallest hashes."""
    marks = {int.from_bytes(digest[:8], "big", signed=True): length for digest, length in smallest(chunks).items()}
    return [Mark(CHUNK, digest, length) for digest, length in marks.items()]


# Tensors


def tensors_in_safetensors(header: Mapping[str, Any], length: int, size: int) -> list[Tensor]:
    """Those of a header of `length` bytes that lie within the file; an entry that is none is passed over."""
    found, data = [], 8 + length
    for name, entry in header.items():
        if name == "__metadata__" or not isinstance(entry, dict):
            continue
        shape, offsets = entry.get("shape"), entry.get("data_offsets")
        if not (_are_numbers(shape) and _are_numbers(offsets) and len(offsets) == 2):
            continue
        start, end = offsets
        if 0 <= start <= end <= size - data:
            found.append(Tensor(str(name), str(entry.get("dtype"))[:16], tuple(shape), data + start, end - start))
    return found


def _are_numbers(value: Any) -> TypeGuard[list[int]]:
    return isinstance(value, list) and len(value) <= 16 and all(type(one) is int for one in value)


def tensors_in_gguf(head: GgufHead) -> list[Tensor]:
    return [Tensor(one.name, one.kind, one.shape, one.start, one.size) for one in head.tensors]


def sampled(tensors: Iterable[Tensor], limit: int = MAX_TENSOR_MARKS) -> list[Tensor]:
    """Those to look at: chosen by their names, so that the same are chosen of a model and of its fine-tune."""
    fit = [one for one in tensors if one.size >= MIN_TENSOR_BYTES and not _COMPUTED.search(one.name)]
    return heapq.nsmallest(limit, fit, key=lambda one: hashlib.sha1(one.name.encode(), usedforsecurity=False).digest())


def probes(tensor: Tensor) -> list[tuple[int, int]]:
    """Where to read: all of a small tensor, else its beginning and its middle. Start and end (exclusive) in the file."""
    if tensor.size <= 2 * PROBE_BYTES:
        return [(tensor.start, tensor.start + tensor.size)]
    middle = tensor.start + tensor.size // 2
    return [(tensor.start, tensor.start + PROBE_BYTES), (middle, middle + PROBE_BYTES)]


def tensor_mark(tensor: Tensor, sample: bytes) -> Mark | None:
    """None where the bytes say nothing: zeros, ones, a pattern."""
    if len(set(sample)) < MIN_VALUES:
        return None
    about = f"{tensor.kind} {list(tensor.shape)} {len(sample)}\n".encode()
    return Mark(TENSOR, number_of(about + sample), tensor.size)


# Descriptions


def dimensions(config: Mapping[str, Any]) -> tuple[str, dict[str, int]]:
    """Architecture and dimensions out of a config.json."""
    inner = config.get("text_config")
    given = {**inner, **config} if isinstance(inner, dict) else config
    numbers = {name: _first(given, keys) for name, keys, _ in _NUMBERS}
    family = str(given.get("model_type") or "")[:64].lower()
    return _FAMILY.get(family, family), {name: value for name, value in numbers.items() if value}


def dimensions_of_gguf(pairs: Mapping[str, Any]) -> tuple[str, dict[str, int]]:
    """The same out of the header of a GGUF file."""
    family = str(pairs.get("general.architecture") or "")[:64].lower()
    numbers = {name: _first(pairs, (f"{family}.{key}",)) for name, _, key in _NUMBERS}
    return _FAMILY.get(family, family), {name: value for name, value in numbers.items() if value}


def _first(given: Mapping[str, Any], keys: Iterable[str]) -> int:
    return next((value for value in map(given.get, keys) if type(value) is int and 0 < value < 1 << 31), 0)


def config_mark(family: str, numbers: Mapping[str, int]) -> Mark | None:
    """None where too little is said to tell models apart."""
    if not family or len(numbers) < 3:
        return None
    return Mark(CONFIG, number_of(json.dumps([family, sorted(numbers.items())]).encode()))


def vocabulary_mark(tokens: Sequence[bytes]) -> Mark | None:
    """Of the first tokens in the order of their numbers; what is added at the end changes nothing."""
    if len(tokens) < MIN_TOKENS:
        return None
    return Mark(VOCABULARY, number_of(b"\0".join(tokens[:FIRST_TOKENS])))


def tokens_of(document: Any) -> list[bytes]:
    """The first tokens of a tokenizer.json or vocab.json; empty where it is neither."""
    model = document.get("model") if isinstance(document, dict) else None
    vocabulary = model.get("vocab") if isinstance(model, dict) else document
    if isinstance(vocabulary, list):  # of a unigram model: pairs of token and score
        return [_token(one[0]) for one in vocabulary[:FIRST_TOKENS] if isinstance(one, list) and one]
    if not isinstance(vocabulary, dict):
        return []
    numbered = {number: token for token, number in vocabulary.items() if type(number) is int and 0 <= number < FIRST_TOKENS}
    return [_token(numbered[number]) for number in sorted(numbered)]


def _token(text: Any) -> bytes:
    return str(text).encode("utf-8", errors="replace")
