"""
Signed addresses of stored bytes: `/xet/v1/blobs/{xorb}?range=a-b&for=scope.token.write&exp=…&sig=…`.

A xorb can hold chunks of files that the reader may not see, so what is signed is the xorb *and* the bytes. `for` says by
which right the address was given: whoever has lost that since gets nothing by it, though it has not ended.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from commonweight.clock import Clock
from commonweight.errors import NotAllowed

LIFETIME_SECONDS = 60 * 60  # longer than a range takes on a slow line; the client asks again after a 403


@dataclass(frozen=True, slots=True)
class Right:
    """By what an address was given: a scope, and the hub's token of whoever asked (None: nobody's)."""

    scope: int
    token_id: int | None
    write: bool

    @property
    def text(self) -> str:
        return f"{self.scope}.{self.token_id or 0}.{int(self.write)}"

    @classmethod
    def of(cls, text: str) -> Right:
        """Of a text that was signed."""
        scope, token_id, write = (int(one) for one in text.split("."))
        return cls(scope, token_id or None, bool(write))


class BlobAddresses:
    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def sign(self, base: str, xorb: str, start: int, end: int, right: Right) -> str:
        """The address of stored bytes `start` to `end` (exclusive) of a xorb. `base` is the content store's own."""
        expires = int(self._clock.now().timestamp()) + LIFETIME_SECONDS
        signature = self._signature(xorb, f"{start}-{end - 1}", right.text, str(expires))
        return f"{base}/v1/blobs/{xorb}?range={start}-{end - 1}&for={right.text}&exp={expires}&sig={signature}"

    def check(self, xorb: str, query: Mapping[str, str]) -> tuple[int, int, Right]:
        """The bytes (end exclusive) that a signed address is for, and by what. Raises NotAllowed: forged, or ended."""
        span, right, expires, signature = (query.get(name, "") for name in ("range", "for", "exp", "sig"))
        expected = self._signature(xorb, span, right, expires)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise NotAllowed("The signature of this address is not ours.", hint="Ask for the reconstruction again.")
        if self._clock.now().timestamp() > int(expires):
            raise NotAllowed("This address has ended.", hint="Ask for the reconstruction again.")
        start, _, last = span.partition("-")
        return int(start), int(last) + 1, Right.of(right)

    def _signature(self, xorb: str, span: str, right: str, expires: str) -> str:
        return hmac.new(self._key, f"{xorb}|{span}|{right}|{expires}".encode(), hashlib.sha256).hexdigest()
