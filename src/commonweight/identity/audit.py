"""The audit trail: who did what, written in the transaction that does it; and who somebody was, by number."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from commonweight.db import Connection
from commonweight.db.tables import identity as tables
from commonweight.identity.callers import Caller


async def record(connection: Connection, at: datetime, caller: Caller, action: str, subject: str, **detail: Any) -> None:
    """Add one line: `record(connection, now, caller, "repository.delete", "models/ada/tiny")`."""
    account_id = caller.account.id if caller.account else None
    row = {"at": at, "account_id": account_id, "action": action, "subject": subject, "detail": detail}
    await connection.execute(insert(tables.audit).values(row))


async def account_names(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """The names of these accounts, by number; those that are gone are left out."""
    accounts = tables.accounts
    rows = await connection.execute(select(accounts.c.id, accounts.c.name).where(accounts.c.id.in_(sorted(ids))))
    return {row.id: row.name for row in rows}
