"""
What the child process can do, by name. Pure but for files: each order is a function of paths and words, and gives what it
made as JSON.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from commonweight.tuning.converting.adapter_to_gguf import adapter_to_gguf
from commonweight.tuning.converting.gguf_file import Tell
from commonweight.tuning.converting.likeness import likeness
from commonweight.tuning.converting.parity import opened, template_parity, token_parity
from commonweight.tuning.converting.quantising import join, quantise
from commonweight.tuning.converting.to_checkpoint import to_checkpoint
from commonweight.tuning.converting.to_gguf import to_gguf
from commonweight.tuning.converting.values import GgufMade, Parity, Quantisation

Order = Callable[[Mapping[str, Any], Tell], Mapping[str, Any]]


def write_checkpoint(order: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """`checkpoint`, `out`, `metadata`, `kind`: a GGUF file, held against the folder it was made of."""
    checkpoint = Path(order["checkpoint"])
    made = to_gguf(checkpoint, Path(order["out"]), order["metadata"], Quantisation(order["kind"]), tell)
    return checked(made, checkpoint).document()


def checked(made: GgufMade, checkpoint: Path) -> GgufMade:
    """With what differs, if anything: told, not refused. Raises ConversionFailed where llama.cpp does not take the file."""
    with opened(made.path) as file:
        tokens, template = token_parity(checkpoint, file), template_parity(checkpoint, file)
    warnings = [*made.warnings, *_warnings("texts get other tokens", tokens), *_warnings("prompts are others", template)]
    return dataclasses.replace(made, tokens=tokens, template=template, warnings=tuple(warnings))


def _warnings(what: str, parity: Parity) -> list[str]:
    if not parity.differing:
        return []
    count = len(parity.differing)
    return [f"In llama.cpp {count} of {parity.compared} {what} than in transformers, the first: {parity.differing[0]!r}."]


def write_adapter(order: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """`adapter`, `base` (a GGUF file or a folder), `out`, `metadata`."""
    adapter, base, out = (Path(order[name]) for name in ("adapter", "base", "out"))
    return adapter_to_gguf(adapter, base, out, order["metadata"], tell).document()


def read_back(order: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """`gguf`, `out`: a folder to train from; gives its config.json."""
    return to_checkpoint(Path(order["gguf"]), Path(order["out"]), tell)


def make_smaller(order: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """`gguf`, `out`, `kind`, `again`, `metadata`. Raises ConversionFailed where llama.cpp does not take the file."""
    file, out, kind = Path(order["gguf"]), Path(order["out"]), Quantisation(order["kind"])
    made = quantise(file, out, kind, tell, again=order["again"], metadata=order["metadata"])
    with opened(made.path):
        return made.document()


def join_parts(order: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """`parts`, `out`. Raises ConversionFailed where llama.cpp does not take the file."""
    made = join([Path(part) for part in order["parts"]], Path(order["out"]), tell)
    with opened(made.path):
        return made.document()


def compare(order: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """`whole`, `smaller`: see `likeness`."""
    return likeness(Path(order["whole"]), Path(order["smaller"]))


ORDERS: Final[Mapping[str, Order]] = {
    "to_gguf": write_checkpoint,
    "adapter_to_gguf": write_adapter,
    "to_checkpoint": read_back,
    "quantise": make_smaller,
    "join": join_parts,
    "compare": compare,
}
