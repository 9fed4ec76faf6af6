"""The licence text that a card carries in a section of its own, as small repositories do instead of a file."""

from __future__ import annotations

import hashlib
import re
from typing import Final

LEAST_WORDS: Final = 60  # a section of fewer names a licence and is none; the shortest licence texts known have some 80
MAX_TEXT: Final = 262_144  # characters; what is longer is no licence

_HEADING: Final = re.compile(r"(#{1,6})[ \t]+(.{0,200})")
_IS_LICENCE: Final = re.compile(r"\W*(?:full |the )?licen[cs]e(?: (?:text|agreement|terms))?\W*", re.IGNORECASE)
_FENCE: Final = re.compile(r"[ \t]{0,3}(?:```|~~~)")
_BLOCK: Final = re.compile(r"\A\s*---[\r\n].*?[\r\n]---[ \t]*(?:\r?\n|\Z)", re.DOTALL)


def licence_section(card: str) -> str:
    """
    The text below a heading *License*, as far as the next heading of its level; "" where there is none, or where it is too
    short to be a licence. Takes time in proportion to the card.
    """
    found: list[str] = []
    level, is_fenced = 0, False
    for line in _BLOCK.sub("", card, count=1).splitlines():
        if _FENCE.match(line):
            is_fenced = not is_fenced
            continue
        heading = None if is_fenced else _HEADING.match(line)
        if heading and level and len(heading[1]) <= level:
            break
        if level:
            found.append(line)
        elif heading and _IS_LICENCE.fullmatch(heading[2].rstrip("# \t")):
            level = len(heading[1])
    text = "\n".join(found).strip()
    return text if len(text) <= MAX_TEXT and len(text.split()) >= LEAST_WORDS else ""


def text_oid(text: str) -> str:
    """What git would call a file with this text."""
    content = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
