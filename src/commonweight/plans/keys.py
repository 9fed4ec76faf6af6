"""Keys: tokens for programs, with what each may be used for. A key is shown once, when it is made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, insert, select, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import accounting as tables
from commonweight.db.tables import identity as identity_tables
from commonweight.errors import NotAllowed, NotFound
from commonweight.identity import (
    Account,
    Caller,
    NewToken,
    Role,
    account_names,
    bound_token,
    insert_token,
    networks_of,
    new_token,
    record,
    renew_token,
    token_info,
)
from commonweight.plans.key_terms import InvalidKey, KeyTerms, TermsOfKeys, checked_models, row_of_terms, terms_of_row
from commonweight.plans.key_use import KeyUse
from commonweight.plans.key_values import Key, KeyWish

MAX_KEYS: Final = 1_000  # of one account, not revoked: a list that a person can still look through
MAX_NAME: Final = 96
FORMER_WORKS: Final = timedelta(days=1)  # after a key was renewed: its programs are given the new text meanwhile

_tokens, _terms = identity_tables.tokens, tables.key_terms

CheckUse = Callable[[int], Awaitable[object]]


class KeyNotFound(NotFound):
    code = "key_not_found"

    def __init__(self, number: int) -> None:
        super().__init__(f"You have no key {number}.", hint="GET /cw/v1/keys lists yours.")


class Keys:
    """`check_use` raises for a use that is not recorded; `use` tells what keys were used for."""

    def __init__(self, database: Database, clock: Clock, terms: TermsOfKeys, check_use: CheckUse) -> None:
        self._database = database
        self._clock = clock
        self._terms = terms
        self._check_use = check_use
        self.use = KeyUse(database, clock)

    async def create(self, caller: Caller, wish: KeyWish) -> tuple[Key, str]:
        """A key of the caller's own, and its text. Raises NotAllowed, InvalidKey, UseNotFound."""
        account = _may_make_keys(caller)
        if caller.token is not None and wish.role > caller.token.role:
            raise NotAllowed(
                f"A key never reaches further than the token that makes it, which may {caller.token.role.word}."
            )
        terms, text = await self._checked(caller, account, wish), new_token()
        networks, now = networks_of(wish.networks), self._clock.now()
        token = NewToken(account.id, _name(wish.name), wish.role, text, wish.expires_at, networks, is_key=True)
        async with self._database.write() as connection:
            if len(await _find(connection, _tokens.c.account_id == account.id)) >= MAX_KEYS:
                raise InvalidKey(f"You have {MAX_KEYS} keys, which is the most.", hint="Revoke some first.")
            number = await insert_token(connection, now, token)
            await connection.execute(insert(_terms).values(token_id=number, created_at=now, **row_of_terms(terms)))
            await record(connection, now, caller, "key.create", f"keys/{number}", **row_of_terms(terms))
            return (await _find(connection, _tokens.c.id == number))[0], text

    async def list(self, caller: Caller) -> Sequence[Key]:
        """The caller's own, and those billed to organisations that the caller may administer. Raises NotAllowed."""
        account = _may_make_keys(caller)
        billed = [number for number in caller.organisations if caller.may_administer(number)]
        async with self._database.read() as connection:
            return await _find(connection, (_tokens.c.account_id == account.id) | _terms.c.payer_id.in_(billed))

    async def change(self, caller: Caller, number: int, wish: KeyWish) -> Key:
        """Another name, other terms, another end; role and text stay. Raises KeyNotFound, and what `create` raises."""
        account = _may_make_keys(caller)
        async with self._database.read() as connection:
            _own(account, await _find(connection, _tokens.c.id == number), number)
        terms, networks, now = await self._checked(caller, account, wish), networks_of(wish.networks), self._clock.now()
        async with self._database.write() as connection:
            await bound_token(connection, number, wish.expires_at, networks)
            await connection.execute(update(_tokens).where(_tokens.c.id == number).values(name=_name(wish.name)))
            mine = _terms.c.token_id == number
            await connection.execute(update(_terms).where(mine).values(row_of_terms(terms)))
            await record(connection, now, caller, "key.change", f"keys/{number}", **row_of_terms(terms))
            changed = (await _find(connection, _tokens.c.id == number))[0]
        self._terms.forget()
        return changed

    async def renew(self, caller: Caller, number: int, *, at_once: bool = False) -> tuple[Key, str]:
        """
        Another text for the same key: terms, budget and usage go on. The one before works for another day, so that programs
        can be given the new one; `at_once`: for nothing any more, as when it has become known. Raises KeyNotFound.
        """
        account, now, text = _may_make_keys(caller), self._clock.now(), new_token()
        async with self._database.write() as connection:
            _own(account, await _find(connection, _tokens.c.id == number), number)
            await renew_token(connection, number, text, None if at_once else now + FORMER_WORKS)
            await record(connection, now, caller, "key.renew", f"keys/{number}", at_once=at_once)
            return (await _find(connection, _tokens.c.id == number))[0], text

    async def revoke(self, caller: Caller, number: int) -> None:
        """It is worthless within seconds. Also for who administers the organisation that is billed. Raises KeyNotFound."""
        account, now = _may_make_keys(caller), self._clock.now()
        async with self._database.write() as connection:
            found = await _find(connection, _tokens.c.id == number)
            billed = found[0].terms.payer_id if found else None
            if not found or not (found[0].owner_id == account.id or (billed and caller.may_administer(billed))):
                raise KeyNotFound(number)
            await connection.execute(update(_tokens).where(_tokens.c.id == number).values(revoked_at=now))
            await record(connection, now, caller, "key.revoke", f"keys/{number}")
        self._terms.forget()

    async def _checked(self, caller: Caller, account: Account, wish: KeyWish) -> KeyTerms:
        terms = wish.terms
        payer = account.id if terms.payer_id is None else terms.payer_id
        if payer != account.id and payer not in caller.organisations:
            raise NotAllowed("A key can be billed to its owner, or to an organisation whose member the owner is.")
        if terms.use_id is not None:
            await self._check_use(terms.use_id)
        if terms.budget is not None:
            terms.budget.checked()
        if wish.expires_at is not None and wish.expires_at <= self._clock.now():
            raise InvalidKey(f"The end {wish.expires_at.isoformat()} has passed.", hint="Give one in the future, or none.")
        models = checked_models(terms.models)
        return replace(terms, payer_id=payer, models=models)


def _may_make_keys(caller: Caller) -> Account:
    """Raises NotAllowed for who comes by a key: otherwise a key with a budget could make one without."""
    if caller.account is None or caller.token is None or caller.token.is_key or caller.token.role < Role.WRITE:
        raise NotAllowed("Keys are made and changed by a token of role write.", hint="Sign in, or use another token.")
    return caller.account


def _own(account: Account, found: Sequence[Key], number: int) -> None:
    if not found or found[0].owner_id != account.id:
        raise KeyNotFound(number)


def _name(text: str) -> str:
    name = text.strip()
    if not 0 < len(name) <= MAX_NAME:
        raise InvalidKey(f"A key needs a name of 1 to {MAX_NAME} characters; {len(name)} were given.")
    if not name.isprintable():
        raise InvalidKey(f"The name {name!r} holds characters that cannot be seen; a key is told from others by its name.")
    return name


async def _find(connection: Connection, condition: ColumnElement[bool]) -> list[Key]:
    """Keys that were not revoked, the newest first."""
    query = (
        select(
            _tokens.c.id, _tokens.c.name, _tokens.c.role, _tokens.c.expires_at, _tokens.c.networks, _tokens.c.is_key,
            _tokens.c.grants, _tokens.c.account_id, *(column for column in _terms.c if column.name != "token_id"),
        )
        .join(_terms, _terms.c.token_id == _tokens.c.id)
        .where(condition, _tokens.c.revoked_at.is_(None))
        .order_by(_tokens.c.id.desc())
    )  # fmt: skip
    rows = (await connection.execute(query)).all()
    names = await account_names(connection, {row.account_id for row in rows} | {row.payer_id for row in rows})
    return [_key(row, names) for row in rows]


def _key(row: Any, names: dict[int, str]) -> Key:
    owner, payer = names.get(row.account_id, ""), names.get(row.payer_id, "")
    return Key(token_info(row), terms_of_row(row), row.account_id, owner, payer, row.created_at)
