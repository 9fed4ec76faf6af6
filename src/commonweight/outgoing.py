"""
Where requests that leave the house may go: to public addresses only, unless a setting allows others.

A name is resolved once and the connection goes to an address that was looked at; so a name that means another address a
moment later (DNS rebinding) leads nowhere else. Addresses written as numbers are never resolved, so they are looked at
before.
"""

from __future__ import annotations

import ipaddress
import socket

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from commonweight.errors import InvalidInput


class PrivateAddress(InvalidInput):
    code = "private_address"


class CheckedResolver(AbstractResolver):
    """Resolves names to public addresses only. Raises OSError where there are none, as resolvers do."""

    def __init__(self, allow_private: bool, inner: AbstractResolver | None = None) -> None:
        self._allow_private = allow_private
        self._inner = inner or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        allowed = [one for one in found if self._allow_private or is_public(one["host"])]
        if not allowed:
            raise OSError(None, f"{host} has no public address")
        return allowed

    async def close(self) -> None:
        await self._inner.close()


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet: not of this host, this network, or a cloud's own services."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inside = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (inside is None or is_public(str(inside)))


def check_host(host: str, hint: str) -> None:
    """Raises PrivateAddress for a host that is written as a number of this network, or means this host by its name."""
    if (_is_number(host) and not is_public(host)) or host.rstrip(".").lower() == "localhost":
        raise PrivateAddress(f"{host} is an address of this host or network.", hint=hint)


def _is_number(host: str) -> bool:
    """Also `127.1` and `0x7f000001`, which some programs take for addresses."""
    try:
        socket.inet_aton(host)
    except OSError:
        return ":" in host
    return True
