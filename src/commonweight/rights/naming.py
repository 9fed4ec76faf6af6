"""Names that must begin with a word: names of repositories hold no spaces, so separators count as one another."""

from __future__ import annotations

import re
from typing import Final

_SEPARATORS: Final = re.compile(r"[\s_\-]+")


def begins_with(name: str, prefix: str) -> bool:
    """Whether a name begins with a prefix, whatever the case; `Llama-3-tiny` begins with `Llama 3`."""
    return _folded(name).startswith(_folded(prefix))


def _folded(text: str) -> str:
    return _SEPARATORS.sub(" ", text.strip().casefold())
