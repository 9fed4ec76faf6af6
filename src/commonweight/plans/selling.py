"""How models are sold and given, as one object over its collaborators."""

from __future__ import annotations

from collections.abc import Mapping

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.identity import Identity
from commonweight.jobs import Handler
from commonweight.plans.entitling import KnownEntitlements
from commonweight.plans.granting import Granting
from commonweight.plans.offering import Offering
from commonweight.plans.owing import Owing
from commonweight.plans.paying import PaymentProvider, Payments
from commonweight.plans.permitting import Permitting
from commonweight.plans.standings import AccountStandings
from commonweight.plans.statements import Statements
from commonweight.plans.subscribing import Subscribing
from commonweight.plans.subscriptions import Subscriptions
from commonweight.plans.upkeep import PlanUpkeep
from commonweight.plans.values import Limits
from commonweight.policy import Policy


class Selling:
    """
    `offering` makes plans, `subscribing` changes and `subscriptions` reads subscriptions, `payments` knows what was paid,
    `owing` what is open or late, `statements` what a month was used, earned and owed, `standings` who is a licensor,
    `granting` which plans permit, `entitlements` what follows; `upkeep` is what jobs do. `default`: limits of whoever calls
    a model under no plan.
    """

    def __init__(
        self,
        database: Database,
        identity: Identity,
        policy: Policy,
        clock: Clock,
        default: Limits,
        providers: Mapping[str, PaymentProvider] | None = None,
    ) -> None:
        self.offering = Offering(database, identity, clock, policy.records)
        self.granting = Granting(database, self.offering, policy.records)
        self.subscribing = Subscribing(database, identity, self.offering, clock)
        self.subscriptions = Subscriptions(database)
        self.owing = Owing(database, clock)
        self.payments = Payments(database, clock, providers or {})
        self.standings = AccountStandings(database, identity, clock, policy.records)
        self.entitlements = KnownEntitlements(database, identity, clock, default)
        self.statements = Statements(database, identity, clock)
        self.upkeep = PlanUpkeep(database, Permitting(database, policy, clock), self.statements, clock)

    def handlers(self) -> dict[str, Handler]:
        """Jobs of this room, by kind."""
        return self.upkeep.handlers()
