"""Where a request came from, and under which address its client reaches us."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send


def base_url(request: Request, public_url: str = "") -> str:
    """
    The address under which this client reaches us, without a slash at its end.

    Addresses in answers must use the host that the client used (hub-http-contract, section 0, fact 8).
    """
    return public_url.rstrip("/") or f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"


def client_of(request: Request) -> str:
    """The IP address that a request came from; "" where the server does not say. `TrustedProxies` mends it."""
    client = request.scope.get("client")
    return client[0] if client else ""


class TrustedProxies:
    """
    Reads the client's address out of `X-Forwarded-For` where the peer is a proxy of ours: the last address in it that is
    no proxy of ours. Whatever others write into the header counts for nothing.
    """

    def __init__(self, app: ASGIApp, networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self._app = app
        self._networks = tuple(networks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if client and self._trusts(client[0]):
            said = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
            for address in reversed([one.strip() for one in said.split(",") if one.strip()]):
                scope = {**scope, "client": (address, 0)}
                if not self._trusts(address):
                    break
        await self._app(scope, receive, send)

    def _trusts(self, address: str) -> bool:
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        return any(peer in network for network in self._networks)
