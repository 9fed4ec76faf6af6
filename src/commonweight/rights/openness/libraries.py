"""Which open library carries the code of an architecture, by the name that a configuration gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from commonweight.rights.documents import parse_document


@dataclass(frozen=True, slots=True)
class Library:
    """`names` are the architectures that it knows, in lower case."""

    name: str
    version: str
    licence: str
    names: frozenset[str]


@lru_cache(maxsize=1)  # one packaged file
def libraries() -> Mapping[str, Library]:
    text = resources.files("commonweight.rights.openness").joinpath("libraries.yaml").read_text(encoding="utf-8")
    return {name: _library(name, row) for name, row in parse_document(text, "libraries.yaml").items()}


def _library(name: str, row: Mapping[str, Any]) -> Library:
    return Library(name, str(row["version"]), row["licence"], frozenset(str(one).lower() for one in row["names"]))


def library_of(
    config: Mapping[str, Any], pipeline: Mapping[str, Any], gguf: Mapping[str, Any]
) -> tuple[Library, str] | None:
    """
    The library that runs a model, with the architecture's name: from config.json, model_index.json, or the head of a GGUF
    file. None where no library listed knows it.
    """
    named = (
        ("transformers", config.get("model_type")),
        ("diffusers", pipeline.get("_class_name")),
        ("llama.cpp", gguf.get("general.architecture")),
    )
    for library, name in named:
        if isinstance(name, str) and name.lower() in libraries()[library].names:
            return libraries()[library], name
    return None
