"""What this installation allows: its standing use, the verdicts that stand for it, and what a verdict stops."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.errors import NotAuthenticated
from commonweight.hub import Descent, Descents, Hub, KnownModel, KnownModels, Revision
from commonweight.identity import Caller
from commonweight.policy.deciding import Decider
from commonweight.policy.errors import InvalidUse, VerdictNotFound
from commonweight.policy.finding import Finder
from commonweight.policy.store import Standing, Verdicts
from commonweight.policy.subjects import Subjects, known_key, subject_key
from commonweight.policy.uses import UseEdit, Uses, checked_facts, varied
from commonweight.policy.values import Admission, StoredVerdict, Subject, Use, UseChange, VerdictChange
from commonweight.rights import Answers, Asking, Engine, Guided, Records, RightsError

log = logging.getLogger(__name__)

ADMISSION_SECONDS: Final = 5.0  # a changed use or record reaches the hot path of another process after at most this
ADMISSIONS: Final = 4096  # revisions being served at once by one process; one costs about a kilobyte
USE_SECONDS: Final = 2.0  # likewise for pages
CHECK_AGAIN: Final = timedelta(minutes=10)  # a parent may have changed its card: lists look again after this, pages at once
MAX_REVIEWED: Final = 5_000  # verdicts decided again at once when the use changes; further ones follow when asked for


class Policy:
    """The room's one object. Two of them on one database agree within seconds."""

    def __init__(self, database: Database, hub: Hub, known: KnownModels, records: Records, clock: Clock) -> None:
        self.records = records
        self._clock = clock
        self._hub = hub
        self._uses = Uses(database, clock)
        self._subjects = Subjects(hub, known, records)
        self._descents = Descents(database, known)
        self._decider = Decider(records, clock)
        self._store = Verdicts(database)
        self._finder = Finder(hub, known)
        self._use: tuple[float, Use] | None = None
        self._admissions: OrderedDict[tuple[int, str, bool], tuple[float, Admission]] = OrderedDict()

    # Uses

    async def standing_use(self) -> Use:
        """The use for which verdicts stand; *internal evaluation by a company, facts unknown* until somebody says more."""
        kept = self._use
        if kept is None or kept[0] < time.monotonic():
            kept = self._use = (time.monotonic() + USE_SECONDS, await self._uses.standing())
        return kept[1]

    async def set_standing_use(
        self, caller: Caller, facts: Mapping[str, Any], *, name: str = "", description: str = ""
    ) -> UseChange:
        """
        Change the standing use and decide again what stands. Audited.

        Raises NotAllowed for anybody but an administrator, InvalidUse for facts that cannot be.
        """
        before = await self._store.all_standing((await self._uses.standing()).id)
        use = await self._uses.set_standing(caller, UseEdit(facts, name, description))
        self._forget()
        return UseChange(use, await self._review(use, _newest(before)))

    async def preview_use(self, caller: Caller, facts: Mapping[str, Any]) -> tuple[VerdictChange, ...]:
        """Which standing verdicts another use would change; nothing is written. Raises as `set_standing_use`."""
        self._uses.check_may_change(caller)
        checked = checked_facts(facts, self._clock)
        use = await self.standing_use()
        standing = _newest(await self._store.all_standing(use.id))[:MAX_REVIEWED]
        after = [self._decider.decide(use.name, checked, _subject_of(row.verdict)) for row in standing]
        return _changes(standing, after)

    async def _review(self, use: Use, standing: list[Standing]) -> tuple[VerdictChange, ...]:
        """Decide again what stood; the subjects are as they were, so nothing has to be read."""
        standing = standing[:MAX_REVIEWED]
        basis = self._decider.basis(use)
        rows = []
        for row in standing:
            subject = _subject_of(row.verdict)
            verdict = self._decider.decide(use.name, use.facts, subject)
            rows.append(Standing(verdict, basis, self._decider.inputs(basis, subject), row.checked_at))
        await self._store.let_stand(use.id, rows, use.facts)
        return _changes(standing, [row.verdict for row in rows])

    def _forget(self) -> None:
        self._use = None
        self._admissions.clear()

    # Subjects

    async def subject_for(self, model: Revision | KnownModel) -> Subject:
        """What a verdict on it is about: the model and its lineage, as a question takes it."""
        if isinstance(model, KnownModel):
            return await self._subjects.of_known(model)
        return await self._subjects.of_revision(model)

    async def stands_on(self, caller: Caller, model: Revision | KnownModel) -> Descent:
        """Everything that stands on it, kept here or known, as far as the caller may see."""
        return await self._descents.of(caller, model)

    async def find(self, caller: Caller, name: str) -> Revision | KnownModel:
        """`namespace/name[@revision]`, `datasets/namespace/name` or the id of a known model. Raises ModelUnknown."""
        return await self._finder.find(caller, name)

    # Verdicts

    async def standing_verdict(self, model: Revision | KnownModel) -> StoredVerdict:
        """
        The verdict for the standing use. Decided once and kept; decided anew when the use, a record, the commit or
        anything in the lineage is no longer what it rests on.
        """
        use = await self.standing_use()
        key = _key(model)
        kept = (await self._store.standing(use.id, [key])).get(key)
        return (await self._settled(use, [(model, kept)]))[key]

    async def standing_verdicts(self, models: Sequence[Revision | KnownModel]) -> dict[str, StoredVerdict]:
        """
        Standing verdicts of many, by `subject` of the verdict (`key_of` gives it). One look into the database where
        nothing has changed; a change in a parent's card is noticed within `CHECK_AGAIN`. One that cannot be decided on is
        left out.
        """
        use = await self.standing_use()
        kept = await self._store.standing(use.id, [_key(model) for model in models])
        basis, now = self._decider.basis(use), self._clock.now()
        found: dict[str, StoredVerdict] = {}
        unsettled: list[tuple[Revision | KnownModel, Standing | None]] = []
        for model in models:
            row = kept.get(_key(model))
            if row and row.basis == basis and now - row.checked_at < CHECK_AGAIN and row.verdict.private == _private(model):
                found[_key(model)] = row.verdict
            else:
                unsettled.append((model, row))
        return found | await self._settled(use, unsettled, skip=True)

    async def _settled(
        self, use: Use, models: Sequence[tuple[Revision | KnownModel, Standing | None]], *, skip: bool = False
    ) -> dict[str, StoredVerdict]:
        """
        Look at each lineage; decide where the inputs are not those of what stands; write in one transaction.

        With `skip` a model that cannot be decided on is left out: it must not take a list of others along.
        """
        basis, now = self._decider.basis(use), self._clock.now()
        standing: dict[str, Standing] = {}
        before = {_key(model): kept for model, kept in models}
        for model, kept in models:
            try:
                standing[_key(model)] = await self._judged(use, basis, model, kept)
            except RightsError as error:
                if not skip:
                    raise
                log.warning("no verdict on %s: %s", _key(model), error.sentence)
        new = [row for key, row in standing.items() if row is not before[key]]
        old = [key for key, row in standing.items() if now - row.checked_at > CHECK_AGAIN / 2]
        await self._store.let_stand(use.id, new, use.facts)
        await self._store.note_checked(use.id, old, now)
        return {key: row.verdict for key, row in standing.items()}

    async def _judged(self, use: Use, basis: str, model: Revision | KnownModel, kept: Standing | None) -> Standing:
        """What was kept, where it rests on what holds now; else a new verdict. Raises RightsError."""
        subject = await self.subject_for(model)
        inputs = self._decider.inputs(basis, subject)
        if kept is not None and kept.inputs == inputs:
            return kept
        return Standing(self._decider.decide(use.name, use.facts, subject), basis, inputs, self._clock.now())

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
            verdict = self._decider.decide(name[:96], checked, await self.subject_for(found), caller.account.id)
        except RightsError as error:
            raise InvalidUse(error.detail, hint=error.hint) from None
        await self._store.keep(verdict, checked)
        return verdict

    async def guided(self, caller: Caller, model: Revision | KnownModel, use: Mapping[str, Any], answers: Answers) -> Guided:
        """
        What is still to be asked about a model, from the standing use with `use` (acts, purposes) in place of its own, after
        these answers. Nothing is kept. Raises NotAuthenticated, InvalidUse.
        """
        if caller.account is None:
            raise NotAuthenticated("Questions about your own case need an account.", hint="Sign in, or send a token.")
        standing = await self.standing_use()
        checked = checked_facts(varied(standing.facts, use), self._clock)
        subject = await self.subject_for(model)
        asking = Asking(Engine(self.records), self._clock.now().date())
        try:
            return await asyncio.to_thread(asking.guided, {**checked, "subject": dict(subject.document)}, answers)
        except RightsError as error:
            raise InvalidUse(error.detail, hint=error.hint) from None

    async def verdict(self, caller: Caller, id: str) -> StoredVerdict:
        """
        A verdict by its id, for those who may read what it is about; one on somebody's own facts, for them alone.

        Raises VerdictNotFound: an id is never a right.
        """
        found = await self._store.get(id)
        if found is None or not await self._may_read(caller, found):
            raise VerdictNotFound(id)
        return found

    async def _may_read(self, caller: Caller, verdict: StoredVerdict) -> bool:
        own = caller.account is not None and caller.account.id == verdict.account_id
        if verdict.account_id is not None and not (own or caller.is_admin):
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
        admission = Admission(verdict.id, verdict.value, verdict.terms, verdict.refusal)
        self._admissions[key] = (time.monotonic() + ADMISSION_SECONDS, admission)
        self._admissions.move_to_end(key)
        if len(self._admissions) > ADMISSIONS:
            self._admissions.popitem(last=False)
        return admission


def _key(model: Revision | KnownModel) -> str:
    return known_key(model) if isinstance(model, KnownModel) else subject_key(model)


def _private(model: Revision | KnownModel) -> bool:
    return isinstance(model, Revision) and model.repository.is_private


def _subject_of(verdict: StoredVerdict) -> Subject:
    """The subject of a verdict as it was then."""
    return Subject(
        verdict.subject,
        _title(verdict.subject),
        verdict.lineage,
        verdict.repository_id,
        verdict.namespace_id,
        verdict.private,
    )


def _title(subject: str) -> str:
    return subject.partition("/")[2].partition("@")[0]


def _newest(standing: Mapping[str, Standing]) -> list[Standing]:
    """One per repository (the verdict decided last) and per known model."""
    newest: dict[object, Standing] = {}
    for row in sorted(standing.values(), key=lambda row: row.verdict.created_at):
        newest[row.verdict.repository_id or row.verdict.subject] = row
    return sorted(newest.values(), key=lambda row: row.verdict.subject)


def _changes(before: Sequence[Standing], after: Sequence[StoredVerdict]) -> tuple[VerdictChange, ...]:
    pairs = zip(before, after, strict=True)
    return tuple(
        VerdictChange(new.subject, _title(new.subject), old.verdict.value, new.value, new.headline)
        for old, new in pairs
        if old.verdict.value != new.value
    )
