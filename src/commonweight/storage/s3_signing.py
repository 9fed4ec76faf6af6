"""
Addresses under which a client fetches some bytes of an object from the S3 server itself.

Signature version 4 in the query (Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters"). The header
Range is signed too, so the address opens these bytes and no others: a xorb can hold chunks of files that the reader may not
see. obstore signs addresses of whole objects only, hence these lines.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from commonweight.storage.s3_place import S3Place

ALGORITHM = "AWS4-HMAC-SHA256"


def system_time() -> datetime:
    """The S3 server compares with its own clock, so a clock of a test's own would not do."""
    return datetime.now(UTC)


class S3Signer:
    def __init__(self, place: S3Place, now: Callable[[], datetime] = system_time) -> None:
        """`place` has a key."""
        self._place = place
        self._now = now

    def __call__(self, key: str, start: int, end: int, seconds: int) -> str:
        """
        The address of bytes `start` to `end` (exclusive) of an object, for so many seconds.

        Whoever uses it must send `Range: bytes=start-last` exactly so; the server answers anything else with 403.
        """
        return self.address("GET", self._place.path(key), {"range": f"bytes={start}-{end - 1}"}, seconds)

    def address(self, method: str, path: str, headers: Mapping[str, str], seconds: int) -> str:
        """The address for a request with these headers (lower case, without Host)."""
        place, moment = self._place, self._now()
        base = urlsplit(place.reached_by_clients_at)
        path = quote(base.path + path, safe="/-_.~")
        signed = {"host": base.netloc, **headers}
        names = ";".join(sorted(signed))
        scope = f"{moment:%Y%m%d}/{place.region}/s3/aws4_request"
        query = {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{place.key_id}/{scope}",
            "X-Amz-Date": f"{moment:%Y%m%dT%H%M%SZ}",
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": names,
            **({"X-Amz-Security-Token": place.session_token} if place.session_token else {}),
        }
        asked = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(query.items()))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        request = "\n".join((method, path, asked, lines, names, "UNSIGNED-PAYLOAD"))
        text = "\n".join((ALGORITHM, query["X-Amz-Date"], scope, hashlib.sha256(request.encode()).hexdigest()))
        signature = hmac.new(self._signing_key(scope), text.encode(), hashlib.sha256).hexdigest()
        return f"{base.scheme}://{base.netloc}{path}?{asked}&X-Amz-Signature={signature}"

    def _signing_key(self, scope: str) -> bytes:
        key = f"AWS4{self._place.secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
