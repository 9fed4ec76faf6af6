"""
What an administrator of the installation found an account to be: the licensor of a licence, so that its plans can permit; or
of the house, so that what is permitted to it is permitted to the installation's own organisation. Ended, never deleted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, insert, select, true, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import offering as tables
from commonweight.errors import NotAllowed, NotFound
from commonweight.identity import Caller, Identity, account_names, record
from commonweight.jobs import enqueue
from commonweight.plans.errors import InvalidPlan
from commonweight.rights import Records

LICENSOR: Final = "licensor"
HOUSE: Final = "house"
RECONCILE: Final = "subscription_permissions"  # the job that looks at what every subscription permits
MAX_REASON: Final = 2_000  # characters

_rows = tables.standings_of_accounts


class StandingNotFound(NotFound):
    code = "standing_not_found"


@dataclass(frozen=True)
class AccountStanding:
    id: int
    account_id: int
    account: str
    standing: str  # licensor | house
    licence: str  # of a licensor: the key or any name of the text
    reason: str
    at: datetime
    by: str
    ended_at: datetime | None = None
    end_reason: str = ""


class AccountStandings:
    """In the database."""

    def __init__(self, database: Database, identity: Identity, clock: Clock, records: Records | None = None) -> None:
        """`records`: what a licence has to be one of; without them any word will do."""
        self._database = database
        self._identity = identity
        self._clock = clock
        self._records = records

    async def list(self, caller: Caller, *, ended: bool = False) -> list[AccountStanding]:
        """Newest first, for accounts. Raises NotAllowed."""
        if caller.is_anonymous:
            raise NotAllowed("Who speaks as a licensor here is told to accounts.", hint="Sign in, or send a token.")
        async with self._database.read() as connection:
            return await _find(connection, true() if ended else _rows.c.ended_at.is_(None))

    async def find(self, caller: Caller, account: str, standing: str, reason: str, licence: str = "") -> AccountStanding:
        """Record one (administrators of the installation). Raises NotAllowed, InvalidPlan, AccountMissing."""
        check_admin(caller)
        if standing not in (LICENSOR, HOUSE) or (standing == LICENSOR) != bool(licence):
            raise InvalidPlan("A standing is licensor, with a licence, or house, without one.")
        if licence and self._records is not None and not self._records.named(licence):
            raise InvalidPlan(f"No record here goes by {licence!r:.100}.", hint="/docs/licences lists the licences.")
        if not reason.strip() or len(reason) > MAX_REASON:
            raise InvalidPlan(f"A reason of 1 to {MAX_REASON:,} characters is needed: what shows that this is so?")
        owner, now = await self._identity.account(account), self._clock.now()
        row = {
            "account_id": owner.id,
            "standing": standing,
            "licence": licence,
            "reason": reason,
            "at": now,
            "by": _by(caller),
        }
        async with self._database.write() as connection:
            number = await connection.scalar(insert(_rows).values(row).returning(_rows.c.id))
            await record(
                connection, now, caller, "account.standing", f"accounts/{owner.id}", standing=standing, licence=licence
            )
            await enqueue(connection, now, RECONCILE, {})
            return (await _find(connection, _rows.c.id == number))[0]

    async def end(self, caller: Caller, number: int, reason: str) -> AccountStanding:
        """What it permitted ends with it. Raises NotAllowed, StandingNotFound."""
        check_admin(caller)
        now = self._clock.now()
        async with self._database.write() as connection:
            mine = (_rows.c.id == number) & _rows.c.ended_at.is_(None)
            ended = {"ended_at": now, "ended_by": _by(caller), "end_reason": reason[:MAX_REASON]}
            if (await connection.execute(update(_rows).where(mine).values(ended))).rowcount == 0:
                raise StandingNotFound(f"There is no standing {number} in force.")
            await record(connection, now, caller, "account.standing_end", f"standings/{number}", reason=reason[:MAX_REASON])
            await enqueue(connection, now, RECONCILE, {})
            return (await _find(connection, _rows.c.id == number))[0]


async def licences_of(connection: Connection, account_id: int) -> list[str]:
    """The licences of which an account is the licensor, as they were recorded."""
    mine = (_rows.c.account_id == account_id) & (_rows.c.standing == LICENSOR) & _rows.c.ended_at.is_(None)
    return list((await connection.scalars(select(_rows.c.licence).where(mine))).all())


async def of_the_house(connection: Connection, account_ids: Collection[int]) -> bool:
    """Whether one of these accounts belongs to the organisation that runs the installation."""
    mine = _rows.c.account_id.in_(account_ids) & (_rows.c.standing == HOUSE) & _rows.c.ended_at.is_(None)
    return await connection.scalar(select(_rows.c.id).where(mine).limit(1)) is not None


def check_admin(caller: Caller) -> None:
    """Raises NotAllowed."""
    if not caller.is_admin:
        raise NotAllowed(
            "Who is a licensor, and who is of the house, is found by an administrator of this installation only.",
            hint="Sign in with an administrator's token that has the role admin.",
        )


async def _find(connection: Connection, condition: ColumnElement[bool]) -> list[AccountStanding]:
    rows = (await connection.execute(select(_rows).where(condition).order_by(_rows.c.id.desc()))).all()
    names = await account_names(connection, {row.account_id for row in rows} | {row.by for row in rows if row.by})
    return [_standing(row, names) for row in rows]


def _standing(row: Any, names: dict[int, str]) -> AccountStanding:
    return AccountStanding(
        id=row.id,
        account_id=row.account_id,
        account=names.get(row.account_id, ""),
        standing=row.standing,
        licence=row.licence,
        reason=row.reason,
        at=row.at,
        by=names.get(row.by, ""),
        ended_at=row.ended_at,
        end_reason=row.end_reason,
    )


def _by(caller: Caller) -> int | None:
    return caller.account.id if caller.account else None
