"""Names and sentences in Markdown: what people wrote stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*\[\]<>|#])")
_FENCE: Final = "~~~"


def plain(text: str) -> str:
    """On one line, with what Markdown would read as markup escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def quoted(text: str) -> str:
    """Word for word, as a block of its own."""
    fence = _FENCE
    while fence in text:
        fence += "~"
    return f"{fence}text\n{text}\n{fence}"


def link(text: str, address: str) -> str:
    """A link where there is an address of the web, else the text."""
    if not address.startswith(("http://", "https://")):
        return plain(text)
    safe = address.replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
    return f"[{plain(text)}]({safe})"


def page(*blocks: str | Iterable[str]) -> bytes:
    """Blocks one line apart, empty ones left out; ends in a line break."""
    whole = ["\n".join(block) if not isinstance(block, str) else block for block in blocks]
    return ("\n\n".join(block for block in whole if block) + "\n").encode()
