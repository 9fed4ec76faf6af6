"""
What people decided, and what is held from licensors: who recorded it, why, for how long. Nothing is changed or deleted; what
is different is ended and recorded anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import policy as tables
from commonweight.errors import NotAllowed
from commonweight.identity import Caller
from commonweight.policy import people
from commonweight.policy.asking import HeldPermission, PersonsDecision
from commonweight.policy.edits import (
    DecisionEdit,
    PermissionGrant,
    as_decision,
    as_permission,
    check_days,
    check_lengths,
    check_words,
)
from commonweight.policy.errors import InvalidUse, RecordNotFound, UseNotFound
from commonweight.policy.facts import checked_record
from commonweight.policy.given import given_decisions, given_permissions
from commonweight.policy.holders import ensure_holder
from commonweight.policy.library import Library
from commonweight.policy.recording import Recorder
from commonweight.policy.revising import Touched
from commonweight.policy.values import OWN

NOTHING: Final = Touched(0, 0)  # a cause that is none: nothing was changed

_permissions, _decisions = tables.permissions, tables.decisions


class Decisions:
    """Records in the database."""

    def __init__(self, database: Database, library: Library, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._clock = clock

    # Reading

    async def permissions(self, *, ended: bool = False) -> list[HeldPermission]:
        """Those that are recorded; with `ended` also those that were ended. Newest first."""
        condition = _permissions.c.id.is_not(None) if ended else _permissions.c.ended_at.is_(None)
        async with self._database.read() as connection:
            return (await people.permissions(connection, condition))[::-1]

    async def list(self, *, ended: bool = False) -> list[PersonsDecision]:
        """As `permissions`, of exceptions and readings."""
        condition = _decisions.c.id.is_not(None) if ended else _decisions.c.ended_at.is_(None)
        async with self._database.read() as connection:
            return (await people.decisions(connection, condition))[::-1]

    def check_may_decide(self, caller: Caller) -> None:
        """Raises NotAllowed for anybody but an administrator of the installation."""
        if not caller.is_admin:
            raise NotAllowed(
                "Decisions and permissions are recorded by an administrator of this installation only.",
                hint="Sign in with an administrator's token that has the role admin.",
            )

    # What would be recorded

    def planned_permission(self, grant: PermissionGrant) -> HeldPermission:
        """A permission as it would be recorded, without being so. Raises InvalidUse."""
        check_lengths(grant.name, grant.licence, grant.author)
        check_words(grant.source)
        return given_permissions([as_permission(grant, None)], self._clock)[0]

    def planned(self, edit: DecisionEdit, model: str | None) -> PersonsDecision:
        """As `planned_permission`, of an exception or a reading about a model (root of a lineage). Raises InvalidUse."""
        check_lengths(edit.name, edit.finding, edit.author)
        check_words(edit.reason, edit.source)
        self._check_finding(edit)
        found = given_decisions([as_decision(edit, edit.name or f"{edit.kind}-planned")], self._clock)[0]
        return replace(found, use_id=edit.use_id, model=model, source=edit.source)

    # Permissions

    async def grant(self, caller: Caller, grant: PermissionGrant) -> tuple[HeldPermission, Touched]:
        """See `Policy.grant_permission`."""
        check_lengths(grant.name, grant.licence, grant.author, grant.outside_id or "")
        check_words(grant.source)
        recorder = Recorder(self._library, caller, self._clock.now())
        async with self._database.write() as connection:
            row = {"updated_at": recorder.now, "updated_by": None}
            await ensure_holder(connection, grant.organisation, row)
            organisation_id = await _organisation_id(connection, grant.organisation)
            there = await _of_outside(connection, organisation_id, grant.outside_id)
            given = checked_record("permissions", as_permission(grant, there), self._clock)
            if there is not None and there.to_question() == given:
                return there, NOTHING
            ended = None
            if there is not None:
                ended = await recorder.end_permissions(connection, organisation_id, [there], "replaced by another")
            number, added = await recorder.add_permission(connection, organisation_id, given, grant.outside_id)
        return await self._permission(number), ended.with_all([added]) if ended else added

    async def end_permission(self, caller: Caller, permission: int | str, reason: str) -> Touched:
        """See `Policy.end_permission`."""
        check_words(reason)
        key = _permissions.c.id if isinstance(permission, int) else _permissions.c.outside_id
        recorder = Recorder(self._library, caller, self._clock.now())
        async with self._database.write() as connection:
            found = await people.permissions(connection, (key == permission) & _permissions.c.ended_at.is_(None))
            if not found:
                raise RecordNotFound("permission", permission)
            organisation_id = await _organisation_id(connection, found[0].organisation)
            return await recorder.end_permissions(connection, organisation_id, found, reason)

    async def _permission(self, number: int) -> HeldPermission:
        async with self._database.read() as connection:
            return (await people.permissions(connection, _permissions.c.id == number))[0]

    # Exceptions and readings

    async def record(self, caller: Caller, edit: DecisionEdit, model: str | None) -> tuple[PersonsDecision, Touched]:
        """`model` is the id of the root of the lineages that it is about. Raises InvalidUse, NameTaken, UseNotFound."""
        check_lengths(edit.name, edit.finding, edit.author)
        check_words(edit.reason, edit.source)
        self._check_finding(edit)
        recorder = Recorder(self._library, caller, self._clock.now())
        async with self._database.write() as connection:
            organisation_id = await _organisation_id(connection, OWN)
            await _refuse_unknown_use(connection, edit.use_id)
            name = edit.name or await _free_name(connection, _decisions, edit.kind)
            given = checked_record("decisions", as_decision(edit, name), self._clock)
            number, touched = await recorder.add_decision(
                connection, organisation_id, given, edit.use_id, model, edit.source
            )
        async with self._database.read() as connection:
            return (await people.decisions(connection, _decisions.c.id == number))[0], touched

    async def end(self, caller: Caller, decision: int, reason: str) -> Touched:
        """Raises RecordNotFound."""
        check_words(reason)
        recorder = Recorder(self._library, caller, self._clock.now())
        async with self._database.write() as connection:
            mine = (_decisions.c.id == decision) & _decisions.c.ended_at.is_(None)
            found = await people.decisions(connection, mine)
            if not found:
                raise RecordNotFound("decision", decision)
            organisation_id = await _organisation_id(connection, found[0].organisation)
            return await recorder.end_decisions(connection, organisation_id, found, reason)

    def _check_finding(self, edit: DecisionEdit) -> None:
        check_days(edit)
        self._check_choice(edit)

    def _check_choice(self, edit: DecisionEdit) -> None:
        """A reading must be one of those that the record has: no verdict could be given with another. Raises InvalidUse."""
        licence, mark, local = edit.finding.partition("#")
        if not mark or not local:
            raise InvalidUse(
                f"The finding {edit.finding!r} is no id of a clause; expected licence#id, such as llama-2#mau700.",
                hint="Copy it from the clause in a verdict.",
            )
        terms = self._library.records.get(licence)
        if edit.kind != "reading" or terms is None:
            return
        readings = {one.id: [reading.id for reading in one.readings] for one in terms.ambiguities}
        if edit.choose not in readings.get(local, [edit.choose]):
            raise InvalidUse(
                f"{edit.choose!r} is no reading of {edit.finding}; expected one of {', '.join(readings[local])}."
            )


async def _refuse_unknown_use(connection: Connection, use_id: int | None) -> None:
    uses = tables.uses.c
    if use_id is None:
        return
    if await connection.scalar(select(uses.id).where(uses.id == use_id, uses.ended_at.is_(None))) is None:
        raise UseNotFound(use_id)


async def _free_name(connection: Connection, table: Any, kind: str) -> str:
    """`exception-7`: a name that no record in force has."""
    number = int(await connection.scalar(select(table.c.id).order_by(table.c.id.desc()).limit(1)) or 0) + 1
    return f"{kind}-{number}"


async def _organisation_id(connection: Connection, key: str) -> int:
    organisations = tables.organisations
    found = await connection.scalar(select(organisations.c.id).where(organisations.c.key == key))
    if found is None:
        raise UseNotFound(f"of the organisation {key}")
    return int(found)


async def _of_outside(connection: Connection, organisation_id: int, outside_id: str | None) -> HeldPermission | None:
    if outside_id is None:
        return None
    mine = (_permissions.c.organisation_id == organisation_id) & (_permissions.c.outside_id == outside_id)
    found = await people.permissions(connection, mine & _permissions.c.ended_at.is_(None))
    return found[0] if found else None
