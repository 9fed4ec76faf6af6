"""Sizes and moments for people."""

from __future__ import annotations

from datetime import datetime

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def size_text(count: int) -> str:
    """0 -> "0 B", 98362432 -> "98.4 MB": decimal units, three digits."""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{int(value)} {_UNITS[0]}" if unit == 0 else f"{value:.3g} {_UNITS[unit]}"


def exact_text(count: int) -> str:
    return f"{count:,}"


def day_text(moment: datetime) -> str:
    """ "2026-03-01": the same in every language."""
    return moment.strftime("%Y-%m-%d")


def minute_text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
