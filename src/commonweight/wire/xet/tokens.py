"""
Tokens for the content store: what the hub gives to a client that may read or write one repository.

A token carries its grant and a signature, so that no look-up is needed: base64url(JSON) "." base64url(HMAC-SHA256).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson

from commonweight.clock import Clock
from commonweight.errors import NotAllowed, NotAuthenticated

LIFETIME_SECONDS = 30 * 60  # clients renew 30 to 60 s before the end; below 15 minutes they ask all the time
GRACE_SECONDS = 60  # a client never renews after a 401, so a clock that runs late must not end an upload
ROOT = "/xet"
MEMORY_CHARACTERS = 16  # 64 bits: no two accounts or installations meet by chance
MAX_TOKEN_CHARACTERS = 4096  # ours have about 300


@dataclass(frozen=True, slots=True)
class CasGrant:
    """What the holder of a token may do: read a scope's files, and with `write` add to them."""

    scope: int
    token_id: int | None
    """The hub's token of whoever asked for it; None: somebody without one."""
    write: bool
    repository: str
    revision: str
    expires: int
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class CasToken:
    text: str
    expires: int
    """Unix seconds, as `X-Xet-Token-Expiration` and `exp` want it."""


class CasTokens:
    def __init__(self, key: bytes, clock: Clock, generation: Callable[[], Awaitable[str]] | None = None) -> None:
        """`generation` names that of the store; None: there is only one."""
        self._key = key
        self._clock = clock
        self._generation = generation

    def mint(self, *, scope: int, token_id: int | None, write: bool, repository: str = "", revision: str = "") -> CasToken:
        """A token for one repository. THE CALLER MUST have checked that whoever asks may read, or write, there."""
        expires = int(self._clock.now().timestamp()) + LIFETIME_SECONDS
        payload = orjson.dumps([scope, token_id, write, repository, revision, expires])
        return CasToken(f"{_encode(payload)}.{_encode(self._signature(payload))}", expires)

    async def path(self, account_id: int | None) -> str:
        """
        Where one account's clients find the content store.

        Clients remember by address, for three weeks, what they sent or was there (xet-protocol, section 9.3), and never
        send it again. So each account has an address of its own, and an installation that begins anew has new ones; so has
        one that was restored from a backup, and told so (a new generation).
        """
        generation = await self._generation() if self._generation else ""
        whose = f"path of {account_id}" + (f" in {generation}" if generation else "")
        memory = hmac.new(self._key, whose.encode(), hashlib.sha256).hexdigest()[:MEMORY_CHARACTERS]
        return f"{ROOT}/for/{memory}"

    def open(self, text: str) -> CasGrant:
        """The grant in a token. Raises NotAuthenticated unless it is ours and has not ended."""
        body, _, signature = text[:MAX_TOKEN_CHARACTERS].partition(".")
        payload = _decode(body)
        if not hmac.compare_digest(self._signature(payload), _decode(signature)):
            raise NotAuthenticated("This is not a token of this content store.", hint="Ask the hub for a new one.")
        scope, token_id, write, repository, revision, expires = orjson.loads(payload)
        if self._clock.now().timestamp() > expires + GRACE_SECONDS:
            raise NotAuthenticated("This token of the content store has ended.", hint="Ask the hub for a new one.")
        return CasGrant(scope, token_id, write, repository, revision, expires)

    def reader(self, authorization: str | None) -> CasGrant:
        """The grant in an Authorization header. Raises NotAuthenticated."""
        word, _, text = (authorization or "").partition(" ")
        if word.lower() != "bearer" or not text:
            raise NotAuthenticated("A token of the content store is needed.", hint="Ask the hub's token route for one.")
        return self.open(text.strip())

    def writer(self, authorization: str | None) -> CasGrant:
        """The grant in an Authorization header, if it allows writing. Raises NotAuthenticated, NotAllowed."""
        grant = self.reader(authorization)
        if not grant.write:
            raise NotAllowed("This token is for reading.", hint="Ask the hub's xet-write-token route for another.")
        return grant

    def _signature(self, payload: bytes) -> bytes:
        return hmac.new(self._key, payload, hashlib.sha256).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    """b"" for what is not base64: no signature fits that."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
