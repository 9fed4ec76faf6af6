"""
Permissions and decisions given in one piece with a use, as a question file holds them: records are made, and ended,
until what is recorded is what was given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Connection
from commonweight.db.tables import policy as tables
from commonweight.identity import Caller
from commonweight.policy import people
from commonweight.policy.facts import Apart
from commonweight.policy.library import Library
from commonweight.policy.recording import Recorder
from commonweight.policy.revising import Touched
from commonweight.policy.values import Organisation

_REPLACED: Final = "no longer among the facts of the use"


@dataclass(frozen=True)
class Inline:
    library: Library
    clock: Clock

    async def set(
        self, connection: Connection, caller: Caller, organisation: Organisation, use_id: int, apart: Apart
    ) -> list[Touched]:
        """
        Where permissions or decisions were given at all. What another program recorded by an id of its own stays, and so do
        decisions about other uses or about single models. Raises NameTaken.
        """
        recorder = Recorder(self.library, caller, self.clock.now())
        found: list[Touched] = []
        if apart.permissions is not None:
            found += await self._set_permissions(connection, recorder, organisation.id, apart.permissions)
        if apart.decisions is not None:
            found += await self._set_decisions(connection, recorder, organisation.id, use_id, apart.decisions)
        return found

    async def _set_permissions(
        self, connection: Connection, recorder: Recorder, organisation_id: int, given: Sequence[Mapping[str, Any]]
    ) -> list[Touched]:
        table = tables.permissions.c
        in_force = (table.organisation_id == organisation_id) & table.ended_at.is_(None)
        held = await people.permissions(connection, in_force)
        stays = [one.to_question() for one in held if one.to_question() in given or one.outside_id]
        gone = [one for one in held if one.to_question() not in stays]
        found = [await recorder.end_permissions(connection, organisation_id, gone, _REPLACED)] if gone else []
        new = [one for one in given if one not in stays]
        return found + [(await recorder.add_permission(connection, organisation_id, one))[1] for one in new]

    async def _set_decisions(
        self,
        connection: Connection,
        recorder: Recorder,
        organisation_id: int,
        use_id: int,
        given: Sequence[Mapping[str, Any]],
    ) -> list[Touched]:
        table = tables.decisions.c
        in_force = (table.organisation_id == organisation_id) & table.ended_at.is_(None)
        made = [one for one in await people.decisions(connection, in_force) if one.use_id in (None, use_id)]
        stays = [one.to_question() for one in made if one.to_question() in given or one.model]
        gone = [one for one in made if one.to_question() not in stays]
        found = [await recorder.end_decisions(connection, organisation_id, gone, _REPLACED)] if gone else []
        new = [one for one in given if one not in stays]
        return found + [(await recorder.add_decision(connection, organisation_id, one, use_id))[1] for one in new]
