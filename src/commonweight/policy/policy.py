"""What this installation allows: its uses, the verdicts that stand for them, and what a verdict stops."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.errors import InvalidInput, NotAuthenticated, NotFound
from commonweight.hub import Descent, Descents, GatedRepository, Hub, KnownModel, KnownModels, Revision
from commonweight.identity import Caller, account_names
from commonweight.policy import causes, marking, progress, shelf
from commonweight.policy.asking import HeldPermission, PersonsDecision
from commonweight.policy.asking_store import AskedUses
from commonweight.policy.deciding import Decider
from commonweight.policy.decisions import Decisions
from commonweight.policy.dry_run import DryRun, DryRunner
from commonweight.policy.edits import DecisionEdit, PermissionGrant
from commonweight.policy.errors import DownloadRefused, InvalidUse, ModelUnknown, VerdictNotFound
from commonweight.policy.facts import checked_facts, varied
from commonweight.policy.feed import Feed
from commonweight.policy.files_say import FilesSay, files_say
from commonweight.policy.finding import Finder
from commonweight.policy.library import Library
from commonweight.policy.looking import Looker
from commonweight.policy.models_of_use import ModelsOfUses
from commonweight.policy.moving_documents import MovingDocuments
from commonweight.policy.previewing import Preview, Previewer, Proposal
from commonweight.policy.revising import Touched
from commonweight.policy.rules import Rules
from commonweight.policy.settling import Settler
from commonweight.policy.staleness import Staleness, stale_by_document
from commonweight.policy.standing_policy import Approval, Moved, StaleApproval, StandingPolicy, rests_on
from commonweight.policy.store import Verdicts
from commonweight.policy.subjects import Headers, Subjects, known_key, subject_key
from commonweight.policy.sweep_progress import SweepProgress, sweep_progress
from commonweight.policy.sweeping import Sweeper
from commonweight.policy.touching import Touching
from commonweight.policy.upkeep import Upkeep
from commonweight.policy.uses import OrganisationEdit, UseEdit, Uses
from commonweight.policy.values import (
    OWN,
    Admission,
    Organisation,
    Outcome,
    Stale,
    StoredVerdict,
    Subject,
    Use,
    UseChange,
    VerdictChange,
)
from commonweight.rights import Answers, Asking, Engine, Guided, Records, RightsError
from commonweight.vetting import KeptReadings, LicenceTexts

log = logging.getLogger(__name__)

ADMISSION_SECONDS: Final = 5.0  # a changed use or record reaches the hot path of another process after at most this
ADMISSIONS: Final = 4096  # revisions being served at once by one process; one costs about a kilobyte
USE_SECONDS: Final = 2.0  # likewise for pages
CHECK_AGAIN: Final = timedelta(minutes=10)  # where no job has noticed it, a list notices a parent's new card after this
MAX_TOLD: Final = 200  # changes in the answer to whoever changed a fact; the feed has all of them
#: Cards, licences, notices and use policies: where the terms stand, which whoever is refused wants to read.
_ALWAYS_OUT: Final = re.compile(r"(README(\.md)?|(licen[cs]e|copying|notice|use[_-]policy).*)\Z", re.IGNORECASE)


@dataclass(frozen=True)
class ApprovalEdit:
    """
    What to let through (`namespace/*`, `namespace/name[@revision]`), for which use (None: the default), why, until when.
    """

    about: str
    reason: str
    until: date | None = None
    use: str | None = None


class Policy:
    """
    The room's one object. Two of them on one database agree within seconds.

    `uses`, `decisions`, `touching`, `models` and `feed` read what is recorded; `upkeep` is what jobs do. Whatever changes
    a fact goes through here, so that what it touches is decided again.
    """

    def __init__(
        self,
        database: Database,
        hub: Hub,
        known: KnownModels,
        records: Records,
        clock: Clock,
        texts: LicenceTexts | None = None,
        headers: Headers | None = None,
    ) -> None:
        """`headers` tells what headers of weights say; without it they say nothing."""
        self.records = records
        self.texts = texts or LicenceTexts(hub, records, KeptReadings(database))
        self._database = database
        self._clock = clock
        self._hub = hub
        self.library = library = Library(records)
        self._asked = AskedUses()
        self._headers = headers
        self._subjects = Subjects(hub, known, records, self.texts, headers)
        self._descents = Descents(database, known)
        self._decider = Decider(library, clock)
        self._settler = Settler(database, library, self._decider, self._asked, clock)
        self._sweeper = Sweeper(database, library, self._decider, self._asked, clock)
        self._looker = Looker(database, hub, known, self._subjects, library, self._asked)
        self._previewer = Previewer(database, library, self._decider, self._asked, clock)
        self._store = Verdicts(database)
        self._staleness = Staleness(database, library, self._settler, clock)
        self._finder = Finder(hub, known)
        self.uses = Uses(database, library, clock)
        self.decisions = Decisions(database, library, clock)
        self.feed = Feed(database, hub)
        self.models = ModelsOfUses(database, hub)
        self.touching = Touching(database, hub, library)
        self.standing = StandingPolicy(database, clock)
        self.documents = MovingDocuments(database, library, clock)
        self.upkeep = Upkeep(database, library, self.uses, self._looker, self._settler, self._sweeper, clock)
        self._use: tuple[float, Use] | None = None
        self._admissions: OrderedDict[tuple[int, str, bool], tuple[float, Admission]] = OrderedDict()

    # Who asks, and what for

    async def standing_use(self) -> Use:
        """The default use; *internal evaluation by a company, facts unknown* until somebody says more."""
        kept = self._use
        if kept is None or kept[0] < time.monotonic():
            kept = self._use = (time.monotonic() + USE_SECONDS, await self.uses.standing())
        return kept[1]

    async def set_standing_use(
        self, caller: Caller, facts: Mapping[str, Any], *, name: str = "", description: str = ""
    ) -> UseChange:
        """
        The default use with all its facts at once: {organisation, use, decisions}. What is not named of the
        organisation, its permissions or decisions stays; what is named replaces it. Audited.

        Raises NotAllowed for anybody but an administrator, InvalidUse for facts that cannot be.
        """
        return await self._changed(*await self.uses.set_standing(caller, UseEdit(facts, name, description)))

    async def set_organisation(self, caller: Caller, edit: OrganisationEdit) -> tuple[Organisation, Outcome]:
        """Record who asks. Audited. Raises NotAllowed, InvalidUse."""
        organisation, touched = await self.uses.set_organisation(caller, edit, OWN)
        return organisation, await self._outcome(touched)

    async def create_use(self, caller: Caller, edit: UseEdit) -> UseChange:
        """Another use, for which a verdict is decided on every model. Raises NotAllowed, InvalidUse, NameTaken."""
        use, touched = await self.uses.create(caller, edit)
        await self.upkeep.fill()
        return await self._changed(use, touched)

    async def change_use(self, caller: Caller, use: int | str, edit: UseEdit) -> UseChange:
        """Raises NotAllowed, InvalidUse, UseNotFound, NameTaken."""
        return await self._changed(*await self.uses.change(caller, use, edit))

    async def make_default(self, caller: Caller, use: int | str) -> UseChange:
        """The use whose verdicts decide what is served. Raises NotAllowed, UseNotFound."""
        return await self._changed(*await self.uses.make_default(caller, use))

    async def end_use(self, caller: Caller, use: int | str) -> None:
        """Give a use up. Raises NotAllowed, UseNotFound; InvalidUse for the default."""
        await self.uses.end(caller, use)
        self._forget()

    async def preview(self, caller: Caller, proposal: Proposal) -> Preview:
        """Which verdicts other facts would change; nothing is written. Raises NotAllowed, InvalidUse, UseNotFound."""
        self.uses.check_may_change(caller)
        return await self._previewer.preview(proposal, await self.uses.list())

    async def preview_use(self, caller: Caller, facts: Mapping[str, Any]) -> tuple[VerdictChange, ...]:
        """As `preview`, of everything about the default use at once. Raises as `set_standing_use`."""
        self.uses.check_may_change(caller)
        checked = checked_facts(facts, self._clock)
        use = await self.standing_use()
        proposal = Proposal(use.id, checked["use"], checked.get("organisation"), checked.get("decisions"))
        return (await self._previewer.preview(proposal, [use])).changes

    def asked_by(self) -> dict[str, list[str]]:
        """Which licences ask for each fact: keys of records, by place (`organisation.mau`)."""
        found: dict[str, list[str]] = {}
        for terms in self.records:
            for place in sorted(self.library.asked_by(terms)):
                found.setdefault(place, []).append(terms.key)
        return found

    async def counts(self) -> dict[int, dict[str, int]]:
        """By use and value, how many models have that verdict; "" for those that wait to be decided again."""
        async with self._database.read() as connection:
            return await marking.counts(connection)

    async def waiting(self) -> int:
        """How many verdicts (of shapes) wait to be decided again."""
        async with self._database.read() as connection:
            return await marking.count_pending(connection)

    def today(self) -> date:
        """The day for which questions are asked, in UTC."""
        return self._clock.now().date()

    async def names_of(self, accounts: Collection[int | None]) -> Mapping[int, str]:
        """Who recorded something, by number; accounts that are gone are left out."""
        async with self._database.read() as connection:
            return await account_names(connection, {number for number in accounts if number is not None})

    async def progress(self) -> SweepProgress:
        """How far deciding again has come."""
        return await sweep_progress(self._database, self._clock)

    # What people decided

    async def grant_permission(self, caller: Caller, grant: PermissionGrant) -> tuple[HeldPermission, Outcome]:
        """
        Record that an organisation holds something from a licensor, as an administrator or a plan does. THE CALLING
        ROOM must have checked that this caller may. With an `outside_id` it is idempotent: the same again changes
        nothing, and other content takes the place of what was recorded.

        Raises InvalidUse, NameTaken, UseNotFound (of the organisation).
        """
        await self.uses.standing()  # the organisation itself, at the very first
        permission, touched = await self.decisions.grant(caller, grant)
        return permission, await self._outcome(touched)

    async def end_permission(self, caller: Caller, permission: int | str, reason: str) -> Outcome:
        """
        End one by its number, or by the `outside_id` under which it was granted; nothing is deleted. Checks as above. Raises
        RecordNotFound.
        """
        return await self._outcome(await self.decisions.end_permission(caller, permission, reason))

    async def record_decision(self, caller: Caller, decision: DecisionEdit) -> tuple[PersonsDecision, Outcome]:
        """Record an exception or a reading (administrators). Raises NotAllowed, InvalidUse, NameTaken, ModelUnknown."""
        self.decisions.check_may_decide(caller)
        await self.uses.standing()  # the organisation itself, at the very first
        model = None if not decision.model else await self._root_of(caller, decision.model)
        made, touched = await self.decisions.record(caller, decision, model)
        return made, await self._outcome(touched)

    async def preview_permission(self, caller: Caller, grant: PermissionGrant) -> Preview:
        """Which verdicts it would change; nothing is written. Raises NotAllowed, InvalidUse."""
        self.decisions.check_may_decide(caller)
        return await self._previewer.with_record(self.decisions.planned_permission(grant))

    async def preview_decision(self, caller: Caller, decision: DecisionEdit) -> Preview:
        """As `preview_permission`. Raises NotAllowed, InvalidUse, ModelUnknown."""
        self.decisions.check_may_decide(caller)
        if not decision.model:
            return await self._previewer.with_record(self.decisions.planned(decision, None))
        model = await self.find(caller, decision.model)
        subject = await self.subject_for(model)
        planned = self.decisions.planned(decision, str(subject.document["root"]))
        uses = [use.id for use in await self.uses.list() if decision.use_id in (None, use.id)]
        before = {use: (await self.standing_verdict(model, use)).value for use in uses}
        try:
            return await self._previewer.of_one_model(planned, subject, before)
        except RightsError as error:
            raise InvalidUse(error.detail, hint=error.hint) from None

    async def end_decision(self, caller: Caller, decision: int, reason: str) -> Outcome:
        """Raises NotAllowed, RecordNotFound."""
        self.decisions.check_may_decide(caller)
        return await self._outcome(await self.decisions.end(caller, decision, reason))

    async def _root_of(self, caller: Caller, name: str) -> str:
        """What a model is called in its own lineage."""
        return str((await self.subject_for(await self.find(caller, name))).document["root"])

    # What a change came to

    async def _changed(self, use: Use, touched: Touched) -> UseChange:
        outcome = await self._outcome(touched)
        return UseChange(use, outcome.changes, outcome)

    async def _outcome(self, touched: Touched) -> Outcome:
        """Little is decided again at once; much by a job, and by whoever asks before it is through."""
        self._forget()
        if not touched.is_much:
            await self._sweeper.sweep_marked()
        async with self._database.read() as connection:
            changes, changed = await causes.changes_of(connection, {touched.cause_id, *touched.others}, MAX_TOLD)
            waiting = await marking.count_pending(connection)
        return Outcome(touched.cause_id, changes, changed, waiting)

    async def outcome(self, caller: Caller, cause_id: int) -> Outcome:
        """
        What a deed has come to by now: for whoever looks on while a job decides. Raises NotAllowed, RecordNotFound.
        """
        self.uses.check_may_change(caller)
        async with self._database.read() as connection:
            return await progress.of_cause(connection, cause_id, MAX_TOLD)

    def _forget(self) -> None:
        self._use = None
        self.standing.forget()
        self._admissions.clear()

    # Subjects

    async def subject_for(self, model: Revision | KnownModel) -> Subject:
        """What a verdict on it is about: the model and its lineage, as a question takes it."""
        if isinstance(model, KnownModel):
            return await self._subjects.of_known(model)
        return await self._subjects.of_revision(model)

    async def files_say(self, caller: Caller, model: Revision | KnownModel) -> FilesSay:
        """
        Which licence each text of a revision is, beside what its card claims. Whoever may not have the files is not told
        what differs in them. Raises InvalidInput for a model that is only known.
        """
        if isinstance(model, KnownModel):
            raise InvalidInput(
                f"{model.id} is known and not kept here: there are no files of it.", hint="Bring it in first."
            )
        facts = await self._hub.facts(model)
        named = (await self._headers.said(model, facts)).licences if self._headers else ()
        said = await files_say(model, facts, self.texts, self.records, named)
        try:
            self._hub.check_files(caller, model.repository)
        except GatedRepository:
            return said.without_differences()
        return said

    async def stands_on(self, caller: Caller, model: Revision | KnownModel) -> Descent:
        """Everything that stands on it, kept here or known, as far as the caller may see."""
        return await self._descents.of(caller, model)

    async def find(self, caller: Caller, name: str) -> Revision | KnownModel:
        """`namespace/name[@revision]`, `datasets/namespace/name` or the id of a known model. Raises ModelUnknown."""
        return await self._finder.find(caller, name)

    # Verdicts

    async def standing_verdict(self, model: Revision | KnownModel, use: int | None = None) -> StoredVerdict:
        """
        The verdict for a use (None: the default). Decided once and kept; decided anew when the use, a record, the commit or
        anything in the lineage is no longer what it rests on. Raises RightsError where it cannot be decided on.
        """
        use_id = (await self.standing_use()).id if use is None else use
        return await self._dressed((await self._settler.settle(use_id, [await self._looker.look(model)]))[_key(model)])

    async def standing_verdicts(
        self, models: Sequence[Revision | KnownModel], use: int | None = None
    ) -> dict[str, StoredVerdict]:
        """
        Verdicts of many, by `subject` of the verdict (`key_of` gives it). One look into the database where nothing has
        changed; a change in a parent's card that no job has noticed yet is seen within `CHECK_AGAIN`. One that cannot be
        decided on is left out.
        """
        use_id = (await self.standing_use()).id if use is None else use
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
        return {key: await self._dressed(verdict) for key, verdict in found.items()}

    async def _dressed(self, verdict: StoredVerdict) -> StoredVerdict:
        """With what this installation's policy makes of it."""
        held = await self.standing.held()
        approved = held.approval_of(verdict, self._clock.now().date()) is not None
        stale = verdict.stale or stale_by_document(verdict, held.moved)
        return replace(verdict, rules=held.rules, approved=approved, stale=stale)

    def key_of(self, model: Revision | KnownModel) -> str:
        """The `subject` under which a verdict on it is kept."""
        return _key(model)

    async def decide(
        self, caller: Caller, model: str | Revision | KnownModel, facts: Mapping[str, Any] | None = None
    ) -> StoredVerdict:
        """
        A verdict for facts of the caller's own (kept for them alone), or the standing one where none are given.

        Raises ModelUnknown, InvalidUse, NotAuthenticated (own facts need an account).
        """
        found = await self.find(caller, model) if isinstance(model, str) else model
        if facts is None:
            return await self.standing_verdict(found)
        if caller.account is None:
            raise NotAuthenticated(
                "A verdict for your own facts needs an account.", hint="Send a token, or leave `use` out."
            )
        checked = checked_facts(facts, self._clock)
        name = str(checked["use"].get("name") or "own facts")
        try:
            subject = await self.subject_for(found)
            verdict = self._decider.decide_own(name[:96], checked, subject, caller.account.id)
        except RightsError as error:
            raise InvalidUse(error.detail, hint=error.hint) from None
        await self._store.keep(verdict, checked)
        return verdict

    async def guided(
        self,
        caller: Caller,
        model: Revision | KnownModel,
        use: Mapping[str, Any],
        answers: Answers,
        *,
        of: int | str | None = None,
    ) -> Guided:
        """
        What is still to be asked about a model, from a use (`of`, None: the default) with `use` (acts, purposes) in place of
        its own, after these answers. Nothing is kept. Raises NotAuthenticated, InvalidUse, UseNotFound.
        """
        if caller.account is None:
            raise NotAuthenticated("Questions about your own case need an account.", hint="Sign in, or send a token.")
        standing = await self.standing_use() if of is None else await self.uses.get(of)
        checked = checked_facts(varied(standing.facts, use), self._clock)
        subject = await self.subject_for(model)
        asking = Asking(Engine(self.records), self._clock.now().date())
        try:
            return await asyncio.to_thread(asking.guided, {**checked, "subject": dict(subject.document)}, answers)
        except RightsError as error:
            raise InvalidUse(error.detail, hint=error.hint) from None

    async def verdict(self, caller: Caller, id: str) -> StoredVerdict:
        """
        A verdict by its id, for those who may read what it is about; one on somebody's own facts, for them alone; one for a
        use that never was the default, for those who have an account.

        Raises VerdictNotFound: an id is never a right.
        """
        found = await self._store.get(id)
        if found is None or not await self._may_read(caller, found):
            raise VerdictNotFound(id)
        return await self._dressed(replace(found, stale=await self._stale_for(caller, found)))

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
        if verdict.use_id is not None and caller.is_anonymous and not await self.uses.is_public(verdict.use_id):
            return False
        if verdict.repository_id is None:
            return True
        repository = await self._hub.by_id(verdict.repository_id)
        if repository is None:
            return False
        # What was decided in private may name private parents, also after the repository was opened.
        return caller.may_read(repository.namespace_id) or not (repository.is_private or verdict.private)

    # Serving

    async def admit(self, revision: Revision) -> Admission:
        """
        Whether a revision may run, with what a receipt names. From memory where asked within `ADMISSION_SECONDS`.
        """
        key = (revision.repository.id, revision.commit, revision.repository.is_private)
        kept = self._admissions.get(key)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        verdict = await self.standing_verdict(revision)
        admission = Admission(verdict.id, verdict.value, verdict.terms, verdict.refusal, verdict.download_refusal)
        self._admissions[key] = (time.monotonic() + ADMISSION_SECONDS, admission)
        self._admissions.move_to_end(key)
        if len(self._admissions) > ADMISSIONS:
            self._admissions.popitem(last=False)
        return admission

    async def check_download(self, caller: Caller, revision: Revision, path: str = "") -> None:
        """
        Whether the policy lets bytes of a revision out to this caller. Cards and licence texts always go out, and everything
        to those who may write there, so that an owner can mend or delete. Raises DownloadRefused.
        """
        repository = revision.repository
        if not (await self.standing.held()).rules.touches_downloads or caller.may_write(repository.namespace_id):
            return
        if repository.kind not in ("model", "dataset") or _ALWAYS_OUT.match(path.rpartition("/")[2]):
            return
        refusal = (await self.admit(revision)).download
        if refusal is not None:
            raise DownloadRefused(refusal.message, refusal.verdict_id)

    async def may_download(self, caller: Caller, scope: int, revision: str = "") -> bool:
        """As `check_download`, of what a token of the content store was given for: the network, and perhaps a revision."""
        if not (await self.standing.held()).rules.touches_downloads:
            return True
        repository = await self._hub.by_id(scope)
        if repository is None:
            return True  # whoever may read the network is asked elsewhere
        try:
            await self.check_download(caller, await self._hub.resolve(repository))
            if revision not in ("", "None"):
                await self.check_download(caller, await self._hub.resolve(repository, revision))
        except (DownloadRefused, NotFound):
            return False
        return True

    async def set_policy(self, caller: Caller, document: Any) -> Rules:
        """What verdicts do here, from now on. Audited. Raises NotAllowed, InvalidPolicy."""
        rules = await self.standing.set(caller, document)
        self._forget()
        return rules

    async def dry_run(self, caller: Caller, document: Any) -> DryRun:
        """
        What another policy would stop among all standing verdicts; nothing is written. Raises NotAllowed, InvalidPolicy.
        """
        self.standing.check_may_change(caller)
        rules, before = Rules.from_document(document), (await self.standing.held()).rules
        use = await self.standing_use()
        return await DryRunner(self._database).run(use.id, before, rules)

    async def approve(self, caller: Caller, edit: ApprovalEdit) -> Approval:
        """
        Let something through that asks for approval: `about` is `namespace/*`, `namespace/name` or
        `namespace/name@revision`. Raises NotAllowed, ModelUnknown, InvalidUse.
        """
        self.standing.check_may_change(caller)
        use = await self.standing_use() if edit.use is None else await self.uses.get(edit.use)
        row = {"use_id": use.id, "reason": edit.reason, "until": edit.until, "about": edit.about}
        made = await self.standing.approve(caller, row | await self._target(caller, edit.about, use.id))
        self._forget()
        return made

    async def _target(self, caller: Caller, about: str, use_id: int) -> dict[str, Any]:
        namespace, _, rest = about.partition("/")
        if rest == "*":
            found = await self._hub.list(caller, "model", author=namespace, limit=1)
            if not found:
                raise ModelUnknown(about)
            return {"namespace_id": found[0].namespace_id, "repository_id": None, "commit": "", "rests_on": {}}
        model = await self.find(caller, about)
        if isinstance(model, KnownModel):
            raise InvalidUse(f"{about!r} is not kept here: there is nothing to let through.", hint="Bring it in first.")
        verdict = await self.standing_verdict(model, use_id)
        return {"namespace_id": model.repository.namespace_id, "repository_id": model.repository.id,
                "commit": model.commit if "@" in about else "", "rests_on": rests_on(verdict)}  # fmt: skip

    async def end_approval(self, caller: Caller, number: int, reason: str) -> None:
        """Raises NotAllowed, RecordNotFound."""
        await self.standing.end(caller, number, reason)
        self._forget()

    async def past_approvals(self, caller: Caller) -> list[Approval]:
        """Those that were ended, newest first. For administrators. Raises NotAllowed."""
        self.standing.check_may_change(caller)
        return [one for one in await self.standing.approvals(ended=True) if one.ended_at is not None]

    async def approvals(self, caller: Caller) -> list[tuple[Approval, StaleApproval | None]]:
        """Those nobody ended, newest first, each with why it is stale. For administrators. Raises NotAllowed."""
        self.standing.check_may_change(caller)
        moved = (await self.standing.held()).moved
        return [(one, await self._stale(one, moved)) for one in await self.standing.approvals()]

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
        return approval.stale_because(await self.standing_verdict(revision, approval.use_id), moved)


def _key(model: Revision | KnownModel) -> str:
    return known_key(model) if isinstance(model, KnownModel) else subject_key(model)


def _private(model: Revision | KnownModel) -> bool:
    return isinstance(model, Revision) and model.repository.is_private
