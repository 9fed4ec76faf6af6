"""A config.json of transformers, read the same way whichever version wrote it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonweight.tuning.converting.values import NotConvertible


@dataclass(frozen=True)
class Config:
    document: Mapping[str, Any]

    def get(self, name: str) -> Any:
        return self.document.get(name)

    def number(self, name: str) -> float | None:
        value = self.document.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def count(self, name: str) -> int:
        """A whole number of at least one. Raises NotConvertible where it is missing or none."""
        value = self.document.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise NotConvertible(f"config.json has {value!r} as {name!r}; expected a whole number of at least 1.")
        return value

    @property
    def layers(self) -> int:
        return self.count("num_hidden_layers")

    @property
    def heads(self) -> int:
        return self.count("num_attention_heads")

    @property
    def key_heads(self) -> int:
        return self.count("num_key_value_heads") if self.document.get("num_key_value_heads") else self.heads

    @property
    def head_dim(self) -> int:
        """The width of a head: as it is said, or the width of the model over its heads."""
        return self.count("head_dim") if self.document.get("head_dim") else self.count("hidden_size") // self.heads

    @property
    def tied(self) -> bool:
        """Whether the words that come out are scored by the vectors of the words that go in."""
        return bool(self.document.get("tie_word_embeddings"))

    @property
    def rope(self) -> Mapping[str, Any]:
        """
        How positions turn the vectors: `rope_theta`, `rope_type`, and what stretches them. From transformers 5 all of it is
        in `rope_parameters` (of each kind of layer, where they differ); before, in `rope_theta` and `rope_scaling`.
        """
        found = self.document.get("rope_parameters")
        if isinstance(found, dict):
            whole = found.get("full_attention")
            return whole if isinstance(whole, dict) else found
        scaling = self.document.get("rope_scaling") or {}
        kept = {key: value for key, value in scaling.items() if key != "type"}
        kind = scaling.get("rope_type") or scaling.get("type") or "default"
        return {"rope_theta": self.document.get("rope_theta", 10_000.0), **kept, "rope_type": kind}

    @property
    def rope_type(self) -> str:
        kind = str(self.rope.get("rope_type") or "default").lower()
        return "longrope" if kind == "su" else kind

    @property
    def local_theta(self) -> float | None:
        """Of layers that see a window, where theirs differs (Gemma 3)."""
        found = self.document.get("rope_parameters")
        local = found.get("sliding_attention") if isinstance(found, dict) else None
        theta = local.get("rope_theta") if isinstance(local, dict) else self.document.get("rope_local_base_freq")
        return float(theta) if isinstance(theta, int | float) else None
