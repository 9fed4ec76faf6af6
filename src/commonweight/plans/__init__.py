"""What a caller may do with a model and what it costs: plans, subscriptions, what follows from them. See docs/plans.md."""

from commonweight.plans.entitling import KnownEntitlements
from commonweight.plans.errors import AlreadySubscribed, InvalidPlan, PlanNeeded, PlanNotFound, SubscriptionNotFound
from commonweight.plans.offering import Offering, PlanEdit
from commonweight.plans.paying import ManualPayment, Payment, PaymentProvider, Payments, SubscriptionUnknown
from commonweight.plans.permitting import Permitting
from commonweight.plans.selling import Selling
from commonweight.plans.standings import AccountStanding, AccountStandings
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
from commonweight.plans.webhooks import BadSignature, SignedWebhooks, providers_of

__all__ = [
    "MICRO",
    "AccountStanding",
    "AccountStandings",
    "AlreadySubscribed",
    "BadSignature",
    "Covered",
    "Entitlement",
    "Entitlements",
    "Event",
    "Grant",
    "InvalidPlan",
    "Join",
    "KnownEntitlements",
    "Limits",
    "ManualPayment",
    "ModelFacts",
    "Offering",
    "Payment",
    "PaymentProvider",
    "Payments",
    "Permitting",
    "Plan",
    "PlanEdit",
    "PlanNeeded",
    "PlanNotFound",
    "Price",
    "Selling",
    "Shown",
    "SignedWebhooks",
    "State",
    "Subscribing",
    "Subscription",
    "SubscriptionNotFound",
    "SubscriptionUnknown",
    "Subscriptions",
    "Terms",
    "Tokens",
    "Wanted",
    "half_even",
    "providers_of",
    "read_terms",
    "write_terms",
]
