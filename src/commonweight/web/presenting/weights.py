"""From the header of a file of weights to what its page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonweight.hub import GgufHead
from commonweight.web.contexts import TensorRow, WeightsView
from commonweight.web.presenting.measures import size_text

MAX_ROWS: Final = 500  # tensors of one page; the search finds the others
MAX_PAIRS: Final = 200
MAX_VALUE: Final = 500  # characters of one value
#: Names of types by their numbers (ggml.h).
_TYPES: Final = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K",
    13: "Q5_K",
    14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S",
    23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16", 34: "TQ1_0", 35: "TQ2_0",
    39: "MXFP4",
}  # fmt: skip


def safetensors_view(header: Mapping[str, Any], query: str) -> WeightsView:
    metadata = header.get("__metadata__")
    rows = [(name, tensor) for name, tensor in header.items() if name != "__metadata__" and isinstance(tensor, dict)]
    shown = [(name, tensor) for name, tensor in rows if query.lower() in name.lower()]
    tensors = [
        TensorRow(name, str(tensor.get("dtype", ""))[:16], _shape(tensor.get("shape")), _size(tensor.get("data_offsets")))
        for name, tensor in shown[:MAX_ROWS]
    ]
    return _view(tensors, len(rows), len(shown), query, metadata if isinstance(metadata, dict) else {})


def gguf_view(head: GgufHead, query: str) -> WeightsView:
    shown = [one for one in head.tensors if query.lower() in one.name.lower()]
    tensors = [TensorRow(one.name, _type(one.kind), _shape(one.shape), size_text(one.size)) for one in shown[:MAX_ROWS]]
    return _view(tensors, len(head.tensors), len(shown), query, head.pairs)


def _view(tensors: Sequence[TensorRow], count: int, fitting: int, query: str, metadata: Mapping[str, Any]) -> WeightsView:
    pairs = tuple((str(key)[:200], _cut(str(value))) for key, value in list(metadata.items())[:MAX_PAIRS])
    return WeightsView(tuple(tensors), count, fitting, query, pairs)


def _type(kind: str) -> str:
    """F16 of ggml-1."""
    return _TYPES.get(int(kind.removeprefix("ggml-")), kind)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]} …"


def _shape(shape: Any) -> str:
    return " × ".join(str(size)[:20] for size in shape[:32]) if isinstance(shape, list | tuple) else ""


def _size(offsets: Any) -> str:
    whole = isinstance(offsets, list) and len(offsets) == 2 and all(isinstance(one, int) for one in offsets)
    return size_text(max(0, offsets[1] - offsets[0])) if whole else ""
