"""Ids of requests, at random."""

from __future__ import annotations

import os
from typing import Final

ID_BYTES: Final = 16
AT_ONCE: Final = 256


class RequestIds:
    """
    Drawn from the system for many requests at once: each call to it gives the interpreter to another thread, and waiting for
    it to come back costs more than the call.
    """

    def __init__(self) -> None:
        self._left: list[str] = []

    def new(self) -> str:
        """32 hexadecimal digits."""
        if not self._left:
            self._left = _cut(os.urandom(ID_BYTES * AT_ONCE).hex())
        return self._left.pop()


def _cut(digits: str) -> list[str]:
    return [digits[at : at + 2 * ID_BYTES] for at in range(0, len(digits), 2 * ID_BYTES)]
