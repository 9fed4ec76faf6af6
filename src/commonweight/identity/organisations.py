"""Organisations: who made them, who belongs to them as what, and what was changed by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, select, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database, upsert
from commonweight.db.tables import identity as tables
from commonweight.errors import Conflict, InvalidInput, NotAllowed, NotFound
from commonweight.identity.audit import account_names, record
from commonweight.identity.callers import Account, Caller, Role
from commonweight.identity.identity import Identity, account_of, check_visibility
from commonweight.identity.roles import MemberRole, Right

MAX_FULLNAME: Final = 200  # characters; the width of its column
MAX_DETAILS: Final = 2_000  # characters: a paragraph, and not a page
MAX_LISTED: Final = 500  # organisations or members of one answer
MAX_HISTORY: Final = 50  # changes that a page shows

_accounts, _memberships = tables.accounts, tables.memberships


class MayNotManage(NotAllowed):
    code = "may_not_manage"


class NoMember(NotFound):
    code = "no_member"


class LastAdmin(Conflict):
    """Somebody has to be able to add members again."""

    code = "last_admin"


@dataclass(frozen=True)
class Member:
    account: Account
    role: MemberRole


@dataclass(frozen=True)
class Changed:
    """One line of what was done to an organisation. `detail`: what it became."""

    at: datetime
    by: str
    action: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class OrganisationEdit:
    """What can be changed of one; None leaves it as it is."""

    fullname: str | None = None
    details: str | None = None
    default_visibility: str | None = None

    def columns(self) -> dict[str, str]:
        """Raises InvalidInput."""
        if self.fullname is not None and len(self.fullname) > MAX_FULLNAME:
            raise InvalidInput(f"The name for people has {len(self.fullname)} characters; it may have {MAX_FULLNAME}.")
        if self.details is not None and len(self.details) > MAX_DETAILS:
            raise InvalidInput(f"The description has {len(self.details)} characters; it may have {MAX_DETAILS}.")
        if self.default_visibility is not None:
            check_visibility(self.default_visibility)
        named = {"fullname": self.fullname, "details": self.details, "default_visibility": self.default_visibility}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True)
class Organisations:
    """`people_make`: whether everybody with an account may make one, or administrators of the installation alone."""

    database: Database
    identity: Identity
    clock: Clock
    people_make: bool = True

    def may_make(self, caller: Caller) -> bool:
        return _may_act(caller) and (self.people_make or caller.is_admin)

    async def create(self, caller: Caller, name: str, edit: OrganisationEdit) -> Account:
        """Its maker is its first admin. Raises MayNotManage, InvalidName, AlreadyExists, InvalidInput."""
        if caller.account is None or not self.may_make(caller):
            hint = "Ask an administrator of this installation." if not self.people_make else _TOKEN_HINT
            raise MayNotManage("You may not make organisations.", hint=hint)
        columns = edit.columns()
        async with self.database.write() as connection:
            number = await self.identity.insert_organisation(connection, name, columns)
            row = {"organisation_id": number, "account_id": caller.account.id, "role": MemberRole.ADMIN.word}
            await upsert(connection, _memberships, row, keys=["organisation_id", "account_id"])
            await record(connection, self.clock.now(), caller, "organisation.create", _subject(name), **columns)
        self.identity.forget()
        return await self.identity.account(name)

    async def get(self, name: str) -> Account:
        """Raises AccountMissing, NotFound for a person."""
        found = await self.identity.account(name)
        if found.kind != "organisation":
            raise NotFound(f"{found.name} is a person and no organisation.")
        return found

    async def listed(self, caller: Caller, *, mine: bool = False) -> list[tuple[Account, MemberRole | None]]:
        """By name, with the caller's role in each. All are known to everybody, as their repositories' names are."""
        query = select(_accounts).where(_accounts.c.kind == "organisation").order_by(_accounts.c.name_lower)
        if mine:
            query = query.where(_accounts.c.id.in_(list(caller.organisations)))
        async with self.database.read() as connection:
            rows = (await connection.execute(query.limit(MAX_LISTED))).all()
        held = {number: role for number, (_account, role) in caller.organisations.items()}
        return [(account_of(row), held.get(row.id)) for row in rows]

    async def members(self, caller: Caller, organisation: Account, after: int = 0) -> list[Member]:
        """
        Admins first, then by name; `after` skips that many. For whoever has an account here. Raises MayNotManage.
        """
        if caller.is_anonymous:
            raise MayNotManage("Who belongs to an organisation is told to those with an account.", hint="Sign in.")
        query = (
            select(_accounts, _memberships.c.role)
            .join(_memberships, _memberships.c.account_id == _accounts.c.id)
            .where(_memberships.c.organisation_id == organisation.id)
            .order_by((_memberships.c.role == MemberRole.ADMIN.word).desc(), _accounts.c.name_lower)
        )
        async with self.database.read() as connection:
            rows = (await connection.execute(query.limit(MAX_LISTED).offset(after))).all()
        return [Member(account_of(row), MemberRole[row.role.upper()]) for row in rows]

    async def set_member(self, caller: Caller, organisation: Account, name: str, role: MemberRole) -> Member:
        """Add somebody, or give a member another role. Raises MayNotManage, AccountMissing, InvalidInput, LastAdmin."""
        _check_manages(caller, organisation)
        account = await self.identity.account(name)
        if account.kind != "user":
            raise InvalidInput(f"{account.name} is an organisation; members are people.")
        async with self.database.write() as connection:
            await _lock(connection, organisation)
            had = await _role_of(connection, organisation, account)
            if had is MemberRole.ADMIN and role is not MemberRole.ADMIN:
                await _check_another_admin(connection, organisation, account)
            row = {"organisation_id": organisation.id, "account_id": account.id, "role": role.word}
            await upsert(connection, _memberships, row, keys=["organisation_id", "account_id"])
            detail = {"member": account.name, "role": role.word, "had": had.word if had else ""}
            now = self.clock.now()
            await record(connection, now, caller, "organisation.member", _subject(organisation.name), **detail)
        self.identity.forget()
        return Member(account, role)

    async def remove(self, caller: Caller, organisation: Account, name: str) -> None:
        """
        From the next request on, whoever it was is a stranger. Members may leave by themselves.

        Raises MayNotManage, AccountMissing, NoMember, LastAdmin.
        """
        account = await self.identity.account(name)
        leaves = caller.account is not None and caller.account.id == account.id and _may_act(caller)
        if not leaves:
            _check_manages(caller, organisation)
        async with self.database.write() as connection:
            await _lock(connection, organisation)
            had = await _role_of(connection, organisation, account)
            if had is None:
                raise NoMember(f"{account.name} is no member of {organisation.name}.")
            if had is MemberRole.ADMIN:
                await _check_another_admin(connection, organisation, account)
            of_both = _memberships.c.organisation_id == organisation.id, _memberships.c.account_id == account.id
            await connection.execute(delete(_memberships).where(*of_both))
            action = "organisation.leave" if leaves else "organisation.remove"
            detail = {"member": account.name, "had": had.word}
            await record(connection, self.clock.now(), caller, action, _subject(organisation.name), **detail)
        self.identity.forget()

    async def change(self, caller: Caller, organisation: Account, edit: OrganisationEdit) -> Account:
        """Raises MayNotManage, InvalidInput."""
        _check_manages(caller, organisation)
        columns = edit.columns()
        if columns:
            async with self.database.write() as connection:
                await connection.execute(update(_accounts).where(_accounts.c.id == organisation.id).values(**columns))
                now = self.clock.now()
                await record(connection, now, caller, "organisation.update", _subject(organisation.name), **columns)
            self.identity.forget()
        return await self.identity.account(organisation.name)

    async def history(self, caller: Caller, organisation: Account) -> list[Changed]:
        """The newest changes first. Raises MayNotManage."""
        _check_manages(caller, organisation)
        audit = tables.audit
        query = select(audit).where(audit.c.subject == _subject(organisation.name)).order_by(audit.c.id.desc())
        async with self.database.read() as connection:
            rows = (await connection.execute(query.limit(MAX_HISTORY))).all()
            names = await account_names(connection, {row.account_id for row in rows if row.account_id is not None})
        return [Changed(row.at, names.get(row.account_id, ""), row.action, dict(row.detail)) for row in rows]


_TOKEN_HINT: Final = "Sign in, or use a token with the role write that is no key."


def _may_act(caller: Caller) -> bool:
    """By a token that stands for its holder: not by a key for programs, nor by one for chosen things."""
    token = caller.token
    return token is not None and token.role >= Role.WRITE and not token.is_key and token.grants is None


def may_manage(caller: Caller, organisation: Account) -> bool:
    """Whether the caller may say who belongs to an organisation, and change its settings."""
    return _may_act(caller) and caller.may(Right.MANAGE, organisation.id)


def _check_manages(caller: Caller, organisation: Account) -> None:
    if not may_manage(caller, organisation):
        raise MayNotManage(f"Only admins of {organisation.name} may do this.", hint=_TOKEN_HINT)


def _subject(name: str) -> str:
    return f"organisations/{name}"


async def _lock(connection: Connection, organisation: Account) -> None:
    """Two who take each other's place at once wait for each other."""
    await connection.execute(select(_accounts.c.id).where(_accounts.c.id == organisation.id).with_for_update())


async def _role_of(connection: Connection, organisation: Account, account: Account) -> MemberRole | None:
    of_both = _memberships.c.organisation_id == organisation.id, _memberships.c.account_id == account.id
    word = await connection.scalar(select(_memberships.c.role).where(*of_both))
    return MemberRole[word.upper()] if word else None


async def _check_another_admin(connection: Connection, organisation: Account, but: Account) -> None:
    """Raises LastAdmin."""
    others = (
        _memberships.c.organisation_id == organisation.id,
        _memberships.c.role == MemberRole.ADMIN.word,
        _memberships.c.account_id != but.id,
    )
    if not await connection.scalar(select(func.count()).select_from(_memberships).where(*others)):
        raise LastAdmin(f"{but.name} is the last admin of {organisation.name}.", hint="Make somebody else an admin first.")
