"""
Chunk queries (xet-protocol, section 9): what is here already of what an uploader is about to send.

Clients use every xorb in an answer, whichever chunk it was given for. So the answer to any query of an upload tells of the
files that the upload is likely to share, once in a session; what is found by the chunk itself is told each time.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

from commonweight.clock import Clock
from commonweight.storage import Kin, Storage
from commonweight.wire.xet.tokens import CasGrant

#: How long clients remember an answer. Far less than the grace of collection, so that what is told is still there.
LIFETIME: Final = timedelta(hours=1)
KEY_SECONDS: Final = 24 * 60 * 60  # answers within a day share a key, so that a client hashes its chunks once for them all
SCOPES_ASKED: Final = 4  # holders of one chunk that are looked at: always as many, so that the time says nothing
NO_SCOPE: Final = -1  # in the place of a holder that there is none of
MAX_SESSIONS: Final = 4096  # that are remembered
SAME_MOMENT_SECONDS: Final = 20.0  # files that are sent side by side ask side by side, and each waits for its own answer
SIDE_BY_SIDE: Final = 8  # as many as the official client sends so; later ones find what was told in its memory


class Related(Protocol):
    """What the hub says of files with which an upload may share chunks; only of those that the token's owner may read."""

    async def of(self, token_id: int | None, scope: int) -> Sequence[Kin]:
        """For an upload into this scope, the likeliest first."""
        ...

    async def holding(self, token_id: int | None, scopes: Sequence[int]) -> Sequence[Kin]:
        """Those of these scopes that he may read."""
        ...


class ChunkAnswers:
    def __init__(self, storage: Storage, related: Related, key: bytes, clock: Clock) -> None:
        """`key` makes the keys of answers; it is the server's secret."""
        self._storage = storage
        self._related = related
        self._key = key
        self._clock = clock
        self._told = Sessions()

    async def answer(self, grant: CasGrant, session: str, chunk: str) -> bytes | None:
        """A shard, or None: nothing is here that the holder of this token may be told of."""
        if not grant.write:  # whoever downloads asks nothing
            return None
        kin = list(await self._holding(grant, chunk))
        if self._told.is_new(f"{grant.scope} {grant.token_id} {session}"):
            own = await self._related.of(grant.token_id, grant.scope)
            kin = [*_without(kin, own), *own] if kin else list(own)
        now = int(self._clock.now().timestamp())
        expires = now + int(LIFETIME.total_seconds())
        key = self._answer_key(grant, now)
        return await self._storage.related_xorbs(chunk, kin, key=key, created=now, expires=expires)

    async def _holding(self, grant: CasGrant, chunk: str) -> Sequence[Kin]:
        scopes = await self._storage.scopes_with(chunk, SCOPES_ASKED)
        return await self._related.holding(grant.token_id, scopes + [NO_SCOPE] * (SCOPES_ASKED - len(scopes)))

    def _answer_key(self, grant: CasGrant, now: int) -> bytes:
        """For one token and day: what is told to one says nothing to another."""
        return hmac.new(self._key, f"{grant.token_id} {now // KEY_SECONDS}".encode(), hashlib.sha256).digest()


def _without(kin: Sequence[Kin], others: Sequence[Kin]) -> list[Kin]:
    """Those that the others do not name: what is told of a scope once is told whole."""
    named = {one.scope for one in others}
    return [one for one in kin if one.scope not in named]


class Sessions:
    """Which upload sessions were told what is related. Each process has its own memory: twice costs bytes and no more."""

    def __init__(self) -> None:
        self._told: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def is_new(self, session: str) -> bool:
        """Whether it is to be told: it was not yet, or a few times only and a moment ago. Counts as told then."""
        now = time.monotonic()
        first, times = self._told.get(session, (now, 0))
        if times >= SIDE_BY_SIDE or now - first >= SAME_MOMENT_SECONDS:
            return False
        self._told[session] = (first, times + 1)
        if len(self._told) > MAX_SESSIONS:
            self._told.popitem(last=False)
        return True
