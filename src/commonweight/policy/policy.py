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
        self.library = Library(records)
        self._database = database
        self._clock = clock
        self._asked = AskedUses()
        self._decider = Decider(self.library, clock)
        self._subjects = Subjects(hub, known, records, self.texts, headers)
        self._finder = Finder(hub, known)
        self.files_say = FilesTold(hub, self.texts, records, headers).of
        self._keep_records(hub)
        self._judge(hub, known)
        self._stop(hub)
        self._change_facts()
        self._change_uses()

    def _keep_records(self, hub: Hub) -> None:
        """What was recorded, and looked up as it stands."""
        database, clock = self._database, self._clock
        self.uses = Uses(database, self.library, clock)
        self.decisions = Decisions(database, self.library, clock)
        self.standing = StandingPolicy(database, clock)
        self.documents = MovingDocuments(database, self.library, clock)
        self.feed = Feed(database, hub)
        self.models = ModelsOfUses(database, hub)
        self.touching = Touching(database, hub, self.library)
        self._default = DefaultUse(self.uses)

    def _judge(self, hub: Hub, known: KnownModels) -> None:
        """Questions, what they are about, and the verdicts on them."""
        database, library, clock = self._database, self.library, self._clock
        finder, subjects, decider, default = self._finder, self._subjects, self._decider, self._default
        self._looker = Looker(database, hub, known, subjects, library, self._asked)
        self._settler = Settler(database, library, decider, self._asked, clock)
        store, staleness = Verdicts(database), Staleness(database, library, self._settler, clock)
        self._verdicts = verdicts = StandingVerdicts(database, clock, self._looker, self._settler, self.standing, default)
        self._holders = holders = Holders(database, clock, self.uses, default, subjects, decider, store, verdicts)
        own = OwnQuestions(library, clock, finder, subjects, decider, store, self.uses, default, holders)
        self.find, self.subject_for, self.stands_on = finder.find, subjects.of, Descents(database, known).of
        self.standing_use, self.verdict_for = default.get, holders.verdict
        self.standing_verdict, self.standing_verdicts, self.key_of = verdicts.of, verdicts.of_many, verdicts.key_of
        self.verdicts_at_hand = verdicts.at_hand
        self.decide, self.guided = own.decide, own.guided
        self.verdict = VerdictReader(hub, store, staleness, self.uses, verdicts).read

    def _stop(self, hub: Hub) -> None:
        """What a verdict stops, and what is let through all the same."""
        database, clock, finder, uses = self._database, self._clock, self._finder, self.uses
        default, standing = self._default, self.standing
        self._gate = gate = Gate(hub, standing, self._holders)
        self.admit, self.unchanged = gate.admit, gate.unchanged
        self.check_download, self.may_download = gate.check_download, gate.may_download
        approving = Approving(database, hub, clock, finder, uses, default, standing, self._verdicts, self._forget)
        self.set_policy, self.dry_run = approving.set_policy, approving.dry_run
        self.approve, self.end_approval = approving.approve, approving.end_approval
        self.approvals, self.past_approvals = approving.approvals, approving.past_approvals

    def _change_facts(self) -> None:
        """Permissions and decisions, and what deeds come to."""
        database, library, clock = self._database, self.library, self._clock
        sweeper = Sweeper(database, library, self._decider, self._asked, clock)
        self._previewer = previewer = Previewer(database, library, self._decider, self._asked, clock)
        self._outcomes = outcomes = Outcomes(database, self.uses, sweeper, self._forget)
        self.upkeep = Upkeep(database, library, self.uses, self._looker, self._settler, sweeper, clock)
        self.outcome = outcomes.so_far
        finder, subjects = self._finder, self._subjects
        deeds = DecisionDeeds(self.uses, self.decisions, finder, subjects, self._verdicts, previewer, outcomes)
        self.grant_permission, self.end_permission = deeds.grant_permission, deeds.end_permission
        self.record_decision, self.end_decision = deeds.record_decision, deeds.end_decision
        self.preview_permission, self.preview_decision = deeds.preview_permission, deeds.preview_decision

    def _change_uses(self) -> None:
        previewer, outcomes = self._previewer, self._outcomes
        deeds = UseDeeds(self._clock, self.uses, self._default, self.upkeep, previewer, outcomes, self._forget)
        self.set_standing_use, self.set_organisation = deeds.set_standing_use, deeds.set_organisation
        self.create_use, self.change_use, self.end_use = deeds.create_use, deeds.change_use, deeds.end_use
        self.make_default = deeds.make_default
        self.preview, self.preview_use = deeds.preview, deeds.preview_use

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
