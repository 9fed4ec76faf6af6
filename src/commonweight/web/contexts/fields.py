"""How a context declares its fields: each with a word of help, which a test and the documentation read."""

from __future__ import annotations

from dataclasses import field
from typing import Any


def says(help: str) -> Any:
    """A field with its help."""
    return field(metadata={"help": help})
