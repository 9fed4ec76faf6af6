"""Who decided that prompts and answers of an account may be kept."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, Final

from sqlalchemy import insert, select, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import retention as tables
from commonweight.errors import InvalidInput
from commonweight.identity import Account, Caller, Role, account_names, record
from commonweight.retention.conversations import forget_conversations
from commonweight.retention.errors import DecisionNotFound, MayNotDecide
from commonweight.retention.kept import forget
from commonweight.retention.values import Decision, Kind, Scope

MAX_DAYS: Final = 3_650  # ten years; longer than any law asks for, and no way of saying "for ever"
MAX_REASON: Final = 2_000  # characters; a paragraph
HELD_S: Final = 2.0  # a decision made or ended elsewhere reaches a running process after this
HELD: Final = 4_096  # accounts; some hundred bytes each

_decisions = tables.retention_decisions


class Decisions:
    """Retention decisions in the database, those in force also in memory for some seconds."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._held: OrderedDict[int, tuple[float, tuple[Decision, ...]]] = OrderedDict()

    async def in_force(self, account_id: int, kind: Kind) -> Decision | None:
        """The decision by which things of this kind are kept for an account, the longest where there are several."""
        held = self._held.get(account_id)
        if held is None or held[0] < time.monotonic():
            condition = (_decisions.c.account_id == account_id) & _decisions.c.ended_at.is_(None)
            held = (time.monotonic() + HELD_S, tuple(await self._find(condition)))
            self._held[account_id] = held
            if len(self._held) > HELD:
                self._held.popitem(last=False)
        covering = [one for one in held[1] if one.scope.covers(kind)]
        return max(covering, key=lambda one: one.days, default=None)

    async def of(self, caller: Caller, account: Account) -> list[Decision]:
        """All that were ever made for an account, the newest first. Raises MayNotDecide."""
        _check(caller, account.id, account.name)
        return await self._find(_decisions.c.account_id == account.id)

    async def known_to(self, caller: Caller) -> list[tuple[str, Decision]]:
        """
        All that the caller may decide about, with the names of the accounts, the newest first: for an administrator of the
        server everything, for others what is about accounts that they administer. Raises MayNotDecide where there are none.
        """
        if caller.is_admin:
            found = await self._find(_decisions.c.id > 0)
        elif accounts := _administered(caller):
            found = await self._find(_decisions.c.account_id.in_(accounts))
        else:
            raise _may_not("anybody")
        async with self._database.read() as connection:
            names = await account_names(connection, {one.account_id for one in found})
        return [(names.get(one.account_id, ""), one) for one in found]

    async def decide(self, caller: Caller, account: Account, scope: Scope, days: int, reason: str) -> Decision:
        """
        From now on prompts and answers of this account may be kept for `days`.

        Raises MayNotDecide, or InvalidInput for days out of range or no reason.
        """
        by = _check(caller, account.id, account.name)
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInput(f"{days} days were given; expected 1 to {MAX_DAYS}.")
        if not reason.strip() or len(reason) > MAX_REASON:
            raise InvalidInput(f"A reason of 1 to {MAX_REASON} characters is needed: why do prompts have to be kept?")
        now = self._clock.now()
        row: dict[str, Any] = {"account_id": account.id, "scope": scope.value, "days": days, "reason": reason.strip()}
        row |= {"decided_by": by, "decided_at": now}
        async with self._database.write() as connection:
            inserted = await connection.execute(insert(_decisions).values(**row).returning(_decisions.c.id))
            decision_id: int = inserted.scalar_one()
            detail: dict[str, Any] = {"decision": decision_id, "scope": scope.value, "days": days}
            await record(connection, now, caller, "retention.decide", account.name, **detail)
        self._held.pop(account.id, None)
        return await self.get(decision_id)

    async def end(self, caller: Caller, decision_id: int) -> Decision:
        """
        Nothing is kept by it any more, and what was kept by it is deleted. A second time changes nothing.

        Raises DecisionNotFound, also where the caller may not know of it.
        """
        decision = await self.get(decision_id)
        try:
            by = _check(caller, decision.account_id, "")
        except MayNotDecide:
            raise DecisionNotFound(f"There is no retention decision {decision_id}.") from None
        now = self._clock.now()
        async with self._database.write() as connection:
            running = (_decisions.c.id == decision_id) & _decisions.c.ended_at.is_(None)
            ended = await connection.execute(update(_decisions).where(running).values(ended_by=by, ended_at=now))
            if ended.rowcount:
                await forget(connection, tables.kept_answers.c.decision_id == decision_id)
                await forget_conversations(connection, tables.kept_conversations.c.decision_id == decision_id)
                await record(connection, now, caller, "retention.end", str(decision.account_id), decision=decision_id)
        await self._database.overwrite_deleted()
        self._held.pop(decision.account_id, None)
        return await self.get(decision_id)

    async def get(self, decision_id: int) -> Decision:
        """Raises DecisionNotFound."""
        found = await self._find(_decisions.c.id == decision_id)
        if not found:
            raise DecisionNotFound(f"There is no retention decision {decision_id}.")
        return found[0]

    async def _find(self, condition: Any) -> list[Decision]:
        async with self._database.read() as connection:
            rows = (await connection.execute(select(_decisions).where(condition).order_by(_decisions.c.id.desc()))).all()
            names = await _names(connection, rows)
        return [_decision(row, names) for row in rows]


async def _names(connection: Connection, rows: Any) -> dict[int, str]:
    ids = {row.decided_by for row in rows} | {row.ended_by for row in rows if row.ended_by is not None}
    return await account_names(connection, ids) if ids else {}


def _decision(row: Any, names: dict[int, str]) -> Decision:
    return Decision(
        id=row.id,
        account_id=row.account_id,
        scope=Scope(row.scope),
        days=row.days,
        reason=row.reason,
        decided_by=names.get(row.decided_by, ""),
        decided_at=row.decided_at,
        ended_by=names.get(row.ended_by, "") if row.ended_by is not None else "",
        ended_at=row.ended_at,
    )


def _check(caller: Caller, account_id: int, name: str) -> int:
    """The number of who decides. Raises MayNotDecide unless they administer the account, by a token with that right."""
    if caller.account is not None and (caller.is_admin or account_id in _administered(caller)):
        return caller.account.id
    raise _may_not(repr(name))


def _administered(caller: Caller) -> list[int]:
    """The accounts that the caller administers, by a token with that right."""
    if caller.account is None or caller.token is None or caller.token.role < Role.ADMIN:
        return []
    return [number for number in caller.namespaces if caller.may_manage(number)]


def _may_not(whose: str) -> MayNotDecide:
    hint = "Use a token of the role admin: the account's own, or of an administrator of it or of this server."
    return MayNotDecide(f"You may not decide what is kept for {whose}.", hint=hint)
