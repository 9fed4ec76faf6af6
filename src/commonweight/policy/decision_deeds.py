"""Recording what people decided and hold, ending it, and trying it first."""

from __future__ import annotations

from commonweight.identity import Caller
from commonweight.policy.answering import StandingVerdicts
from commonweight.policy.asking import HeldPermission, PersonsDecision
from commonweight.policy.decisions import Decisions
from commonweight.policy.edits import DecisionEdit, PermissionGrant
from commonweight.policy.errors import InvalidUse
from commonweight.policy.finding import Finder
from commonweight.policy.outcomes import Outcomes
from commonweight.policy.previewing import Preview, Previewer
from commonweight.policy.subjects import Subjects
from commonweight.policy.uses import Uses
from commonweight.policy.values import Outcome
from commonweight.rights import RightsError


class DecisionDeeds:
    def __init__(
        self,
        uses: Uses,
        decisions: Decisions,
        finder: Finder,
        subjects: Subjects,
        verdicts: StandingVerdicts,
        previewer: Previewer,
        outcomes: Outcomes,
    ) -> None:
        self._uses = uses
        self._decisions = decisions
        self._finder = finder
        self._subjects = subjects
        self._verdicts = verdicts
        self._previewer = previewer
        self._outcomes = outcomes

    async def grant_permission(self, caller: Caller, grant: PermissionGrant) -> tuple[HeldPermission, Outcome]:
        """
        Record that an organisation holds something from a licensor, as an administrator or a plan does. THE CALLING
        ROOM must have checked that this caller may. With an `outside_id` it is idempotent: the same again changes
        nothing, and other content takes the place of what was recorded.

        Raises InvalidUse, NameTaken, UseNotFound (of the organisation).
        """
        await self._uses.standing()  # the organisation itself, at the very first
        permission, touched = await self._decisions.grant(caller, grant)
        return permission, await self._outcomes.of(touched)

    async def end_permission(self, caller: Caller, permission: int | str, reason: str) -> Outcome:
        """
        End one by its number, or by the `outside_id` under which it was granted; nothing is deleted. Checks as above. Raises
        RecordNotFound.
        """
        return await self._outcomes.of(await self._decisions.end_permission(caller, permission, reason))

    async def record_decision(self, caller: Caller, decision: DecisionEdit) -> tuple[PersonsDecision, Outcome]:
        """Record an exception or a reading (administrators). Raises NotAllowed, InvalidUse, NameTaken, ModelUnknown."""
        self._decisions.check_may_decide(caller)
        await self._uses.standing()  # the organisation itself, at the very first
        model = None if not decision.model else await self._root_of(caller, decision.model)
        made, touched = await self._decisions.record(caller, decision, model)
        return made, await self._outcomes.of(touched)

    async def preview_permission(self, caller: Caller, grant: PermissionGrant) -> Preview:
        """Which verdicts it would change; nothing is written. Raises NotAllowed, InvalidUse."""
        self._decisions.check_may_decide(caller)
        return await self._previewer.with_record(self._decisions.planned_permission(grant))

    async def preview_decision(self, caller: Caller, decision: DecisionEdit) -> Preview:
        """As `preview_permission`. Raises NotAllowed, InvalidUse, ModelUnknown."""
        self._decisions.check_may_decide(caller)
        if not decision.model:
            return await self._previewer.with_record(self._decisions.planned(decision, None))
        model = await self._finder.find(caller, decision.model)
        subject = await self._subjects.of(model)
        planned = self._decisions.planned(decision, str(subject.document["root"]))
        uses = [use.id for use in await self._uses.list() if decision.use_id in (None, use.id)]
        before = {use: (await self._verdicts.of(model, use)).value for use in uses}
        try:
            return await self._previewer.of_one_model(planned, subject, before)
        except RightsError as error:
            raise InvalidUse(error.detail, hint=error.hint) from None

    async def end_decision(self, caller: Caller, decision: int, reason: str) -> Outcome:
        """Raises NotAllowed, RecordNotFound."""
        self._decisions.check_may_decide(caller)
        return await self._outcomes.of(await self._decisions.end(caller, decision, reason))

    async def _root_of(self, caller: Caller, name: str) -> str:
        """What a model is called in its own lineage."""
        return str((await self._subjects.of(await self._finder.find(caller, name))).document["root"])
