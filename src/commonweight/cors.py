"""
Browsers of other sites: whether their pages may call `/v1` (the Fetch standard, CORS protocol).

A page has to hold a key: no cookie goes along, since credentials are never allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commonweight.asgi import raw_path_of
from commonweight.errors import InvalidInput

PREFIX: Final = b"/v1"
PREFLIGHT_SECONDS: Final = b"7200"  # browsers keep an answer no longer than this
_ASKED: Final = re.compile(
    rb"(accept|authorization|content-type|prefer|x-api-key|x-request-id)|(x-stainless|openai|anthropic|x-commonweight)-[\w-]+"
)
_METHODS: Final = b"GET, POST, DELETE"
_TOLD: Final = b", ".join((
    b"x-request-id", b"request-id", b"retry-after", b"retry-after-ms", b"x-should-retry", b"openai-processing-ms",
    b"x-ratelimit-limit-requests", b"x-ratelimit-limit-tokens", b"x-ratelimit-remaining-requests",
    b"x-ratelimit-remaining-tokens", b"x-ratelimit-reset-requests", b"x-ratelimit-reset-tokens",
    b"x-commonweight-model", b"x-commonweight-terms", b"x-commonweight-verdict",
))  # fmt: skip


def origins_of(text: str) -> frozenset[bytes]:
    """`https://a.example, http://localhost:3000`, or `*` for every site. Raises InvalidInput for what is no origin."""
    found = [one.strip().rstrip("/") for one in text.split(",") if one.strip()]
    for one in found:
        if one != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/\s,?#]+", one):
            raise InvalidInput(f"{one!r} is no origin; expected '*', or one such as https://app.example:8443.")
    return frozenset(one.encode() for one in found)


class Cors:
    """Lets pages of these origins call what lies below `/v1`; everything else goes through as it is."""

    def __init__(self, app: ASGIApp, origins: Iterable[bytes]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = raw_path_of(scope) if scope["type"] == "http" else b""
        if not (path == PREFIX or path.startswith(PREFIX + b"/")):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"")
        if not origin or not ({origin, b"*"} & self._origins):
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await _preflight(send, origin, headers.get(b"access-control-request-headers", b""))
        else:
            await self._app(scope, receive, _telling(send, origin))


async def _preflight(send: Send, origin: bytes, asked: bytes) -> None:
    """What a browser asks before the request itself."""
    names = [name.strip().lower() for name in asked.split(b",")]
    allowed = b", ".join(name for name in names if _ASKED.fullmatch(name))
    headers = [*_whom(origin), (b"access-control-allow-methods", _METHODS), (b"access-control-allow-headers", allowed)]
    headers += [(b"access-control-max-age", PREFLIGHT_SECONDS), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _telling(send: Send, origin: bytes) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            told = [*_whom(origin), (b"access-control-expose-headers", _TOLD)]
            message = {**message, "headers": [*message["headers"], *told]}
        await send(message)

    return sending


def _whom(origin: bytes) -> list[tuple[bytes, bytes]]:
    """The origin itself and never `*`, so that caches keep the answers apart."""
    return [(b"access-control-allow-origin", origin), (b"vary", b"origin")]
