"""Who is asking, as a dependency of routes."""

from __future__ import annotations

from starlette.requests import Request

from commonweight.asgi import client_of
from commonweight.errors import NotAuthenticated
from commonweight.identity import Caller, Identity, caller_of


class Callers:
    """`Depends(callers.anybody)` or `Depends(callers.signed_in)`."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def anybody(self, request: Request) -> Caller:
        """The caller, also nobody. Raises InvalidCredentials for a bad token, CsrfMismatch for a deed by cookie alone."""
        return await caller_of(self._identity, request.method, request.headers, client_of(request))

    async def signed_in(self, request: Request) -> Caller:
        """The caller, who has an account. Raises NotAuthenticated."""
        caller = await self.anybody(request)
        if caller.is_anonymous:
            raise NotAuthenticated("This needs an account.", hint="Send `Authorization: Bearer <token>`, or sign in.")
        return caller
