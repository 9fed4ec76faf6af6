"""What this installation allows: its uses, the verdicts that stand for them, and what a verdict stops."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.hub import Descents, Hub, KnownModels
from commonweight.identity import account_names
from commonweight.policy import marking
from commonweight.policy.answering import StandingVerdicts
from commonweight.policy.approving import ApprovalEdit, Approving
from commonweight.policy.asking_store import AskedUses
from commonweight.policy.deciding import Decider
from commonweight.policy.decision_deeds import DecisionDeeds
from commonweight.policy.decisions import Decisions
from commonweight.policy.default_use import DefaultUse
from commonweight.policy.feed import Feed
from commonweight.policy.files_told import FilesTold
from commonweight.policy.finding import Finder
from commonweight.policy.gate import Gate
from commonweight.policy.holders import Holders
from commonweight.policy.library import Library
from commonweight.policy.looking import Looker
from commonweight.policy.models_of_use import ModelsOfUses
from commonweight.policy.moving_documents import MovingDocuments
from commonweight.policy.outcomes import Outcomes
from commonweight.policy.own_questions import OwnQuestions
from commonweight.policy.previewing import Previewer
from commonweight.policy.settling import Settler
from commonweight.policy.staleness import Staleness
from commonweight.policy.standing_policy import StandingPolicy
from commonweight.policy.store import Verdicts
from commonweight.policy.subjects import Headers, Subjects
from commonweight.policy.sweep_progress import SweepProgress, sweep_progress
from commonweight.policy.sweeping import Sweeper
from commonweight.policy.touching import Touching
from commonweight.policy.upkeep import Upkeep
from commonweight.policy.use_deeds import UseDeeds
from commonweight.policy.uses import Uses
from commonweight.policy.verdict_reading import VerdictReader
from commonweight.rights import Records
from commonweight.vetting import KeptReadings, LicenceTexts

__all__ = ["ApprovalEdit", "Policy"]


class Policy:
    """
    The room's one object: it puts the collaborators together, and answers by their methods. Two of them on one database
    agree within seconds.

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
        self.library = library = Library(records)
        asked, decider = AskedUses(), Decider(library, clock)
        self.uses = uses = Uses(database, library, clock)
        self.decisions = decisions = Decisions(database, library, clock)
        self.feed = Feed(database, hub)
        self.models = ModelsOfUses(database, hub)
        self.touching = Touching(database, hub, library)
        self.standing = standing = StandingPolicy(database, clock)
        self.documents = MovingDocuments(database, library, clock)

        # Subjects
        finder, subjects = Finder(hub, known), Subjects(hub, known, records, self.texts, headers)
        looker = Looker(database, hub, known, subjects, library, asked)
        self.find = finder.find
        self.subject_for = subjects.of
        self.files_say = FilesTold(hub, self.texts, records, headers).of
        self.stands_on = Descents(database, known).of

        # Verdicts
        store, settler = Verdicts(database), Settler(database, library, decider, asked, clock)
        self._default = default = DefaultUse(uses)
        verdicts = StandingVerdicts(database, clock, looker, settler, standing, default)
        holders = Holders(database, clock, uses, default, subjects, decider, store, verdicts)
        self.verdict_for = holders.verdict
        own = OwnQuestions(library, clock, finder, subjects, decider, store, uses, default, holders)
        self.standing_use = default.get
        self.standing_verdict = verdicts.of
        self.standing_verdicts = verdicts.of_many
        self.key_of = verdicts.key_of
        self.decide = own.decide
        self.guided = own.guided
        self.verdict = VerdictReader(hub, store, Staleness(database, library, settler, clock), uses, verdicts).read

        # What a verdict stops
        self._gate = gate = Gate(hub, standing, holders)
        self.admit = gate.admit
        self.check_download = gate.check_download
        self.may_download = gate.may_download
        approving = Approving(database, hub, clock, finder, uses, default, standing, verdicts, self._forget)
        self.set_policy = approving.set_policy
        self.dry_run = approving.dry_run
        self.approve = approving.approve
        self.end_approval = approving.end_approval
        self.approvals = approving.approvals
        self.past_approvals = approving.past_approvals

        # Deeds, and what they come to
        sweeper = Sweeper(database, library, decider, asked, clock)
        previewer = Previewer(database, library, decider, asked, clock)
        outcomes = Outcomes(database, uses, sweeper, self._forget)
        self.upkeep = upkeep = Upkeep(database, library, uses, looker, settler, sweeper, clock)
        self.outcome = outcomes.so_far
        of_uses = UseDeeds(clock, uses, default, upkeep, previewer, outcomes, self._forget)
        self.set_standing_use = of_uses.set_standing_use
        self.set_organisation = of_uses.set_organisation
        self.create_use = of_uses.create_use
        self.change_use = of_uses.change_use
        self.make_default = of_uses.make_default
        self.end_use = of_uses.end_use
        self.preview = of_uses.preview
        self.preview_use = of_uses.preview_use
        decided = DecisionDeeds(uses, decisions, finder, subjects, verdicts, previewer, outcomes)
        self.grant_permission = decided.grant_permission
        self.end_permission = decided.end_permission
        self.record_decision = decided.record_decision
        self.end_decision = decided.end_decision
        self.preview_permission = decided.preview_permission
        self.preview_decision = decided.preview_decision

    def _forget(self) -> None:
        """What this process remembers of uses, policy and admissions: a deed has changed it."""
        self._default.forget()
        self.standing.forget()
        self._gate.forget()

    # What is read off

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
