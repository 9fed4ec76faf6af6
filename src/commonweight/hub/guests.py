"""
Scopes of guests: where somebody who may not write to a repository keeps the large files of his pull requests.

What he sends counts as his until a commit of his names it; then the repository holds it too. So nobody else's bytes, deleted
ones or those of another guest, are reached by knowing their id, and a repository holds nothing that it never had a file of.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import and_, select

from commonweight.db import Connection, insert_ignoring
from commonweight.db.tables import discussions as tables
from commonweight.hub.values import Repository

GUEST_SCOPES: Final = 1 << 40  # scopes beyond are of guests, those below have the numbers of repositories

_guests = tables.guest_scopes


async def guest_scope(connection: Connection, repository: Repository, account_id: int) -> int | None:
    """The scope of one guest of one repository, where he has one."""
    query = select(_guests.c.id).where(_guests.c.repository_id == repository.id, _guests.c.account_id == account_id)
    number = await connection.scalar(query)
    return None if number is None else GUEST_SCOPES + number


async def make_guest_scope(connection: Connection, repository: Repository, account_id: int) -> int:
    """As `guest_scope`; made where it is not there yet."""
    row = {"repository_id": repository.id, "account_id": account_id}
    await insert_ignoring(connection, _guests, [row])
    made = await guest_scope(connection, repository, account_id)
    assert made is not None
    return made


async def guests_repository(connection: Connection, scope: int, account_id: int | None) -> int | None:
    """The number of the repository that a scope of this account is for; None where it is none of his."""
    mine = and_(_guests.c.id == scope - GUEST_SCOPES, _guests.c.account_id == account_id)
    number: int | None = await connection.scalar(select(_guests.c.repository_id).where(mine))
    return number


async def is_guests_own(connection: Connection, scope: int, account_id: int | None) -> bool:
    """Whether a scope is one of this account's as a guest."""
    mine = and_(_guests.c.id == scope - GUEST_SCOPES, _guests.c.account_id == account_id)
    return await connection.scalar(select(_guests.c.id).where(mine)) is not None
