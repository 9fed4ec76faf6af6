"""What a caller may do with a model and what it costs: plans, subscriptions, what follows from them. See docs/plans.md."""

from commonweight.plans.entitling import KnownEntitlements
from commonweight.plans.errors import AlreadySubscribed, InvalidPlan, PlanNeeded, PlanNotFound, SubscriptionNotFound
from commonweight.plans.offering import Offering, PlanEdit
from commonweight.plans.subscribing import Subscribing
from commonweight.plans.subscriptions import Shown, Subscriptions
from commonweight.plans.terms import read_terms, write_terms
from commonweight.plans.values import (
    MICRO,
    Covered,
    Entitlement,
    Entitlements,
    Event,
    Grant,
    Join,
    Limits,
    ModelFacts,
    Plan,
    Price,
    State,
    Subscription,
    Terms,
    Tokens,
    Wanted,
    half_even,
)

__all__ = [
    "MICRO",
    "AlreadySubscribed",
    "Covered",
    "Entitlement",
    "Entitlements",
    "Event",
    "Grant",
    "InvalidPlan",
    "Join",
    "KnownEntitlements",
    "Limits",
    "ModelFacts",
    "Offering",
    "Plan",
    "PlanEdit",
    "PlanNeeded",
    "PlanNotFound",
    "Price",
    "Shown",
    "State",
    "Subscribing",
    "Subscription",
    "SubscriptionNotFound",
    "Subscriptions",
    "Terms",
    "Tokens",
    "Wanted",
    "half_even",
    "read_terms",
    "write_terms",
]
