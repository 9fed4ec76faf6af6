"""Parameters of safetensors files and what a GGUF file says of its model. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeGuard

from commonweight.hub.contents.configs import plain
from commonweight.rights.openness.gguf import GgufHead

WHOLE: Final = "model.safetensors"
INDEX: Final = "model.safetensors.index.json"
ADAPTER: Final = "adapter_model.safetensors"
MOST_PARAMETERS: Final = 1 << 53  # beyond that JSON readers disagree; the largest models have some 10^12
MAX_DIMENSIONS: Final = 32
_SHARD: Final = re.compile(r"model-\d{5}-of-(\d{5})\.safetensors")
_GGUF_PART: Final = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf", re.IGNORECASE)
_IMATRIX: Final = "quantize.imatrix.file"


def counted_files(paths: Sequence[str]) -> list[str]:
    """
    The safetensors files that are the model, by the rule of the public hub: `model.safetensors`, else its shards, else the
    weights of an adapter, else the only one at the root.
    """
    here = [path for path in paths if "/" not in path and path.endswith(".safetensors")]
    if WHOLE in here:
        return [WHOLE]
    shards = sorted(path for path in here if _SHARD.fullmatch(path))
    if shards:
        return shards
    return [ADAPTER] if ADAPTER in here else here if len(here) == 1 else []


def shards_missing(paths: Sequence[str]) -> int:
    """How many shards are not there, by the number that the names of the others say."""
    named = [match for path in paths if (match := _SHARD.fullmatch(path))]
    return max(0, max(int(match[1]) for match in named) - len(named)) if named else 0


def parameters_of(header: Mapping[str, Any]) -> Counter[str] | None:
    """Parameters by dtype of a safetensors header; None where an entry is no tensor."""
    found: Counter[str] = Counter()
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        shape = tensor.get("shape") if isinstance(tensor, dict) else None
        dtype = tensor.get("dtype") if isinstance(tensor, dict) else None
        if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS or not _is_dtype(dtype):
            return None
        if not all(isinstance(size, int) and not isinstance(size, bool) and 0 <= size < MOST_PARAMETERS for size in shape):
            return None
        found[dtype] += math.prod(shape)
        if found[dtype] > MOST_PARAMETERS:
            return None
    return found


def _is_dtype(value: Any) -> TypeGuard[str]:
    """F32, BF16, F8_E4M3, …"""
    return isinstance(value, str) and len(value) <= 16 and value.isascii() and value.replace("_", "").isalnum()


def gguf_files(paths: Sequence[str]) -> list[str]:
    """The GGUF file that speaks for the others, with its other parts: the first by name that holds no projector."""
    named = sorted(path for path in paths if path.lower().endswith(".gguf"))
    models = [path for path in named if "mmproj" not in path.rpartition("/")[2].lower()] or named
    first = next(iter(sorted(models, key=lambda path: (path.count("/"), path))), None)
    if first is None:
        return []
    part = _GGUF_PART.fullmatch(first)
    if part is None:
        return [first]
    return [path for path in models if (other := _GGUF_PART.fullmatch(path)) and (other[1], other[3]) == (part[1], part[3])]


def gguf_facts(head: GgufHead, total: int) -> dict[str, Any]:
    """As the public hub tells them. `total`: parameters of all parts, 0 where they were not read."""
    pairs = head.pairs
    architecture = str(pairs.get("general.architecture", ""))[:100]
    context = pairs.get(f"{architecture}.context_length")
    facts: dict[str, Any] = {"total": total} if total else {}
    facts |= {"architecture": architecture} if architecture else {}
    facts |= {"context_length": context} if isinstance(context, int) and 0 < context < 1 << 31 else {}
    for name in ("bos", "eos"):
        number = pairs.get(f"tokenizer.ggml.{name}_token_id")
        if isinstance(number, int) and 0 <= number < len(head.tokens):
            facts[f"{name}_token"] = head.tokens[number].decode(errors="replace")[:200]
    template = pairs.get("tokenizer.chat_template")
    facts |= {"chat_template": template} if isinstance(template, str) else {}
    imatrix = pairs.get(_IMATRIX)
    facts |= {"quantize_imatrix_file": imatrix} if isinstance(imatrix, str) else {}
    return {key: plain(value) for key, value in facts.items()}


def gguf_total(head: GgufHead) -> int:
    """Parameters of one file."""
    total = sum(math.prod(tensor.shape) for tensor in head.tensors)
    return total if total <= MOST_PARAMETERS else 0
