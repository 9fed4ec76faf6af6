"""Tokens that people make for themselves, look at and revoke."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.db.tables import identity as tables
from commonweight.errors import InvalidInput, NotAllowed, NotFound
from commonweight.identity.audit import record
from commonweight.identity.callers import Account, Caller, Role, TokenInfo
from commonweight.identity.grants import Grants
from commonweight.identity.identity import Identity
from commonweight.identity.tokens import MAX_TOKEN_NAME, NewToken, insert_token, new_token, token_info

MAX_TOKENS: Final = 200  # of one account; more is a program that makes them and forgets them
MAX_LIFE: Final = timedelta(days=3653)  # ten years

_tokens = tables.tokens


class MayNotMakeTokens(NotAllowed):
    code = "may_not_make_tokens"


class TokenMissing(NotFound):
    code = "token_not_found"


@dataclass(frozen=True)
class TokenWish:
    """What a token is to be. `grants`: of a fine-grained one, whose role is read then."""

    name: str
    role: Role
    expires_at: datetime | None = None
    grants: Grants | None = None


@dataclass(frozen=True)
class OwnToken:
    """`last_used_at`: to within some minutes; None: never."""

    info: TokenInfo
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class OwnTokens:
    """No token reaches further than the one by which its maker came. Keys for programs are elsewhere."""

    database: Database
    identity: Identity
    clock: Clock

    async def listed(self, caller: Caller) -> list[OwnToken]:
        """Those that are not revoked, the newest first. Raises MayNotMakeTokens."""
        account = _account(caller)
        mine = _tokens.c.account_id == account.id, _tokens.c.revoked_at.is_(None), _tokens.c.is_key.is_(False)
        async with self.database.read() as connection:
            rows = (await connection.execute(select(_tokens).where(*mine).order_by(_tokens.c.id.desc()))).all()
        return [OwnToken(token_info(row), row.created_at, row.last_used_at) for row in rows]

    async def create(self, caller: Caller, wish: TokenWish) -> str:
        """The text of a new token, which is kept nowhere. Raises MayNotMakeTokens, InvalidInput."""
        account, now, text = _account(caller), self.clock.now(), new_token()
        _check(caller, wish, now)
        async with self.database.write() as connection:
            held = (_tokens.c.account_id == account.id) & _tokens.c.revoked_at.is_(None)
            if (await connection.scalar(select(func.count()).select_from(_tokens).where(held)) or 0) >= MAX_TOKENS:
                raise InvalidInput(f"{account.name} has {MAX_TOKENS} tokens.", hint="Revoke some that are not used.")
            role = Role.READ if wish.grants is not None else wish.role
            new = NewToken(account.id, wish.name, role, text, wish.expires_at, grants=wish.grants)
            number = await insert_token(connection, now, new)
            kind = "fine-grained" if wish.grants is not None else role.word
            await record(connection, now, caller, "token.create", f"tokens/{number}", name=wish.name, kind=kind)
        return text

    async def revoke(self, caller: Caller, number: int) -> None:
        """From the next request on it is worthless. Raises MayNotMakeTokens, TokenMissing."""
        account, now = _account(caller), self.clock.now()
        mine = _tokens.c.id == number, _tokens.c.account_id == account.id, _tokens.c.revoked_at.is_(None)
        async with self.database.write() as connection:
            done = await connection.execute(update(_tokens).where(*mine).values(revoked_at=now))
            if not done.rowcount:
                raise TokenMissing(f"You have no token {number}.", hint="Look at your tokens.")
            await record(connection, now, caller, "token.revoke", f"tokens/{number}")
        self.identity.forget()


def _account(caller: Caller) -> Account:
    """Raises MayNotMakeTokens for whoever came by a key or a fine-grained token."""
    token = caller.token
    if caller.account is None or token is None or token.is_key or token.grants is not None:
        raise MayNotMakeTokens("Tokens are seen to by whoever is signed in.", hint="Sign in, or use a token that is no key.")
    return caller.account


def _check(caller: Caller, wish: TokenWish, now: datetime) -> None:
    """Raises MayNotMakeTokens, InvalidInput."""
    own = caller.token.role if caller.token else Role.READ
    needed = wish.role if wish.grants is None else (Role.READ if wish.grants.only_read else Role.WRITE)
    if needed > own:
        raise MayNotMakeTokens(f"You came by a token of role {own.word}; one of role {needed.word} reaches further.")
    if not wish.name.strip() or len(wish.name) > MAX_TOKEN_NAME:
        raise InvalidInput(f"A token needs a name of 1 to {MAX_TOKEN_NAME} characters; this one has {len(wish.name)}.")
    if wish.grants is not None and not wish.grants.those and not wish.grants.inference:
        raise InvalidInput("A fine-grained token is for nothing here.", hint="Name a repository or an organisation.")
    if wish.expires_at is not None and not now < wish.expires_at <= now + MAX_LIFE:
        raise InvalidInput(
            f"A token cannot end on {wish.expires_at:%Y-%m-%d}.", hint="Choose a day from tomorrow on, within ten years."
        )
