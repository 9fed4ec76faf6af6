"""Lists with a cursor (OpenAI's contract, section 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from commonweight.wire.openai.errors import BadRequest


@dataclass(frozen=True)
class Cursor:
    """Which part of a list is asked for: at most `limit` after the one with the id `after`."""

    after: str | None
    limit: int


def cursor_of(request: Request, *, default: int, most: int) -> Cursor:
    """From `after` and `limit`; a limit of 0 is the default. Raises BadRequest."""
    given = request.query_params.get("limit", "0")
    if not given.isdecimal() or int(given) > most:
        message = f"Invalid 'limit': {given[:40]!r}; expected an integer of 1 to {most}."
        raise BadRequest(message, param="limit")
    return Cursor(request.query_params.get("after"), int(given) or default)


def oldest_first(request: Request) -> bool:
    """From `order`, newest first where it is not said. Raises BadRequest."""
    order = request.query_params.get("order", "desc")
    if order not in ("asc", "desc"):
        raise BadRequest(f"Invalid 'order': {order[:40]!r}; expected 'asc' or 'desc'.", param="order")
    return order == "asc"


def list_document(data: Sequence[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    """The document of a page; clients go on after its last id for as long as `has_more`."""
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": list(data), "has_more": has_more, "first_id": first, "last_id": last}
