"""What becomes of the draft that a tuning made: somebody accepts it, or refuses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from commonweight.hub import Hub, Repository
from commonweight.identity import Caller
from commonweight.tuning.errors import NothingMade
from commonweight.tuning.judging import Verdict
from commonweight.tuning.publishing import NotGoodEnough
from commonweight.tuning.tunings import Tunings

WISH: Final = "better_than_base"  # among the options of a tuning


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
        """
        A model like any other from now on. Raises TuningMissing, NothingMade, NotGoodEnough where the tuning itself was made
        to be accepted only when it is better than its base, and what `Publisher.accept` raises.
        """
        draft = await self._draft(caller, tuning_id)
        await self._check_wish(caller, tuning_id)
        return await self.publisher.accept(caller, draft, visibility)

    async def refuse(self, caller: Caller, tuning_id: str) -> None:
        """It goes, with all its files. Raises as `accept`."""
        await self.publisher.refuse(caller, await self._draft(caller, tuning_id))

    async def repository(self, caller: Caller, tuning_id: str) -> Repository | None:
        """What a tuning published; None where there is nothing, or not any more. Raises TuningMissing."""
        account = caller.account.id if caller.account else 0
        number = (await self.tunings.get(account, tuning_id)).repository_id
        return None if number is None else await self.hub.by_id(number)

    async def _check_wish(self, caller: Caller, tuning_id: str) -> None:
        tuning = await self.tunings.get(caller.account.id if caller.account else 0, tuning_id)
        verdict = (tuning.report or {}).get("verdict")
        if tuning.options.get(WISH) and verdict != Verdict.BETTER:
            found = "was not judged" if verdict is None else f"was judged {verdict}"
            message = f"{tuning_id} was made to be accepted only when it is better than its base; it {found}."
            raise NotGoodEnough(message, hint="Tune with more or other examples, or without that wish.")

    async def _draft(self, caller: Caller, tuning_id: str) -> Repository:
        found = await self.repository(caller, tuning_id)
        if found is None:
            raise NothingMade(f"{tuning_id} has published nothing that is here.", hint="It does when its training is done.")
        return found
