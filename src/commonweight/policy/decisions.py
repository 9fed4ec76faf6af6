"""
What people decided, and what is held from licensors: who recorded it, why, for how long. Nothing is changed or deleted; what
is different is ended and recorded anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import policy as tables
from commonweight.errors import NotAllowed
from commonweight.identity import Caller
from commonweight.policy import people
from commonweight.policy.asking import HeldPermission, PersonsDecision
from commonweight.policy.errors import InvalidUse, RecordNotFound, UseNotFound
from commonweight.policy.facts import checked_record
from commonweight.policy.library import Library
from commonweight.policy.recording import Recorder
from commonweight.policy.revising import Touched
from commonweight.policy.values import OWN

MAX_WORDS: Final = 4_000  # characters of a reason or a source; a page
MAX_SHORT: Final = 200  # of a name, an id; the width of its column
NOTHING: Final = Touched(0, 0)  # a cause that is none: nothing was changed

_permissions, _decisions = tables.permissions, tables.decisions


@dataclass(frozen=True)
class PermissionGrant:
    """
    What is held: `kind` is bought, granted or registered; `licence` our key, or any name of the text; `lifts` ids inside the
    record (`mau700`) or `*` (docs/rights-io.md says what is lifted without). `name` is the id that verdicts cite;
    empty: made up. `organisation` is the key of whoever holds it, `outside_id` what the thing is called where it comes from.
    """

    licence: str
    kind: str
    name: str = ""
    lifts: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    author: str = ""
    source: str = ""
    organisation: str = OWN
    outside_id: str | None = None


@dataclass(frozen=True)
class DecisionEdit:
    """
    An exception (`choose` allowed or prohibited) or a reading (`choose` the id of one) on a finding of verdicts
    (`llama-2#mau700`). Scope: acts, the node at which the terms are declared, the model asked about, the use; empty: any.
    """

    kind: str
    finding: str
    choose: str
    author: str
    reason: str
    name: str = ""
    acts: tuple[str, ...] = ()
    node: str = ""
    model: str = ""
    use_id: int | None = None
    since: date | None = None
    expires: date | None = None
    source: str = ""


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

    # Permissions

    async def grant(self, caller: Caller, grant: PermissionGrant) -> tuple[HeldPermission, Touched]:
        """See `Policy.grant_permission`."""
        _check_lengths(grant.name, grant.licence, grant.author, grant.outside_id or "")
        _check_words(grant.source)
        recorder = Recorder(self._library, caller, self._clock.now())
        async with self._database.write() as connection:
            organisation_id = await _organisation_id(connection, grant.organisation)
            there = await _of_outside(connection, organisation_id, grant.outside_id)
            given = checked_record("permissions", _permission(grant, there), self._clock)
            if there is not None and there.to_question() == given:
                return there, NOTHING
            ended = None
            if there is not None:
                ended = await recorder.end_permissions(connection, organisation_id, [there], "replaced by another")
            number, added = await recorder.add_permission(connection, organisation_id, given, grant.outside_id)
        return await self._permission(number), ended.with_all([added]) if ended else added

    async def end_permission(self, caller: Caller, permission: int | str, reason: str) -> Touched:
        """See `Policy.end_permission`."""
        _check_words(reason)
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
        _check_lengths(edit.name, edit.finding, edit.author)
        _check_words(edit.reason, edit.source)
        self._check_finding(edit)
        recorder = Recorder(self._library, caller, self._clock.now())
        async with self._database.write() as connection:
            organisation_id = await _organisation_id(connection, OWN)
            name = edit.name or await _free_name(connection, _decisions, edit.kind)
            given = checked_record("decisions", _decision(edit, name), self._clock)
            number, touched = await recorder.add_decision(
                connection, organisation_id, given, edit.use_id, model, edit.source
            )
        async with self._database.read() as connection:
            return (await people.decisions(connection, _decisions.c.id == number))[0], touched

    async def end(self, caller: Caller, decision: int, reason: str) -> Touched:
        """Raises RecordNotFound."""
        _check_words(reason)
        recorder = Recorder(self._library, caller, self._clock.now())
        async with self._database.write() as connection:
            mine = (_decisions.c.id == decision) & _decisions.c.ended_at.is_(None)
            found = await people.decisions(connection, mine)
            if not found:
                raise RecordNotFound("decision", decision)
            organisation_id = await _organisation_id(connection, found[0].organisation)
            return await recorder.end_decisions(connection, organisation_id, found, reason)

    def _check_finding(self, edit: DecisionEdit) -> None:
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


def _permission(grant: PermissionGrant, there: HeldPermission | None) -> Mapping[str, Any]:
    name = grant.name or (there.name if there is not None else _made_up(grant))
    given = {
        "id": name,
        "licence": grant.licence,
        "kind": grant.kind,
        "lifts": list(grant.lifts),
        "acts": list(grant.acts),
        "since": grant.since,
        "until": grant.until,
        "author": grant.author,
        "source": grant.source,
    }
    return {key: value for key, value in given.items() if value not in (None, "", [])}


def _made_up(grant: PermissionGrant) -> str:
    """A name that says what it is; of another program its own id."""
    since = f"-{grant.since.isoformat()}" if grant.since else ""
    return (grant.outside_id or f"{grant.kind}-{grant.licence}{since}")[:96]


def _decision(edit: DecisionEdit, name: str) -> Mapping[str, Any]:
    scope = {"acts": list(edit.acts), "node": edit.node}
    given = {
        "id": name,
        "kind": edit.kind,
        "finding": edit.finding,
        "choose": edit.choose,
        "scope": {key: value for key, value in scope.items() if value},
        "author": edit.author,
        "reason": edit.reason,
        "since": edit.since,
        "expires": edit.expires,
    }
    return {key: value for key, value in given.items() if value not in (None, "", {})}


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


def _check_lengths(*texts: str) -> None:
    for text in texts:
        if len(text) > MAX_SHORT:
            raise InvalidUse(
                f"{text[:40]!r}... has {len(text)} characters; at most {MAX_SHORT} are kept.", hint="Shorten it."
            )


def _check_words(*texts: str) -> None:
    for text in texts:
        if len(text) > MAX_WORDS:
            raise InvalidUse(f"A text has {len(text)} characters; at most {MAX_WORDS} are kept.", hint="Shorten it.")
