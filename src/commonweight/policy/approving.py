"""Setting the policy, trying another, and letting through what asks for an approval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.errors import NotFound
from commonweight.hub import Hub, KnownModel
from commonweight.identity import Caller
from commonweight.policy.answering import StandingVerdicts
from commonweight.policy.default_use import DefaultUse
from commonweight.policy.dry_run import DryRun, DryRunner
from commonweight.policy.errors import InvalidUse, ModelUnknown
from commonweight.policy.finding import Finder
from commonweight.policy.rules import Rules
from commonweight.policy.standing_policy import Approval, Moved, StaleApproval, StandingPolicy, rests_on
from commonweight.policy.uses import Uses


@dataclass(frozen=True)
class ApprovalEdit:
    """
    What to let through (`namespace/*`, `namespace/name[@revision]`), for which use (None: the default), why, until when.
    """

    about: str
    reason: str
    until: date | None = None
    use: str | None = None


class Approving:
    """`forget` empties what this process remembers of the policy and its approvals."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        clock: Clock,
        finder: Finder,
        uses: Uses,
        default: DefaultUse,
        standing: StandingPolicy,
        verdicts: StandingVerdicts,
        forget: Callable[[], None],
    ) -> None:
        self._runner = DryRunner(database)
        self._hub = hub
        self._clock = clock
        self._finder = finder
        self._uses = uses
        self._default = default
        self._standing = standing
        self._verdicts = verdicts
        self._forget = forget

    async def set_policy(self, caller: Caller, document: Any) -> Rules:
        """What verdicts do here, from now on. Audited. Raises NotAllowed, InvalidPolicy."""
        rules = await self._standing.set(caller, document)
        self._forget()
        return rules

    async def dry_run(self, caller: Caller, document: Any) -> DryRun:
        """
        What another policy would stop among all standing verdicts; nothing is written. Raises NotAllowed, InvalidPolicy.
        """
        self._standing.check_may_change(caller)
        rules, before = Rules.from_document(document), (await self._standing.held()).rules
        use = await self._default.get()
        return await self._runner.run(use.id, before, rules)

    async def approve(self, caller: Caller, edit: ApprovalEdit) -> Approval:
        """
        Let something through that asks for approval: `about` is `namespace/*`, `namespace/name` or
        `namespace/name@revision`. Raises NotAllowed, ModelUnknown, InvalidUse.
        """
        self._standing.check_may_change(caller)
        use = await self._default.get() if edit.use is None else await self._uses.get(edit.use)
        row = {"use_id": use.id, "reason": edit.reason, "until": edit.until, "about": edit.about}
        made = await self._standing.approve(caller, row | await self._target(caller, edit.about, use.id))
        self._forget()
        return made

    async def _target(self, caller: Caller, about: str, use_id: int) -> dict[str, Any]:
        namespace, _, rest = about.partition("/")
        if rest == "*":
            found = await self._hub.list(caller, "model", author=namespace, limit=1)
            if not found:
                raise ModelUnknown(about)
            return {"namespace_id": found[0].namespace_id, "repository_id": None, "commit": "", "rests_on": {}}
        model = await self._finder.find(caller, about)
        if isinstance(model, KnownModel):
            raise InvalidUse(f"{about!r} is not kept here: there is nothing to let through.", hint="Bring it in first.")
        verdict = await self._verdicts.of(model, use_id)
        return {"namespace_id": model.repository.namespace_id, "repository_id": model.repository.id,
                "commit": model.commit if "@" in about else "", "rests_on": rests_on(verdict)}  # fmt: skip

    async def end_approval(self, caller: Caller, number: int, reason: str) -> None:
        """Raises NotAllowed, RecordNotFound."""
        await self._standing.end(caller, number, reason)
        self._forget()

    async def past_approvals(self, caller: Caller) -> list[Approval]:
        """Those that were ended, newest first. For administrators. Raises NotAllowed."""
        self._standing.check_may_change(caller)
        return [one for one in await self._standing.approvals(ended=True) if one.ended_at is not None]

    async def approvals(self, caller: Caller) -> list[tuple[Approval, StaleApproval | None]]:
        """Those nobody ended, newest first, each with why it is stale. For administrators. Raises NotAllowed."""
        self._standing.check_may_change(caller)
        moved = (await self._standing.held()).moved
        return [(one, await self._stale(one, moved)) for one in await self._standing.approvals()]

    async def _stale(self, approval: Approval, moved: Mapping[str, Moved]) -> StaleApproval | None:
        if approval.until is not None and approval.until < self._clock.now().date():
            return StaleApproval("lapsed", {"until": approval.until.isoformat()})
        if approval.repository_id is None:
            return None
        repository = await self._hub.by_id(approval.repository_id)
        if repository is None:
            return StaleApproval("repository")
        try:
            revision = await self._hub.resolve(repository, approval.commit or "main")
        except NotFound:
            return StaleApproval("revision")
        return approval.stale_because(await self._verdicts.of(revision, approval.use_id), moved)
