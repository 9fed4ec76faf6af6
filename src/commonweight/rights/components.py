"""Which components of a release its files show (evidence A), by name. docs/rights.md lists the patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from commonweight.rights.openness import Component

_PATTERNS: Final = {
    "weights": (
        r"(?:^|/)(?!adapter_)[^/]+\.(?:safetensors|gguf|onnx|npz)$"
        r"|(?:^|/)(?:pytorch_model|model)[^/]*\.(?:bin|pt|pth|ckpt)$"
    ),
    "tokenizer": r"(?:^|/)(?:tokenizer\.json|tokenizer\.model|vocab\.(?:json|txt)|merges\.txt)$",
    "config": r"(?:^|/)(?:config|params|model_index)\.json$",
    "architecture_code": r"(?:^|/)(?:modeling|configuration)_[^/]+\.py$",
    "paper": r"(?:^|/)[^/]*(?:paper|report)[^/]*\.pdf$",
    "evaluation_results": r"(?:^|/)(?:[^/]*eval[^/]*|results)\.json$",
    "model_card": r"^README\.md$",
    "training_code": r"(?:^|/)(?:pre)?train[^/]*\.(?:py|sh)$",
    "inference_code": r"(?:^|/)(?:inference|generate|run|handler)[^/]*\.py$",
    "evaluation_code": r"(?:^|/)eval[^/]*\.(?:py|yaml|yml)$",
    "intermediate_checkpoints": r"(?:^|/)checkpoint-\d+/",
    "preprocessing_code": r"(?:^|/)(?:preprocess|prepare_data|dedup|tokenize)[^/]*\.py$",
}
_COMPILED: Final = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}


def components_of_files(paths: Iterable[str]) -> dict[str, Component]:
    """
    Components seen in the paths of a repository. A GGUF file carries its tokenizer and configuration inside.

    A component that no path shows is left out: its absence here proves nothing about the maker.
    """
    found: dict[str, Component] = {}
    for path in sorted(paths):
        for name, pattern in _COMPILED.items():
            if name not in found and pattern.search(path):
                found[name] = Component("released", "A", path)
        if path.endswith(".gguf"):
            for name in ("tokenizer", "config"):
                found.setdefault(name, Component("released", "A", path))
    return found
