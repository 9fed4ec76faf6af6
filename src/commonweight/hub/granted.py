"""Who has been let in by gated repositories. The query alone: what leads to it is in `gating`."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, and_, exists, false, select

from commonweight.db import Connection
from commonweight.db.tables import gates as tables
from commonweight.db.tables import hub as hub_tables
from commonweight.hub.values import Repository
from commonweight.identity import Caller, Right

ACCEPTED = "accepted"
IDS_AT_ONCE = 500  # bound parameters of one statement; SQLite allows some thousands

_requests = tables.access_requests.c
_repositories = hub_tables.repositories.c


def is_granted(account_id: int | None) -> ColumnElement[bool]:
    """Of a query over repositories: whether this one is public and has let the account in."""
    if account_id is None:
        return false()
    theirs = and_(_requests.repository_id == _repositories.id, _requests.account_id == account_id)
    return and_(_repositories.visibility == "public", exists().where(theirs, _requests.status == ACCEPTED))


def is_fine_grained(caller: Caller) -> bool:
    """Then it is for what it names alone, and names only what belongs to its holder: no gate of others lets it in."""
    return caller.token is not None and caller.token.grants is not None


async def granted(connection: Connection, caller: Caller, ids: Collection[int]) -> set[int]:
    """Those of these repositories that have let the caller in, by number."""
    found: set[int] = set()
    if caller.account is None or is_fine_grained(caller):
        return found
    wanted, theirs = sorted(ids), and_(_requests.account_id == caller.account.id, _requests.status == ACCEPTED)
    for start in range(0, len(wanted), IDS_AT_ONCE):
        some = _requests.repository_id.in_(wanted[start : start + IDS_AT_ONCE])
        found |= set(await connection.scalars(select(_requests.repository_id).where(theirs, some)))
    return found


def gated_for(caller: Caller, repositories: Iterable[Repository | None]) -> set[int]:
    """Those for which the caller needs to have been let in."""
    return {
        one.id
        for one in repositories
        if one is not None and one.gated and not one.is_private and not caller.may_with(Right.READ, one)
    }
