"""How long a caller says it will wait for a model that is being loaded, or for a slot."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

WAIT_HEADERS: Final = frozenset({b"x-commonweight-wait", b"prefer"})
#: RFC 7240, section 4.3: `prefer: wait=30`. Our own header says the same, for clients that keep the other to themselves.
_PREFERRED = re.compile(rb"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})", re.IGNORECASE)
_OWN = re.compile(rb"\s*(\d{1,6})(?:\.\d*)?\s*")


def wait_asked(headers: Iterable[tuple[bytes, bytes]], otherwise: float) -> float:
    """
    Seconds to wait, at most `otherwise`: from `x-commonweight-wait: 30` or `prefer: wait=30`.

    0: answer at once; where the model is not ready, say when to come back. What is no number is ignored, as the RFC asks.
    """
    for name, value in headers:
        if name == b"x-commonweight-wait":
            found = _OWN.fullmatch(value)
        elif name == b"prefer":
            found = _PREFERRED.search(value)
        else:
            continue
        if found:
            return min(float(found[1]), otherwise)
    return otherwise
