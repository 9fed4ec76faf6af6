"""Lengths of time for people, the same in every language."""

from __future__ import annotations

from typing import Any

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def span_text(seconds: Any) -> str:
    """35 -> "35 s", 125 -> "2 min 5 s", 4000 -> "1 h 6 min", 100000 -> "1 d 3 h"; what is no number -> ""."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds < float("inf"):
        return ""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    for unit, smaller, (name, small) in (
        (_DAY, _HOUR, ("d", "h")),
        (_HOUR, _MINUTE, ("h", "min")),
        (_MINUTE, 1, ("min", "s")),
    ):
        if whole >= unit:
            rest = whole % unit // smaller
            return f"{whole // unit} {name}" + (f" {rest} {small}" if rest else "")
    return ""
