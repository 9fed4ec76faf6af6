"""One header of a request, found without making an object of all of them."""

from __future__ import annotations

from starlette.types import Scope


def header_in(scope: Scope, name: bytes) -> str | None:
    """
    The first header by this name in lower case, as ASGI gives names; None where there is none. As Starlette's `Headers`,
    which takes four calls for each.
    """
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")  # type: ignore[no-any-return]  # ASGI's headers are pairs of bytes
    return None
