"""
Signing in on a device that has no browser (RFC 8628): it shows a code, somebody who is signed in approves it on a page,
the device gets a token that ends, and what renews it (RFC 6749, section 6; contract, section 4).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import device_login as tables
from commonweight.db.tables import identity as identity_tables
from commonweight.errors import CommonweightError, NotAllowed, NotFound, Unavailable
from commonweight.identity.audit import record
from commonweight.identity.callers import Caller, Role
from commonweight.identity.identity import Identity
from commonweight.identity.tokens import NewToken, digest_of, insert_token, new_token, renew_token

CODE_LIFE: Final = timedelta(minutes=15)  # what clients take where nothing is said
KEPT: Final = timedelta(days=1)  # how long a device is told that its code has ended, and not that it never was
INTERVAL: Final = 5  # seconds between two questions (RFC 8628, section 3.5)
EARLY: Final = timedelta(seconds=0.5)  # by so much a question may come before its time
TOKEN_LIFE: Final = timedelta(days=30)  # clients renew in the last day
REFRESH_LIFE: Final = timedelta(days=90)  # who comes back later signs in anew
FORMER_WORKS: Final = timedelta(minutes=5)  # the text before, for requests of other processes that are under way
MAX_WAITING: Final = 1000  # codes that wait at once; each is a row that anybody can make
MAX_WAITING_FROM_ONE: Final = 50  # of one address; a shared machine has some dozen people
LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words (RFC 8628, section 6.1)
MAX_CLIENT_ID: Final = 200

_codes, _refresh = tables.device_codes, tables.refresh_tokens
_tokens = identity_tables.tokens


class OAuthError(CommonweightError):
    """An answer of the token endpoint that is no token; `word` says which (RFC 6749, section 5.2; RFC 8628, section 3.5)."""

    status = 400

    def __init__(self, word: str, detail: str) -> None:
        super().__init__(detail)
        self.word = word


class NoSuchCode(NotFound):
    code = "no_such_code"


class MayNotApprove(NotAllowed):
    code = "may_not_approve"


@dataclass(frozen=True)
class Begun:
    device_code: str
    user_code: str
    seconds: int


@dataclass(frozen=True)
class Waiting:
    """A code that waits for somebody: who asks, from where, since when."""

    user_code: str
    client_id: str
    client: str
    created_at: datetime


@dataclass(frozen=True)
class Issued:
    access_token: str
    refresh_token: str
    seconds: int


@dataclass(frozen=True)
class DeviceLogin:
    database: Database
    identity: Identity
    clock: Clock

    async def begin(self, client_id: str, client: str) -> Begun:
        """For the device at this address. Raises Unavailable where too many codes wait."""
        now, device_code = self.clock.now(), secrets.token_urlsafe(32)
        user_code = "".join(secrets.choice(LETTERS) for _ in range(8))
        row = {
            "device_hash": digest_of(device_code),
            "user_code": f"{user_code[:4]}-{user_code[4:]}",
            "client_id": client_id[:MAX_CLIENT_ID],
            "client": client[:64],
            "status": "pending",
            "interval_seconds": INTERVAL,
            "created_at": now,
            "expires_at": now + CODE_LIFE,
        }
        async with self.database.write() as connection:
            await connection.execute(delete(_codes).where(_codes.c.expires_at < now - KEPT))
            await _check_room(connection, client[:64], now)
            await connection.execute(insert(_codes).values(row))
        return Begun(device_code, str(row["user_code"]), int(CODE_LIFE.total_seconds()))

    async def waiting(self, user_code: str) -> Waiting:
        """Raises NoSuchCode for one that nobody shows, that has ended, or was decided."""
        async with self.database.read() as connection:
            row = await self._pending(connection, user_code)
        return Waiting(row.user_code, row.client_id, row.client, row.created_at)

    async def decide(self, caller: Caller, user_code: str, role: Role | None) -> None:
        """Let the device have a token of this role, or none. Raises NoSuchCode, MayNotApprove."""
        token = caller.token
        if caller.account is None or token is None or token.is_key or token.grants is not None:
            raise MayNotApprove("A device is let in by whoever is signed in.", hint="Sign in.")
        if role is not None and role > token.role:
            raise MayNotApprove(f"You came by a token of role {token.role.word}; {role.word} reaches further.")
        async with self.database.write() as connection:
            row = await self._pending(connection, user_code)
            status = "denied" if role is None else "approved"
            values = {"status": status, "account_id": caller.account.id, "role": (role or Role.READ).word}
            mine = _codes.c.device_hash == row.device_hash, _codes.c.status == "pending"
            await connection.execute(update(_codes).where(*mine).values(**values))
            detail = {"client_id": row.client_id, "client": row.client, "role": values["role"]}
            await record(connection, self.clock.now(), caller, f"device.{status}", f"devices/{row.user_code}", **detail)

    async def poll(self, device_code: str) -> Issued:
        """What the device asks again and again. Raises OAuthError, whose word tells it what to do."""
        now = self.clock.now()
        async with self.database.write() as connection:
            query = select(_codes).where(_codes.c.device_hash == digest_of(device_code))
            row = (await connection.execute(query)).first()
            if row is None:
                raise OAuthError("invalid_grant", "This device code is not known.")
            mine = _codes.c.device_hash == row.device_hash
            if row.status == "approved" and now < row.expires_at:
                spent = await connection.execute(
                    update(_codes).where(mine, _codes.c.status == "approved").values(status="used")
                )
                if spent.rowcount:
                    return await self._issue(connection, row, now)
            refusal = _refusal(row, now)
            wait = row.interval_seconds + (INTERVAL if refusal.word == "slow_down" else 0)
            await connection.execute(update(_codes).where(mine).values(asked_at=now, interval_seconds=wait))
        raise refusal

    async def _issue(self, connection: Connection, row: Any, now: datetime) -> Issued:
        text, name = new_token(), f"device {row.user_code}"
        new = NewToken(row.account_id, name, Role[row.role.upper()], text, now + TOKEN_LIFE)
        number = await insert_token(connection, now, new)
        return Issued(text, await _insert_refresh(connection, number, now), int(TOKEN_LIFE.total_seconds()))

    async def refresh(self, refresh_token: str) -> Issued:
        """
        Another text for the token, and what renews that one. What renewed it before is worth nothing: whoever uses it again
        has stolen it, or was stolen from, and the token is revoked. Raises OAuthError.
        """
        now, text = self.clock.now(), new_token()
        async with self.database.write() as connection:
            row = (await connection.execute(_with_token(refresh_token))).first()
            if row is None or row.revoked_at is not None or now >= row.refresh_ends:
                raise OAuthError("invalid_grant", "This refresh token is not valid any more; sign in again.")
            mine = _refresh.c.hash == digest_of(refresh_token), _refresh.c.used_at.is_(None)
            used = await connection.execute(update(_refresh).where(*mine).values(used_at=now))
            token = _tokens.c.id == row.token_id
            if not used.rowcount:
                await connection.execute(update(_tokens).where(token).values(revoked_at=now))
                issued = None
            else:
                await renew_token(connection, row.token_id, text, now + FORMER_WORKS)
                await connection.execute(update(_tokens).where(token).values(expires_at=now + TOKEN_LIFE))
                again = await _insert_refresh(connection, row.token_id, now)
                issued = Issued(text, again, int(TOKEN_LIFE.total_seconds()))
        self.identity.forget()
        if issued is None:
            raise OAuthError("invalid_grant", "This refresh token was used before; its token is revoked. Sign in again.")
        return issued

    async def _pending(self, connection: Connection, user_code: str) -> Any:
        """Capitals and the line in the middle do not count. Raises NoSuchCode."""
        letters = "".join(one for one in user_code.upper() if one in LETTERS)
        query = select(_codes).where(_codes.c.user_code == f"{letters[:4]}-{letters[4:]}", _codes.c.status == "pending")
        row = (await connection.execute(query)).first()
        if row is None or self.clock.now() >= row.expires_at:
            raise NoSuchCode("No device waits with this code.", hint="Look at the device; its code may have ended.")
        return row


def _refusal(row: Any, now: datetime) -> OAuthError:
    """Why the device gets no token now."""
    if row.status == "denied":
        return OAuthError("access_denied", "Somebody has refused this device.")
    if row.status == "used":
        return OAuthError("invalid_grant", "This device code was used.")
    if now >= row.expires_at:
        return OAuthError("expired_token", "This device code has ended; begin again.")
    if row.asked_at is not None and now - row.asked_at < timedelta(seconds=row.interval_seconds) - EARLY:
        return OAuthError("slow_down", f"Ask every {row.interval_seconds + INTERVAL} seconds.")
    return OAuthError("authorization_pending", "Nobody has approved the code yet.")


def _with_token(refresh_token: str) -> Any:
    columns = _refresh.c.token_id, _refresh.c.expires_at.label("refresh_ends"), _tokens.c.revoked_at
    joined = select(*columns).join(_tokens, _tokens.c.id == _refresh.c.token_id)
    return joined.where(_refresh.c.hash == digest_of(refresh_token))


async def _insert_refresh(connection: Connection, token_id: int, now: datetime) -> str:
    """The text of a new one; those of the token that have ended go."""
    text = "cwr_" + secrets.token_urlsafe(32)
    await connection.execute(delete(_refresh).where(_refresh.c.token_id == token_id, _refresh.c.expires_at < now))
    row = {"hash": digest_of(text), "token_id": token_id, "expires_at": now + REFRESH_LIFE}
    await connection.execute(insert(_refresh).values(row))
    return text


async def _check_room(connection: Connection, client: str, now: datetime) -> None:
    """Raises Unavailable."""
    waiting = _codes.c.status == "pending", _codes.c.expires_at > now
    for most, these in ((MAX_WAITING, waiting), (MAX_WAITING_FROM_ONE, (*waiting, _codes.c.client == client))):
        if (await connection.scalar(select(func.count()).select_from(_codes).where(*these)) or 0) >= most:
            raise Unavailable(f"{most} devices wait to be let in already.", hint="Try again in some minutes.")
