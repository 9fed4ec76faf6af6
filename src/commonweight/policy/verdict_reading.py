"""A verdict read again by its id: by whom, and whether it still is the answer. An id is never a right."""

from __future__ import annotations

from dataclasses import replace

from commonweight.hub import Hub
from commonweight.identity import Caller, Right
from commonweight.policy.answering import StandingVerdicts
from commonweight.policy.errors import VerdictNotFound
from commonweight.policy.staleness import Staleness
from commonweight.policy.store import Verdicts
from commonweight.policy.uses import Uses
from commonweight.policy.values import Stale, StoredVerdict


class VerdictReader:
    def __init__(self, hub: Hub, store: Verdicts, staleness: Staleness, uses: Uses, verdicts: StandingVerdicts) -> None:
        self._hub = hub
        self._store = store
        self._staleness = staleness
        self._uses = uses
        self._verdicts = verdicts

    async def read(self, caller: Caller, id: str) -> StoredVerdict:
        """
        A verdict by its id, for those who may read what it is about; one on somebody's own facts, for them alone; one for a
        use that never was the default, for those who have an account.

        Raises VerdictNotFound: an id is never a right.
        """
        found = await self._store.get(id)
        if found is None or not await self._may_read(caller, found):
            raise VerdictNotFound(id)
        return await self._verdicts.dressed(replace(found, stale=await self._stale_for(caller, found)))

    async def _stale_for(self, caller: Caller, verdict: StoredVerdict) -> Stale | None:
        """Why it is not the answer any more, naming the one that is to whoever may read that."""
        stale = await self._staleness.of_kept(verdict)
        if stale is None or not stale.superseded_by:
            return stale
        other = await self._store.get(stale.superseded_by)
        may_read = other is not None and await self._may_read(caller, other)
        return stale if may_read else replace(stale, superseded_by="")

    async def _may_read(self, caller: Caller, verdict: StoredVerdict) -> bool:
        own = caller.account is not None and caller.account.id == verdict.account_id
        if verdict.account_id is not None and not (own or caller.is_admin):
            return False
        if verdict.use_id is not None and caller.is_anonymous and not await self._uses.is_public(verdict.use_id):
            return False
        if verdict.repository_id is None:
            return True
        repository = await self._hub.by_id(verdict.repository_id)
        if repository is None:
            return False
        # What was decided in private may name private parents, also after the repository was opened.
        return caller.may_with(Right.READ, repository) or not (repository.is_private or verdict.private)
