"""What in a text is probably not meant: signs that nobody sees, tokens of a template, broken letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

#: Signs that have no business in a text: control characters but tab and line ends; zero-width space and no-break space (the
#: joiners that Persian and emoji need are none); marks that turn the direction of what follows (Trojan source).
_UNSEEN: Final = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u2060\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f"
)
INVISIBLE: Final = re.compile(f"[{_UNSEEN}]")
#: Letters of UTF-8 that were read as Latin-1, and the sign that stands for what could not be read.
BROKEN: Final = re.compile("\ufffd|[\u00c3\u00c2][\u0080-\u00bf]|\u00e2\u20ac[\u2122\u0153\u009d\u201c\u02dc\u00a6]")
_ODD: Final = re.compile(f"[{_UNSEEN}\ufffd\u00c3\u00c2\u00e2]")  # without any of these there is neither of both
#: What chat templates write between messages. In an answer, a model learns to end it or to speak for others.
SPECIAL: Final = re.compile(
    r"<\|[a-zA-Z_]{2,40}\|>|<｜[^｜<>]{2,40}｜>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>"
    r"|\[TOOL_CALLS\]|</?tool_call>"
)


def suspicions(text: str) -> Iterator[tuple[str, str]]:
    """Codes and sentences of what is odd in a text. Nothing of the text is repeated but tokens, which are known words."""
    if _ODD.search(text):
        if INVISIBLE.search(text):
            yield "invisible_characters", "it holds control characters or signs without width, which a model would learn"
        if BROKEN.search(text):
            yield "broken_characters", "it holds letters that were read in another encoding than they were written in"
    if ("<" in text or "[" in text) and (token := SPECIAL.search(text)):
        yield "special_token", f"it holds {token.group()[:44]!r}, which chat templates write to part messages"
