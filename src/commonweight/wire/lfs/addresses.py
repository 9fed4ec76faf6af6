"""
Signed addresses of large files: `/api/lfs/{scope}/{oid}?size=…&deed=…&for=…&exp=…&sig=…`.

LFS clients send no token with the bytes (hub-http-contract, section 0, fact 9), so the address itself is the right: to
put, get or verify exactly these bytes, for a while. Whoever asked for it must still be allowed to read, or to write.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from commonweight.errors import NotAllowed

LIFETIME_SECONDS = 6 * 3600  # the transfer of a very large file over a slow line must begin within it
PUT, GET, VERIFY = "put", "get", "verify"


@dataclass(frozen=True, slots=True)
class LargeAddress:
    deed: str  # put | get | verify
    scope: int
    oid: str  # SHA-256
    size: int
    token_id: int = 0  # of whoever asked for it, by the hub's number; 0 for nobody's


class LargeAddresses:
    """`now` gives Unix seconds."""

    def __init__(self, key: bytes, now: Callable[[], float]) -> None:
        self._key = key
        self._now = now

    def sign(self, address: LargeAddress) -> str:
        """Path and query."""
        expires = int(self._now()) + LIFETIME_SECONDS
        query = {"size": address.size, "deed": address.deed, "for": address.token_id, "exp": expires}
        query |= {"sig": self._signature(address, expires)}
        return f"/api/lfs/{address.scope}/{address.oid}?{urlencode(query)}"

    def open(self, deed: str, scope: str, oid: str, query: Mapping[str, str]) -> LargeAddress:
        """Raises NotAllowed unless the address is ours, for this deed, and has not ended."""
        size, expires, token_id = query.get("size", ""), query.get("exp", ""), query.get("for", "")
        numbers = (scope, size, expires, token_id)
        if query.get("deed") != deed or not all(one.isascii() and one.isdigit() and len(one) < 20 for one in numbers):
            raise _refused()
        address = LargeAddress(deed, int(scope), oid, int(size), int(token_id))
        given = query.get("sig", "").encode(errors="replace")
        if not hmac.compare_digest(self._signature(address, int(expires)).encode(), given):
            raise _refused()
        if self._now() > int(expires):
            raise NotAllowed("This address has ended.", hint="Ask the LFS batch route for a new one.")
        return address

    def _signature(self, address: LargeAddress, expires: int) -> str:
        text = f"{address.deed}\n{address.scope}\n{address.oid}\n{address.size}\n{address.token_id}\n{expires}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def _refused() -> NotAllowed:
    return NotAllowed("The signature of this address is not right.", hint="Ask the LFS batch route for a new one.")
