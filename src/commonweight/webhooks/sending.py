"""One delivery over HTTP: to public addresses alone unless a setting allows others, and to where it was asked for only."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from commonweight.errors import InvalidInput
from commonweight.outgoing import CheckedResolver, check_host

SECONDS: Final = 10.0  # for all of one delivery; whoever has more to do answers first and works then
MAX_ANSWER: Final = 2_000  # characters of an answer that are kept
MAX_URL: Final = 2_000
HINT: Final = "COMMONWEIGHT_PRIVATE_WEBHOOKS=1 allows addresses of this network."


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` None: nothing did, and `text` says why."""

    status: int | None
    text: str

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Sender:
    def __init__(self, allow_private: bool = False) -> None:
        self._allow_private = allow_private

    def check(self, url: str) -> str:
        """The address, fit to be sent to. Raises InvalidInput, PrivateAddress."""
        url = url.strip()
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            raise InvalidInput(f"{url[:100]!r} is no address.") from None
        named = parts.username or parts.password or parts.fragment
        if parts.scheme not in ("http", "https") or not host or named or len(url) > MAX_URL or not url.isprintable():
            expected = "Expected https://host[:port]/path, without a name, a password or a fragment."
            raise InvalidInput(f"{url[:100]!r} is no address that can be sent to.", hint=expected)
        if not self._allow_private:
            check_host(host, HINT)
            if parts.scheme != "https":
                raise InvalidInput(f"{url[:100]!r} would send the secret in the clear.", hint="Use https.")
        return url

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Never raises for what goes wrong out there. Redirects are not followed: they could lead anywhere."""
        try:
            self.check(url)
        except InvalidInput as error:
            return Answer(None, error.sentence)
        connector = aiohttp.TCPConnector(resolver=CheckedResolver(self._allow_private), force_close=True)
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
                session.post(url, data=body, headers=dict(headers), allow_redirects=False) as response,
            ):
                text = (await response.content.read(MAX_ANSWER)).decode(errors="replace").replace("\0", "")
                return Answer(response.status, _said(response.status, text))
        except TimeoutError:
            return Answer(None, f"No answer within {SECONDS:.0f} seconds.")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(None, f"{type(error).__name__}: {error}"[:MAX_ANSWER])


def _said(status: int, text: str) -> str:
    return f"A redirect, which is not followed. {text}".strip() if 300 <= status < 400 else text


def signature(secret: str, body: bytes) -> str:
    """`sha256=…`: HMAC-SHA256 of the body under the secret, in hex."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
