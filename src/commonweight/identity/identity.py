"""Accounts, tokens and browser sessions in the database."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import OperationalError

from commonweight.clock import Clock
from commonweight.db import Connection, Database, upsert
from commonweight.db.tables import identity as tables
from commonweight.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, NotFound
from commonweight.identity.callers import ANONYMOUS, NO_TOKEN, Account, Caller, Role, TokenInfo
from commonweight.identity.freshness import Freshness
from commonweight.identity.names import check_name
from commonweight.identity.roles import MemberRole
from commonweight.identity.tokens import NewToken, digest_of, insert_token, new_token, own_text, token_by_digest, token_info
from commonweight.remembering import Remembered

SESSION_LIFE = timedelta(days=14)
CODE_LIFE = timedelta(minutes=15)  # long enough to click a link in a terminal; much shorter than SESSION_LIFE
USE_NOTED = timedelta(minutes=10)  # a write for each request would cost more than the request
CACHE_SECONDS = 5.0  # a revoked token works this much longer in a process of another host that has just seen it
CACHE_ENTRIES = 4096  # more callers than that within five seconds only cost a look into the database


_log = logging.getLogger(__name__)


class InvalidCredentials(NotAuthenticated):
    """The token is not known, was revoked, or the header cannot be read."""

    code = "invalid_credentials"


class AddressRefused(NotAllowed):
    """The token is good, and may not be used from this address."""

    code = "address_not_allowed"


class AccountMissing(NotFound):
    code = "account_not_found"


class AlreadyExists(Conflict):
    code = "already_exists"


@dataclass(frozen=True)
class SignedIn:
    """A new browser session: the cookie's value, shown to the browser alone."""

    cookie: str
    seconds: int
    caller: Caller


class Identity:
    """Everything about who is asking. `key` signs the CSRF tokens of pages."""

    def __init__(self, database: Database, clock: Clock, key: bytes, freshness: Freshness | None = None) -> None:
        """`freshness` is shared by the processes of a host; None: there is one."""
        self._database = database
        self._clock = clock
        self._key = key
        self._freshness = freshness or Freshness()
        self._fresh_as_of = self._freshness.current()
        self._recent: Remembered[str, Caller] = Remembered(CACHE_SECONDS, CACHE_ENTRIES)

    # Who is asking

    async def authenticate(self, authorization: str | None, cookie: str | None = None, client: str = "") -> Caller:
        """
        The caller behind an `Authorization` header (Bearer, or Basic with the token as password) or a session cookie.

        No header and no cookie is ANONYMOUS, an expired cookie too; a header that does not fit raises InvalidCredentials,
        a token used from an address (`client`) outside its networks AddressRefused.
        """
        if authorization:
            self._drop_what_is_stale()
            digest = digest_of(own_text(_token_in(authorization)))
            return self._checked(self._recent.fresh(digest) or await self._by_digest(digest), client)
        return await self._by_cookie(cookie, client) if cookie else ANONYMOUS

    def _checked(self, caller: Caller, client: str) -> Caller:
        """The same caller. Raises InvalidCredentials, AddressRefused."""
        token = caller.token
        if token is None or (token.expires_at is None and not token.networks):
            return caller
        if token.has_expired(self._clock.now()):
            raise InvalidCredentials(f"This key expired on {token.expires_at:%Y-%m-%d %H:%M} UTC.", hint="Use another.")
        if not token.works_from(client):
            raise AddressRefused(
                f"This key may not be used from {client or 'an unknown address'}.",
                hint="Call from one of its networks, or let its owner add this one.",
            )
        return caller

    def _by_digest(self, digest: str) -> Awaitable[Caller]:
        return self._recent.get(digest, lambda: self._look(digest))

    async def _look(self, digest: str) -> Caller:
        async with self._database.read() as connection:
            found = await _seen_by_token(connection, token_by_digest(digest, self._clock.now()))
        if found is None:
            raise InvalidCredentials("Invalid credentials in Authorization header")
        caller, used_before = found
        if caller.token is not None and not caller.token.has_expired(self._clock.now()):
            await self._note_use(caller.token.id, used_before)
        return caller

    async def _note_use(self, token_id: int, before: datetime | None) -> None:
        """When a token was used last, to within USE_NOTED. A full disk keeps nobody out."""
        now = self._clock.now()
        if before is not None and now - before < USE_NOTED:
            return
        mine = tables.tokens.c.id == token_id
        try:
            async with self._database.write() as connection:
                await connection.execute(update(tables.tokens).where(mine).values(last_used_at=now))
        except OperationalError as error:
            _log.warning("when token %s was used could not be noted: %s", token_id, error.orig)

    async def _by_cookie(self, cookie: str, client: str) -> Caller:
        async with self._database.read() as connection:
            query = select(tables.sessions.c.token_id).where(
                tables.sessions.c.hash == digest_of(cookie), tables.sessions.c.expires_at > self._clock.now()
            )
            token_id = await connection.scalar(query)
            caller = await _caller_of_token(connection, tables.tokens.c.id == token_id) if token_id is not None else None
        if caller is None or caller.token is None or caller.token.has_expired(self._clock.now()):
            return ANONYMOUS
        return caller if caller.token.works_from(client) else ANONYMOUS

    async def caller_by_token_id(self, token_id: int) -> Caller:
        """The caller behind a token that was presented before; ANONYMOUS where it has been revoked since."""
        async with self._database.read() as connection:
            caller = await _caller_of_token(connection, tables.tokens.c.id == token_id)
        expired = caller is None or caller.token is None or caller.token.has_expired(self._clock.now())
        return ANONYMOUS if caller is None or expired else caller

    async def at_the_command_line(self, account_id: int) -> Caller:
        """
        For what an administrator asked for by a command, without a token: whoever can write to the home folder may act for
        one. ANONYMOUS where the account is gone, or administers no longer.
        """
        async with self._database.read() as connection:
            row = (await connection.execute(select(tables.accounts).where(tables.accounts.c.id == account_id))).first()
        account = account_of(row) if row else None
        if account is None or not account.is_admin:
            return ANONYMOUS
        return Caller(account, TokenInfo(NO_TOKEN, "command line", Role.ADMIN))

    async def reader(self, account_id: int) -> Caller:
        """
        For work that goes on without its account: who may read what the account may, as things are now, and change nothing.
        ANONYMOUS where the account is gone.
        """
        async with self._database.read() as connection:
            row = (await connection.execute(select(tables.accounts).where(tables.accounts.c.id == account_id))).first()
            organisations = await _organisations(connection, account_id)
        if row is None:
            return ANONYMOUS
        return Caller(account_of(row), TokenInfo(NO_TOKEN, "reading", Role.READ), organisations)

    def forget(self) -> None:
        """Look everybody up anew, in every process of this host: after the commit of what changed a token or a member."""
        self._freshness.change()
        self._drop_what_is_stale()
        self._recent.forget()

    def _drop_what_is_stale(self) -> None:
        now = self._freshness.current()
        if now != self._fresh_as_of:
            self._fresh_as_of = now
            self._recent.forget()

    # Browser sessions

    async def sign_in(self, token: str, client: str = "") -> SignedIn:
        """Open a browser session for the holder of a token. Raises InvalidCredentials, AddressRefused."""
        caller = self._checked(await self._by_digest(digest_of(token.strip())), client)
        if caller.token is not None and caller.token.is_key:
            raise InvalidCredentials("This is a key for programs.", hint="Sign in with a token of yours.")
        if caller.token is not None and caller.token.grants is not None:
            raise InvalidCredentials("This token is for chosen things alone.", hint="Sign in with one of role read or more.")
        return await self._open_session(caller, secrets.token_urlsafe(32))

    def sign_in_code(self, token: TokenInfo) -> str:
        """A code that opens one browser session within CODE_LIFE, for a link that `up` prints. Nothing is stored."""
        expires = int((self._clock.now() + CODE_LIFE).timestamp())
        return f"{token.id}.{expires}.{self._sign(f'code:{token.id}:{expires}')}"

    async def sign_in_by_code(self, code: str) -> SignedIn:
        """Open a browser session by a code. Raises InvalidCredentials where it is forged, too old or used."""
        token_id, _, rest = code.partition(".")
        expires, _, signature = rest.partition(".")
        genuine = _same(signature, self._sign(f"code:{token_id}:{expires}"))
        if not genuine or int(expires) < self._clock.now().timestamp():
            raise InvalidCredentials("This sign-in link is not valid any more.", hint="Sign in with a token instead.")
        # The cookie follows from the code, so a second use meets the session of the first and is refused.
        return await self._open_session(await self.caller_by_token_id(int(token_id)), self._sign(f"session:{code}"))

    async def _open_session(self, caller: Caller, cookie: str) -> SignedIn:
        if caller.account is None or caller.token is None:
            raise InvalidCredentials("This token belongs to nobody.")
        now = self._clock.now()
        row = {"hash": digest_of(cookie), "account_id": caller.account.id, "token_id": caller.token.id, "created_at": now}
        async with self._database.write() as connection:
            await connection.execute(delete(tables.sessions).where(tables.sessions.c.expires_at < now))
            used = await connection.scalar(select(tables.sessions.c.hash).where(tables.sessions.c.hash == row["hash"]))
            if used is not None:
                raise InvalidCredentials("This sign-in link has been used.", hint="Sign in with a token instead.")
            await connection.execute(insert(tables.sessions).values(**row, expires_at=now + SESSION_LIFE))
        return SignedIn(cookie, int(SESSION_LIFE.total_seconds()), caller)

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    async def sign_out(self, cookie: str) -> None:
        async with self._database.write() as connection:
            await connection.execute(delete(tables.sessions).where(tables.sessions.c.hash == digest_of(cookie)))

    def csrf_token(self, cookie: str) -> str:
        """What a form of this session must carry."""
        return self._sign(f"csrf:{cookie}")

    def csrf_matches(self, cookie: str, given: str) -> bool:
        return _same(given, self.csrf_token(cookie))

    # Accounts

    async def create_user(self, name: str, fullname: str = "", *, is_admin: bool = False) -> Account:
        """Raises InvalidName or AlreadyExists."""
        return await self._create(name, "user", fullname, is_admin=is_admin)

    async def create_organisation(self, name: str, fullname: str = "", *, default_visibility: str = "public") -> Account:
        """Raises InvalidName, AlreadyExists, or InvalidInput for a visibility other than public and private."""
        check_visibility(default_visibility)
        return await self._create(name, "organisation", fullname, default_visibility=default_visibility)

    async def insert_organisation(self, connection: Connection, name: str, columns: Mapping[str, str]) -> int:
        """Its number; part of a transaction of the caller's. Raises InvalidName, AlreadyExists."""
        check_name(name, what="namespace")
        taken = select(tables.accounts.c.id).where(tables.accounts.c.name_lower == name.lower())
        if await connection.scalar(taken) is not None:
            raise _taken(name)
        rest = {**columns, "fullname": columns.get("fullname") or name}
        return await self._insert_account(connection, name, "organisation", rest.pop("fullname"), **rest)

    async def create_first(self, name: str, token: str) -> None:
        """The first account, an administrator, together with its token: both, or neither after a kill."""
        check_name(name, what="namespace")
        async with self._database.write() as connection:
            account_id = await self._insert_account(connection, name, "user", name, is_admin=True)
            await insert_token(connection, self._clock.now(), NewToken(account_id, "bootstrap", Role.ADMIN, token))

    async def _create(self, name: str, kind: str, fullname: str, **columns: Any) -> Account:
        check_name(name, what="namespace")
        if await self.find_account(name):
            raise _taken(name)
        async with self._database.write() as connection:
            await self._insert_account(connection, name, kind, fullname or name, **columns)
        return await self.account(name)

    async def _insert_account(self, connection: Connection, name: str, kind: str, fullname: str, **columns: Any) -> int:
        row = {"name": name, "kind": kind, "name_lower": name.lower(), "fullname": fullname, "created_at": self._clock.now()}
        inserted = await connection.execute(insert(tables.accounts).values(**row, **columns).returning(tables.accounts.c.id))
        account_id: int = inserted.scalar_one()
        return account_id

    async def find_account(self, name: str) -> Account | None:
        async with self._database.read() as connection:
            query = select(tables.accounts).where(tables.accounts.c.name_lower == name.lower())
            row = (await connection.execute(query)).first()
        return account_of(row) if row else None

    async def account(self, name: str) -> Account:
        """Raises AccountMissing."""
        found = await self.find_account(name)
        if found is None:
            raise AccountMissing(f"There is no account {name!r}.")
        return found

    async def has_accounts(self) -> bool:
        async with self._database.read() as connection:
            return bool(await connection.scalar(select(func.count()).select_from(tables.accounts)))

    async def set_member(self, organisation: Account, account: Account, role: MemberRole | Role) -> None:
        """For set-up and seeds; people do it by `Organisations`, which asks for rights and writes the audit trail."""
        row = {"organisation_id": organisation.id, "account_id": account.id, "role": role.word}
        async with self._database.write() as connection:
            await upsert(connection, tables.memberships, row, keys=["organisation_id", "account_id"])
        self.forget()

    async def organisations_of(self, account: Account) -> dict[int, tuple[Account, MemberRole]]:
        """The organisations whose member somebody is, by number, with the role in each."""
        async with self._database.read() as connection:
            return await _organisations(connection, account.id)

    # Tokens

    async def create_token(self, account: Account, name: str, role: Role, value: str | None = None) -> str:
        """The text of a new token, which is kept nowhere. `value` is for development seeds: a text from outside."""
        text = value or new_token()
        async with self._database.write() as connection:
            taken = await connection.scalar(select(tables.tokens.c.id).where(tables.tokens.c.hash == digest_of(text)))
            if taken is not None:
                raise AlreadyExists("This token value is in use already.")
            await insert_token(connection, self._clock.now(), NewToken(account.id, name, role, text))
        return text

    async def tokens_of(self, account: Account) -> list[TokenInfo]:
        async with self._database.read() as connection:
            query = select(tables.tokens).where(
                tables.tokens.c.account_id == account.id, tables.tokens.c.revoked_at.is_(None)
            )
            rows = (await connection.execute(query.order_by(tables.tokens.c.id))).all()
        return [token_info(row) for row in rows]

    async def revoke_token(self, account: Account, token_id: int) -> bool:
        """Whether there was such a token to revoke."""
        async with self._database.write() as connection:
            done = await connection.execute(
                update(tables.tokens)
                .where(
                    tables.tokens.c.id == token_id,
                    tables.tokens.c.account_id == account.id,
                    tables.tokens.c.revoked_at.is_(None),
                )
                .values(revoked_at=self._clock.now())
            )
        self.forget()
        return done.rowcount > 0


def _token_in(authorization: str) -> str:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
        except ValueError:
            pass
    raise InvalidCredentials("Invalid credentials in Authorization header")


def _same(given: str, expected: str) -> bool:
    """Compared in constant time; as bytes, since what is given may hold any characters."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


async def _caller_of_token(connection: Connection, condition: Any) -> Caller | None:
    found = await _seen_by_token(connection, condition)
    return found[0] if found else None


async def _seen_by_token(connection: Connection, condition: Any) -> tuple[Caller, datetime | None] | None:
    """The caller, and when the token was used last."""
    query = (
        select(
            tables.accounts,
            tables.tokens.c.id.label("token_id"),
            tables.tokens.c.name.label("token_name"),
            tables.tokens.c.role,
            tables.tokens.c.expires_at,
            tables.tokens.c.networks,
            tables.tokens.c.is_key,
            tables.tokens.c.grants,
            tables.tokens.c.last_used_at,
        )
        .join(tables.accounts, tables.accounts.c.id == tables.tokens.c.account_id)
        .where(condition, tables.tokens.c.revoked_at.is_(None))
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    organisations = await _organisations(connection, row.id)
    return Caller(account_of(row), token_info(row, row.token_id, row.token_name), organisations), row.last_used_at


async def _organisations(connection: Connection, account_id: int) -> dict[int, tuple[Account, MemberRole]]:
    memberships = select(tables.accounts, tables.memberships.c.role).join(
        tables.memberships, tables.memberships.c.organisation_id == tables.accounts.c.id
    )
    found = (await connection.execute(memberships.where(tables.memberships.c.account_id == account_id))).all()
    return {member.id: (account_of(member), MemberRole[member.role.upper()]) for member in found}


def account_of(row: Any) -> Account:
    """A row with the columns of `accounts`."""
    return Account(row.id, row.kind, row.name, row.fullname, bool(row.is_admin), row.default_visibility, row.details)


def check_visibility(word: str) -> None:
    """Raises InvalidInput for a visibility other than public and private."""
    if word not in ("public", "private"):
        raise InvalidInput(f"{word!r} is no visibility; expected public or private.")


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(f"There is an account {name!r} already (capitals do not count).")
