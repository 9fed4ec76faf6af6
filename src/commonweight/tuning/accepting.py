"""What becomes of the draft that a tuning made: somebody accepts it, or refuses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from commonweight.hub import Hub, Repository
from commonweight.identity import Caller
from commonweight.tuning.errors import NothingMade
from commonweight.tuning.tunings import Tunings


class Publishes(Protocol):
    """See `publishing.Publisher`."""

    async def accept(self, caller: Caller, repository: Repository, visibility: str = "private") -> Repository: ...

    async def refuse(self, caller: Caller, repository: Repository) -> None: ...


@dataclass(frozen=True)
class Accepting:
    """For whoever made the tuning, where they administer the namespace of its draft."""

    tunings: Tunings
    hub: Hub
    publisher: Publishes

    async def accept(self, caller: Caller, tuning_id: str, visibility: str) -> Repository:
        """A model like any other from now on. Raises TuningMissing, NothingMade and what `Publisher.accept` raises."""
        return await self.publisher.accept(caller, await self._draft(caller, tuning_id), visibility)

    async def refuse(self, caller: Caller, tuning_id: str) -> None:
        """It goes, with all its files. Raises as `accept`."""
        await self.publisher.refuse(caller, await self._draft(caller, tuning_id))

    async def repository(self, caller: Caller, tuning_id: str) -> Repository | None:
        """What a tuning published; None where there is nothing, or not any more. Raises TuningMissing."""
        account = caller.account.id if caller.account else 0
        number = (await self.tunings.get(account, tuning_id)).repository_id
        return None if number is None else await self.hub.by_id(number)

    async def _draft(self, caller: Caller, tuning_id: str) -> Repository:
        found = await self.repository(caller, tuning_id)
        if found is None:
            raise NothingMade(f"{tuning_id} has published nothing that is here.", hint="It does when its training is done.")
        return found
