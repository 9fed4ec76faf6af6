"""
Signed addresses of stored bytes: `/xet/v1/blobs/{xorb}?range=a-b&exp=…&sig=…`.

A xorb can hold chunks of files that the reader may not see, so what is signed is the xorb *and* the bytes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from commonweight.clock import Clock
from commonweight.errors import NotAllowed

LIFETIME_SECONDS = 60 * 60  # longer than a range takes on a slow line; the client asks again after a 403


class BlobAddresses:
    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def sign(self, base: str, xorb: str, start: int, end: int) -> str:
        """The address of stored bytes `start` to `end` (exclusive) of a xorb. `base` is the content store's own."""
        expires = int(self._clock.now().timestamp()) + LIFETIME_SECONDS
        signature = self._signature(xorb, f"{start}-{end - 1}", str(expires))
        return f"{base}/v1/blobs/{xorb}?range={start}-{end - 1}&exp={expires}&sig={signature}"

    def check(self, xorb: str, query: Mapping[str, str]) -> tuple[int, int]:
        """The bytes (end exclusive) that a signed address is for. Raises NotAllowed: forged, or ended."""
        span, expires, signature = (query.get(name, "") for name in ("range", "exp", "sig"))
        expected = self._signature(xorb, span, expires)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise NotAllowed("The signature of this address is not ours.", hint="Ask for the reconstruction again.")
        if self._clock.now().timestamp() > int(expires):
            raise NotAllowed("This address has ended.", hint="Ask for the reconstruction again.")
        start, _, last = span.partition("-")
        return int(start), int(last) + 1

    def _signature(self, xorb: str, span: str, expires: str) -> str:
        return hmac.new(self._key, f"{xorb}|{span}|{expires}".encode(), hashlib.sha256).hexdigest()
