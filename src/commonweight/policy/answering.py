"""Verdicts that stand: one or a list, decided on the spot where nothing stands, with what the policy makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.hub import KnownModel, Revision
from commonweight.policy import shelf
from commonweight.policy.default_use import DefaultUse
from commonweight.policy.looking import Looker
from commonweight.policy.settling import Settler
from commonweight.policy.staleness import stale_by_document
from commonweight.policy.standing_policy import StandingPolicy
from commonweight.policy.subjects import known_key, subject_key
from commonweight.policy.values import StoredVerdict

CHECK_AGAIN: Final = timedelta(minutes=10)  # where no job has noticed it, a list notices a parent's new card after this


class StandingVerdicts:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        looker: Looker,
        settler: Settler,
        standing: StandingPolicy,
        default: DefaultUse,
    ) -> None:
        self._database = database
        self._clock = clock
        self._looker = looker
        self._settler = settler
        self._standing = standing
        self._default = default

    async def of(self, model: Revision | KnownModel, use: int | None = None) -> StoredVerdict:
        """
        The verdict for a use (None: the default). Decided once and kept; decided anew when the use, a record, the commit or
        anything in the lineage is no longer what it rests on. Raises RightsError where it cannot be decided on.
        """
        use_id = (await self._default.get()).id if use is None else use
        return await self.dressed((await self._settler.settle(use_id, [await self._looker.look(model)]))[_key(model)])

    async def of_many(self, models: Sequence[Revision | KnownModel], use: int | None = None) -> dict[str, StoredVerdict]:
        """
        Verdicts of many, by `subject` of the verdict (`key_of` gives it). One look into the database where nothing has
        changed; a change in a parent's card that no job has noticed yet is seen within `CHECK_AGAIN`. One that cannot be
        decided on is left out.
        """
        use_id = (await self._default.get()).id if use is None else use
        async with self._database.read() as connection:
            looks = await shelf.looks(connection, use_id, [_key(model) for model in models])
        now = self._clock.now()
        found: dict[str, StoredVerdict] = {}
        unsettled = []
        for model in models:
            look = looks.get(_key(model))
            fresh = look is not None and now - look.checked_at < CHECK_AGAIN and look.private == _private(model)
            if look is not None and look.said is not None and fresh and self._settler.holds(look):
                found[look.subject] = shelf.stored(look, look.said)
            else:
                unsettled.append(model)
        seen = [await self._looker.look(model) for model in unsettled]
        found |= await self._settler.settle(use_id, seen, skip=True)
        return {key: await self.dressed(verdict) for key, verdict in found.items()}

    async def at_hand(self, models: Sequence[Revision | KnownModel]) -> dict[str, StoredVerdict]:
        """As `of_many` for the default use, only those that have been decided: one look into the database."""
        use_id = (await self._default.get()).id
        async with self._database.read() as connection:
            looks = await shelf.looks(connection, use_id, [_key(model) for model in models])
        held = [look for look in looks.values() if look.said is not None and self._settler.holds(look)]
        return {look.subject: await self.dressed(shelf.stored(look, look.said)) for look in held if look.said is not None}

    async def dressed(self, verdict: StoredVerdict) -> StoredVerdict:
        """With what this installation's policy makes of it."""
        held = await self._standing.held()
        approved = held.approval_of(verdict, self._clock.now().date()) is not None
        stale = verdict.stale or stale_by_document(verdict, held.moved)
        return replace(verdict, rules=held.rules, approved=approved, stale=stale)

    def key_of(self, model: Revision | KnownModel) -> str:
        """The `subject` under which a verdict on it is kept."""
        return _key(model)


def _key(model: Revision | KnownModel) -> str:
    return known_key(model) if isinstance(model, KnownModel) else subject_key(model)


def _private(model: Revision | KnownModel) -> bool:
    return isinstance(model, Revision) and model.repository.is_private
