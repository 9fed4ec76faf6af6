"""
What single accounts hold from licensors: people and organisations that are not the installation's own, such as subscribers
to a plan whose publisher is the licensor. Their permission answers for them alone; the verdict that stands stays as it is.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Connection, Database, insert_ignoring
from commonweight.db.tables import policy as tables
from commonweight.hub import KnownModel, Revision
from commonweight.identity import Caller
from commonweight.policy import people
from commonweight.policy.answering import StandingVerdicts
from commonweight.policy.asking import HeldPermission
from commonweight.policy.deciding import Decider
from commonweight.policy.default_use import DefaultUse
from commonweight.policy.store import Verdicts
from commonweight.policy.subjects import Subjects
from commonweight.policy.uses import Uses
from commonweight.policy.values import StoredVerdict, Use
from commonweight.rights import RightsError

HELD_SECONDS: Final = 2.0  # what was granted or ended elsewhere reaches a running process after this
REMEMBERED: Final = 4_096  # callers with what they hold; nearly all hold nothing
_MILD: Final = frozenset({"allowed", "allowed_with_duties"})  # nothing that is held makes these better
_PREFIX: Final = "account:"


def holder_of(account_id: int) -> str:
    """The `organisation` of a permission that an account holds for itself."""
    return f"{_PREFIX}{account_id}"


async def ensure_holder(connection: Connection, key: str, row: dict[str, Any]) -> None:
    """An account is written down as a holder when it is first granted something; of other keys nothing is made up."""
    if key.startswith(_PREFIX):
        await insert_ignoring(connection, tables.organisations, [{"key": key, "facts": {}, "group": "", **row}])


class Holders:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        uses: Uses,
        default: DefaultUse,
        subjects: Subjects,
        decider: Decider,
        store: Verdicts,
        verdicts: StandingVerdicts,
    ) -> None:
        self._database = database
        self._clock = clock
        self._uses = uses
        self._default = default
        self._subjects = subjects
        self._decider = decider
        self._store = store
        self._verdicts = verdicts
        self._held: OrderedDict[tuple[str, ...], tuple[float, tuple[HeldPermission, ...]]] = OrderedDict()

    async def verdict(self, caller: Caller, model: Revision | KnownModel, use: int | None = None) -> StoredVerdict:
        """
        The verdict for a use (None: the default) that holds for this caller: the one that stands, or where that is not mild
        and they, or an organisation of theirs, hold something, the one with that. The second kind is kept for them alone.
        """
        standing = await self._verdicts.of(model, use)
        if caller.account is None or standing.value in _MILD:
            return standing
        held = await self.held(caller)
        if not held:
            return standing
        chosen = await self._default.get() if use is None else await self._uses.get(use)
        own = await self._with(caller.account.id, held, model, chosen)
        return standing if own is None else own

    async def _with(
        self, account_id: int, held: tuple[HeldPermission, ...], model: Revision | KnownModel, use: Use
    ) -> StoredVerdict | None:
        subject = await self._subjects.of(model)
        facts = await self._uses.facts_about(use, str(subject.document["root"]))
        organisation = dict(facts.get("organisation") or {})
        organisation["permissions"] = [*organisation.get("permissions", []), *(one.to_question() for one in held)]
        given = {**facts, "organisation": organisation}
        try:
            verdict = self._decider.decide_own(use.name, given, subject, account_id)
        except RightsError:
            return None  # what cannot be decided on with it is decided without
        await self._store.keep(verdict, given)
        return await self._verdicts.dressed(verdict)

    async def held(self, caller: Caller) -> tuple[HeldPermission, ...]:
        """What the caller and their organisations hold for themselves, from a few seconds of memory."""
        accounts = [*([caller.account.id] if caller.account else []), *sorted(caller.organisations)]
        keys = tuple(holder_of(number) for number in accounts)
        if not keys:
            return ()
        kept = self._held.get(keys)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        theirs = tables.organisations.c.key.in_(keys) & tables.permissions.c.ended_at.is_(None)
        async with self._database.read() as connection:
            found = tuple(await people.permissions(connection, theirs))
        self._held[keys] = (time.monotonic() + HELD_SECONDS, found)
        self._held.move_to_end(keys)
        if len(self._held) > REMEMBERED:
            self._held.popitem(last=False)
        return found

    def forget(self) -> None:
        self._held.clear()
