"""The header of a file of weights."""

from __future__ import annotations

from dataclasses import dataclass

from commonweight.web.contexts.fields import says


@dataclass(frozen=True)
class TensorRow:
    name: str = says("Its name in the file.")
    dtype: str = says("Type of its elements, as the file says it.")
    shape: str = says("Its dimensions.")
    size: str = says("Its bytes, for people.")


@dataclass(frozen=True)
class WeightsView:
    tensors: tuple[TensorRow, ...] = says("Tensors that fit the search, in the order of the file; a bounded number.")
    count: int = says("How many there are in the file.")
    fitting: int = says("How many fit the search.")
    query: str = says("What was searched for; empty where nothing was.")
    metadata: tuple[tuple[str, str], ...] = says("What the header says beside its tensors; long values are cut.")
