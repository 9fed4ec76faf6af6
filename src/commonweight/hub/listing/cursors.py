"""Where the next page of a list begins, as a word in its address."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any, Final

import orjson

from commonweight.errors import InvalidInput
from commonweight.hub.listing.values import SORTS, Cursor

_MOST: Final = 1 << 53


def write_cursor(cursor: Cursor) -> str:
    value = cursor.value.isoformat() if isinstance(cursor.value, datetime) else cursor.value
    return base64.urlsafe_b64encode(orjson.dumps([value, cursor.id])).decode().rstrip("=")


def read_cursor(text: str | None, sort: str) -> Cursor | None:
    """Of a page in this order. Raises InvalidInput for what this server did not write."""
    if not text:
        return None
    try:
        value, number = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        of_time = SORTS.get(sort, "").endswith("_at")
        return Cursor(_moment(value) if of_time else _whole(value), _whole(number))
    except (ValueError, TypeError, binascii.Error):
        hint = "Begin with the first page."
        raise InvalidInput("The cursor was not written by this server for this order.", hint=hint) from None


def _whole(value: Any) -> int:
    if not isinstance(value, int) or abs(value) >= _MOST:
        raise ValueError(value)
    return value


def _moment(value: Any) -> datetime:
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError(value)
    return found
