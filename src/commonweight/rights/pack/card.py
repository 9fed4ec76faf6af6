"""Badges on a model card: the card is documentation, one of the places where terms let them stand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from commonweight.rights.pack.badges import as_html, as_markdown
from commonweight.rights.said import mark

PATH: Final = "README.md"
ABOUT: Final = mark("The texts to be displayed, on the card.")
#: The YAML block of a card, with the bounds that clients of the hub read (huggingface_hub, repocard.py).
_BLOCK: Final = re.compile(r"\A(\s*---[\r\n]+)([\S\s]*?)([\r\n]+---(\r\n|\n|\Z))")


def with_badges(card: bytes, badges: Iterable[str]) -> bytes:
    """
    The card with each text that it does not show yet, below its YAML block; nothing else is touched. A card that is no UTF-8
    stays as it is.
    """
    try:
        text = card.decode("utf-8")
    except UnicodeDecodeError:
        return card
    block = _BLOCK.match(text)
    head, body = (text[: block.end()], text[block.end() :]) if block else ("", text)
    missing = [badge for badge in badges if not any(form in body for form in (badge, as_markdown(badge), as_html(badge)))]
    if not missing:
        return card
    head += "" if not head or head.endswith("\n") else "\n"
    shown = "\n\n".join(as_markdown(badge) for badge in missing)
    return f"{head}\n{shown}\n\n{body.lstrip()}".encode() if head else f"{shown}\n\n{body}".rstrip("\n").encode() + b"\n"
