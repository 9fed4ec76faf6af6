"""JSON answers and the address of a next page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import raw_path_of


def json_answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, headers, "application/json")


def next_page(request: Request, base: str, **changed: str) -> dict[str, str]:
    """A `Link` header to this same address with some parameters changed; clients follow it as it is (section 3)."""
    kept = [(key, value) for key, value in parse_qsl(request.url.query, keep_blank_values=True) if key not in changed]
    query = urlencode([*kept, *changed.items()])
    return {"Link": f'<{base}{raw_path_of(request.scope).decode("latin-1")}?{query}>; rel="next"'}


def flag(value: str | None) -> bool:
    """A truth value in a query or form: clients before 1.0 write `True` (section 1)."""
    return (value or "").lower() in ("true", "1", "yes")


def number(value: str | None, default: int, most: int) -> int:
    """A count in a query; what is no number or out of range becomes the nearest that is possible."""
    if value is None or not value.isascii() or not value.isdigit():
        return default
    return max(1, min(int(value[:9]), most))
