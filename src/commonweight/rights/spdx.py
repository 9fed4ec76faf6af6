"""
Licence expressions of SPDX (specification 2.3, annex D): `A OR B` leaves a choice, `A AND B` asks for both, `A WITH E` is
A widened by an exception.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

MAX_EXPRESSION: Final = 1_000  # characters; expressions of whole distributions have some hundred
MAX_CHOICES: Final = 16  # ways to choose within one expression; real ones leave two or three
MAX_ORS: Final = 8  # each may double the ways; with as many the bound above is passed long before the time is
_OPERATOR: Final = re.compile(r" (?:OR|AND|WITH) ")


@dataclass(frozen=True, slots=True)
class LicenceName:
    """A licence in an expression, with the exception that widens it, if any."""

    key: str
    exception: str = ""


def alternatives_of(text: str) -> tuple[tuple[LicenceName, ...], ...]:
    """
    The ways to choose: each a set of licences that apply together.

    What is no expression, or one beyond the bounds, is a single name: whatever it says stays unknown, and nobody guesses.
    """
    alone = ((LicenceName(text),),)
    if not _OPERATOR.search(text) or len(text) > MAX_EXPRESSION or text.count(" OR ") > MAX_ORS:
        return alone
    from license_expression import ExpressionError, ExpressionParseError, Licensing  # most licences are no expressions

    licensing = Licensing()
    try:
        parsed = licensing.dnf(licensing.parse(text))
    except (ExpressionError, ExpressionParseError):
        return alone
    ways = tuple(_together(way) for way in (parsed.args if isinstance(parsed, licensing.OR) else (parsed,)))
    return ways if len(ways) <= MAX_CHOICES else alone


def _together(way: Any) -> tuple[LicenceName, ...]:
    return tuple(_name(symbol) for symbol in (way.args or (way,)))


def _name(symbol: Any) -> LicenceName:
    if hasattr(symbol, "exception_symbol"):
        return LicenceName(symbol.license_symbol.key, symbol.exception_symbol.key)
    return LicenceName(symbol.key)
