"""How a context declares its fields: each with a word of help, which a test and the documentation read."""

from __future__ import annotations

from dataclasses import MISSING, field
from typing import Any


def says(help: str, default: Any = MISSING) -> Any:
    """A field with its help; with a default where most pages have nothing to say there."""
    return field(default=default, metadata={"help": help})
