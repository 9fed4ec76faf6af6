"""Record and end what people decided, inside a transaction; marks the verdicts that it touches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select

from commonweight.db import Connection
from commonweight.db.tables import policy as tables
from commonweight.identity import Caller, record
from commonweight.jobs import enqueue
from commonweight.policy import marking, people
from commonweight.policy.asking import HeldPermission, PersonsDecision
from commonweight.policy.errors import NameTaken
from commonweight.policy.library import Library
from commonweight.policy.revising import LOOK, Reach, Touched, revise

_permissions, _decisions = tables.permissions, tables.decisions
_WITHOUT_LICENCE: Final = frozenset({"none", "own"})


@dataclass(frozen=True)
class Recorder:
    """Writes for one caller, at one moment."""

    library: Library
    caller: Caller
    now: datetime

    async def add_permission(
        self, connection: Connection, organisation_id: int, given: Mapping[str, Any], outside_id: str | None = None
    ) -> tuple[int, Touched]:
        """A permission in the form of a question, and its number. Raises NameTaken."""
        await self._refuse_taken(connection, _permissions, organisation_id, given["id"], "permission")
        row = {
            "organisation_id": organisation_id,
            "name": given["id"],
            "licence": given["licence"],
            "kind": given["kind"],
            "lifts": given.get("lifts", []),
            "acts": given.get("acts", []),
            "since": _day(given.get("since")),
            "until": _day(given.get("until")),
            "author": given.get("author", ""),
            "source": given.get("source", ""),
            "outside_id": outside_id,
            **self._recorded(),
        }
        number = await people.add_permission(connection, row)
        await self._audit(connection, "permission.record", f"permissions/{number}", permission=dict(given))
        reach = await self._reach_of_permissions(connection, organisation_id, [given["licence"]])
        words = {"permission": given["id"], "licence": given["licence"], "recorded": True}
        return number, await revise(connection, self.now, self.caller, "permission", words, reach)

    async def end_permissions(
        self, connection: Connection, organisation_id: int, held: Collection[HeldPermission], reason: str
    ) -> Touched:
        await people.end(connection, _permissions, [one.id for one in held], self._ended(reason))
        for one in held:
            await self._audit(connection, "permission.end", f"permissions/{one.id}", permission=one.name, reason=reason)
        licences = [one.licence for one in held]
        reach = await self._reach_of_permissions(connection, organisation_id, licences)
        words = {"permission": ", ".join(one.name for one in held), "licence": ", ".join(licences), "ended": reason}
        return await revise(connection, self.now, self.caller, "permission", words, reach)

    async def add_decision(
        self,
        connection: Connection,
        organisation_id: int,
        given: Mapping[str, Any],
        use_id: int | None = None,
        model: str | None = None,
        source: str = "",
    ) -> tuple[int, Touched]:
        """A decision in the form of a question, and its number. Raises NameTaken."""
        await self._refuse_taken(connection, _decisions, organisation_id, given["id"], "decision")
        scope = given.get("scope") or {}
        row = {
            "organisation_id": organisation_id,
            "use_id": use_id,
            "name": given["id"],
            "kind": given["kind"],
            "finding": given["finding"],
            "choose": given["choose"],
            "acts": scope.get("acts", []),
            "node": scope.get("node"),
            "model": model,
            "author": given["author"],
            "reason": given["reason"],
            "source": source,
            "since": _day(given.get("since")),
            "expires": _day(given.get("expires")),
            **self._recorded(),
        }
        number = await people.add_decision(connection, row)
        await self._audit(connection, "decision.record", f"decisions/{number}", decision=dict(given), model=model)
        reach = await self._reach_of_decisions(connection, organisation_id, use_id, [given["finding"]])
        words = {"decision": given["id"], "finding": given["finding"], "choose": given["choose"], "recorded": True}
        await self._look_again(connection, [scope.get("node"), model])
        return number, await revise(connection, self.now, self.caller, "decision", words, reach)

    async def end_decisions(
        self, connection: Connection, organisation_id: int, made: Collection[PersonsDecision], reason: str
    ) -> Touched:
        await people.end(connection, _decisions, [one.id for one in made], self._ended(reason))
        for one in made:
            await self._audit(connection, "decision.end", f"decisions/{one.id}", decision=one.name, reason=reason)
        findings = [one.finding for one in made]
        use_ids = {one.use_id for one in made}
        use_id = use_ids.pop() if len(use_ids) == 1 else None
        reach = await self._reach_of_decisions(connection, organisation_id, use_id, findings)
        words = {"decision": ", ".join(one.name for one in made), "finding": ", ".join(findings), "ended": reason}
        await self._look_again(connection, [name for one in made for name in one.named_nodes])
        return await revise(connection, self.now, self.caller, "decision", words, reach)

    async def _look_again(self, connection: Connection, nodes: Iterable[str | None]) -> None:
        """A decision about one node sets lineages with it apart from others of their shape."""
        names = sorted({node for node in nodes if node})
        if names:
            await marking.doubt(connection, names)
            await enqueue(connection, self.now, LOOK, {"names": names})

    async def _reach_of_permissions(self, connection: Connection, organisation_id: int, licences: Iterable[str]) -> Reach:
        """A licence may be named by any name of its record: shapes are found by all of them."""
        known = [terms.key for name in licences for terms in self.library.records.named(name)]
        names = {*self.library.names_of(known), *licences, *(name.lower() for name in licences)}
        return Reach(await _uses_of(connection, organisation_id), names)

    async def _reach_of_decisions(
        self, connection: Connection, organisation_id: int, use_id: int | None, findings: Iterable[str]
    ) -> Reach:
        licences = [finding.partition("#")[0] for finding in findings]
        uses = await _uses_of(connection, organisation_id) if use_id is None else [use_id]
        if not _WITHOUT_LICENCE.isdisjoint(licences):
            return Reach(uses)
        return Reach(uses, {*self.library.names_of(licences), *licences})

    async def _refuse_taken(self, connection: Connection, table: Any, organisation_id: int, name: str, what: str) -> None:
        mine = (table.c.organisation_id == organisation_id) & (table.c.name == name) & table.c.ended_at.is_(None)
        if await connection.scalar(select(table.c.id).where(mine)) is not None:
            raise NameTaken(what, name)

    async def _audit(self, connection: Connection, action: str, subject: str, **detail: Any) -> None:
        await record(connection, self.now, self.caller, action, subject, **detail)

    def _recorded(self) -> dict[str, Any]:
        by = self.caller.account.id if self.caller.account else None
        return {"recorded_at": self.now, "recorded_by": by, "end_reason": ""}

    def _ended(self, reason: str) -> dict[str, Any]:
        by = self.caller.account.id if self.caller.account else None
        return {"ended_at": self.now, "ended_by": by, "end_reason": reason}


async def _uses_of(connection: Connection, organisation_id: int) -> list[int]:
    uses = tables.uses
    mine = (uses.c.organisation_id == organisation_id) & uses.c.ended_at.is_(None)
    return list((await connection.scalars(select(uses.c.id).where(mine))).all())


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
