"""Changing who asks and what for, and trying it first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from commonweight.clock import Clock
from commonweight.identity import Caller
from commonweight.policy.default_use import DefaultUse
from commonweight.policy.facts import checked_facts
from commonweight.policy.outcomes import Outcomes
from commonweight.policy.previewing import Preview, Previewer, Proposal
from commonweight.policy.upkeep import Upkeep
from commonweight.policy.uses import OrganisationEdit, UseEdit, Uses
from commonweight.policy.values import OWN, Organisation, Outcome, UseChange, VerdictChange


class UseDeeds:
    """`forget` empties what this process remembers of uses and verdicts."""

    def __init__(
        self,
        clock: Clock,
        uses: Uses,
        default: DefaultUse,
        upkeep: Upkeep,
        previewer: Previewer,
        outcomes: Outcomes,
        forget: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._uses = uses
        self._default = default
        self._upkeep = upkeep
        self._previewer = previewer
        self._outcomes = outcomes
        self._forget = forget

    async def set_standing_use(
        self, caller: Caller, facts: Mapping[str, Any], *, name: str = "", description: str = ""
    ) -> UseChange:
        """
        The default use with all its facts at once: {organisation, use, decisions}. What is not named of the
        organisation, its permissions or decisions stays; what is named replaces it. Audited.

        Raises NotAllowed for anybody but an administrator, InvalidUse for facts that cannot be.
        """
        return await self._outcomes.of_use(*await self._uses.set_standing(caller, UseEdit(facts, name, description)))

    async def set_organisation(self, caller: Caller, edit: OrganisationEdit) -> tuple[Organisation, Outcome]:
        """Record who asks. Audited. Raises NotAllowed, InvalidUse."""
        organisation, touched = await self._uses.set_organisation(caller, edit, OWN)
        return organisation, await self._outcomes.of(touched)

    async def create_use(self, caller: Caller, edit: UseEdit) -> UseChange:
        """Another use, for which a verdict is decided on every model. Raises NotAllowed, InvalidUse, NameTaken."""
        use, touched = await self._uses.create(caller, edit)
        await self._upkeep.fill()
        return await self._outcomes.of_use(use, touched)

    async def change_use(self, caller: Caller, use: int | str, edit: UseEdit) -> UseChange:
        """Raises NotAllowed, InvalidUse, UseNotFound, NameTaken."""
        return await self._outcomes.of_use(*await self._uses.change(caller, use, edit))

    async def make_default(self, caller: Caller, use: int | str) -> UseChange:
        """The use whose verdicts decide what is served. Raises NotAllowed, UseNotFound."""
        return await self._outcomes.of_use(*await self._uses.make_default(caller, use))

    async def end_use(self, caller: Caller, use: int | str) -> None:
        """Give a use up. Raises NotAllowed, UseNotFound; InvalidUse for the default."""
        await self._uses.end(caller, use)
        self._forget()

    async def preview(self, caller: Caller, proposal: Proposal) -> Preview:
        """Which verdicts other facts would change; nothing is written. Raises NotAllowed, InvalidUse, UseNotFound."""
        self._uses.check_may_change(caller)
        return await self._previewer.preview(proposal, await self._uses.list())

    async def preview_use(self, caller: Caller, facts: Mapping[str, Any]) -> tuple[VerdictChange, ...]:
        """As `preview`, of everything about the default use at once. Raises as `set_standing_use`."""
        self._uses.check_may_change(caller)
        checked = checked_facts(facts, self._clock)
        use = await self._default.get()
        proposal = Proposal(use.id, checked["use"], checked.get("organisation"), checked.get("decisions"))
        return (await self._previewer.preview(proposal, [use])).changes
