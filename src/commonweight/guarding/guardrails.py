"""Who decided which guardrails, and which of them concern a request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import func, insert, select, update

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.db.tables import guarding as tables
from commonweight.guarding.checking import NewGuardrail, checked
from commonweight.guarding.errors import GuardrailNotFound, InvalidGuardrail, MayNotGuard
from commonweight.guarding.guard import Guard, guard_of
from commonweight.guarding.values import Action, Guardrail, Scope, Side, Wanted
from commonweight.identity import Caller, Identity, Role, account_names, record
from commonweight.remembering import Remembered

HELD_S: Final = 2.0  # a decision made or ended elsewhere reaches a running process after this
MOST: Final = 200  # in force at once: each is looked at for every request

_table = tables.guardrails
_Key = tuple[int, ...]


class Guardrails:
    """Guardrails in the database, those in force also in memory for some seconds."""

    def __init__(self, database: Database, identity: Identity, clock: Clock) -> None:
        self._database = database
        self._identity = identity
        self._clock = clock
        self._in_force: Remembered[None, tuple[Guardrail, ...]] = Remembered(HELD_S, 1)
        self._guards: dict[_Key, Guard] = {}

    def idle(self) -> bool:
        """Whether it is known that no guardrail is in force, without a look into the database."""
        return self._in_force.fresh(None) == ()

    async def any(self) -> bool:
        """Whether there is a guardrail in force at all; from memory, where it is fresh."""
        return bool(await self._in_force.get(None, self._look))

    async def guard(self, caller: Caller, *models: str) -> Guard | None:
        """
        What looks at a request of this caller to a model that goes by these names; None where nothing does.

        Raises GuardNotInstalled: then nothing may go through.
        """
        guardrails = await self._in_force.get(None, self._look)
        ids = frozenset(([caller.account.id] if caller.account else []) + list(caller.organisations))
        token, names = caller.token.id if caller.token else 0, frozenset(models)
        found = [one for one in guardrails if one.concerns(ids, token, names)]
        return self._guard(found) if found else None

    def _guard(self, guardrails: Sequence[Guardrail]) -> Guard:
        """Made once for those that hold together: a decision never changes."""
        key = tuple(one.id for one in guardrails)
        if key not in self._guards:
            if len(self._guards) > MOST:
                self._guards.clear()
            self._guards[key] = guard_of(guardrails)
        return self._guards[key]

    async def _look(self) -> tuple[Guardrail, ...]:
        return tuple(await self._find(_table.c.ended_at.is_(None)))

    async def of(self, caller: Caller) -> list[Guardrail]:
        """All that were ever decided and that the caller may decide about, the newest first. Raises MayNotGuard."""
        if caller.is_admin:
            return await self._find(_table.c.id > 0)
        accounts = _administered(caller)
        if not accounts:
            raise _may_not()
        return await self._find(_table.c.account_id.in_(accounts))

    async def decide(self, caller: Caller, new: NewGuardrail) -> Guardrail:
        """
        From now on this is looked for.

        Raises MayNotGuard, AccountMissing, or InvalidGuardrail, also where the extra that it needs is missing.
        """
        whom = await self._whom(caller, checked(new))
        now = self._clock.now()
        row: dict[str, Any] = {"name": new.name.strip(), "reason": new.reason.strip(), "scope": new.scope.value, **whom}
        row |= {"side": new.side.value, "action": new.action.value, "wanted": new.wanted.document()}
        row |= {"decided_by": caller.account.id if caller.account else 0, "decided_at": now}
        async with self._database.write() as connection:
            holding = await connection.execute(select(func.count()).where(_table.c.ended_at.is_(None)))
            if holding.scalar_one() >= MOST:
                raise InvalidGuardrail(f"{MOST} guardrails are in force, which is as many as there may be; end one first.")
            inserted = await connection.execute(insert(_table).values(**row).returning(_table.c.id))
            number: int = inserted.scalar_one()
            detail = {"guardrail": number, "scope": new.scope.value, "does": new.action.value}
            await record(connection, now, caller, "guardrail.decide", whom["subject"] or "installation", **detail)
        self._in_force.forget()
        return await self.get(number)

    async def end(self, caller: Caller, number: int) -> Guardrail:
        """Nothing is looked for by it any more. Raises GuardrailNotFound, also where the caller may not know of it."""
        guardrail = await self.get(number)
        if not _may_decide(caller, guardrail.account_id):
            raise GuardrailNotFound(f"There is no guardrail {number}.")
        now = self._clock.now()
        async with self._database.write() as connection:
            holding = (_table.c.id == number) & _table.c.ended_at.is_(None)
            by = caller.account.id if caller.account else 0
            ended = await connection.execute(update(_table).where(holding).values(ended_by=by, ended_at=now))
            if ended.rowcount:
                await record(connection, now, caller, "guardrail.end", guardrail.subject or "installation", guardrail=number)
        self._in_force.forget()
        return await self.get(number)

    async def get(self, number: int) -> Guardrail:
        """Raises GuardrailNotFound."""
        found = await self._find(_table.c.id == number)
        if not found:
            raise GuardrailNotFound(f"There is no guardrail {number}.")
        return found[0]

    async def _whom(self, caller: Caller, new: NewGuardrail) -> dict[str, Any]:
        """For whom it is, as columns. Raises MayNotGuard."""
        account_id, token_id, subject = None, None, new.model if new.scope is Scope.MODEL else ""
        if new.scope in (Scope.ACCOUNT, Scope.KEY):
            name = new.account or (caller.account.name if caller.account else "")
            account = await self._identity.account(name)
            account_id, subject = account.id, account.name
            if new.scope is Scope.KEY:
                token_id, subject = new.key, str(new.key)
        if not _may_decide(caller, account_id):
            raise _may_not()
        if new.scope is Scope.KEY and new.key not in [one.id for one in await self._identity.tokens_of(account)]:
            raise InvalidGuardrail(f"{account.name} has no key {new.key}.", hint="`commonweight keys list` shows them.")
        return {"account_id": account_id, "token_id": token_id, "subject": subject}

    async def _find(self, condition: Any) -> list[Guardrail]:
        async with self._database.read() as connection:
            rows = (await connection.execute(select(_table).where(condition).order_by(_table.c.id.desc()))).all()
            ids = {row.decided_by for row in rows} | {row.ended_by for row in rows if row.ended_by is not None}
            names = await account_names(connection, ids) if ids else {}
        return [_guardrail(row, names) for row in rows]


def _guardrail(row: Any, names: dict[int, str]) -> Guardrail:
    return Guardrail(
        id=row.id,
        name=row.name,
        scope=Scope(row.scope),
        subject=row.subject,
        side=Side(row.side),
        action=Action(row.action),
        wanted=Wanted.of(row.wanted),
        reason=row.reason,
        decided_by=names.get(row.decided_by, ""),
        decided_at=row.decided_at,
        account_id=row.account_id,
        token_id=row.token_id,
        ended_by=names.get(row.ended_by, "") if row.ended_by is not None else "",
        ended_at=row.ended_at,
    )


def _administered(caller: Caller) -> list[int]:
    """The accounts that the caller administers, by a token with that right."""
    if caller.account is None or caller.token is None or caller.token.role < Role.ADMIN:
        return []
    return [number for number in caller.namespaces if caller.may_manage(number)]


def _may_decide(caller: Caller, account_id: int | None) -> bool:
    return caller.is_admin or (account_id is not None and account_id in _administered(caller))


def _may_not() -> MayNotGuard:
    hint = "Use a token of the role admin: the account's own, or of an administrator of it; beyond it, of this server."
    return MayNotGuard("You may not decide about this guardrail.", hint=hint)
