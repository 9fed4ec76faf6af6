"""What a caller may do with a model and what it costs: plans, subscriptions, what follows from them. See docs/plans.md."""

from commonweight.plans.accounting import Accounting
from commonweight.plans.admission import Admitted
from commonweight.plans.demand import BATCH, INTERACTIVE, Demand, Ticket
from commonweight.plans.entitling import KnownEntitlements
from commonweight.plans.errors import AlreadySubscribed, InvalidPlan, PlanNeeded, PlanNotFound, SubscriptionNotFound
from commonweight.plans.key_terms import Budget, InvalidKey, KeyTerms, TermsOfKeys
from commonweight.plans.key_use import KeyUse, Used
from commonweight.plans.key_values import Key, KeyWish
from commonweight.plans.keys import KeyNotFound, Keys
from commonweight.plans.months import Month
from commonweight.plans.offering import Offering, PlanEdit
from commonweight.plans.open_entitlements import OpenEntitlements
from commonweight.plans.owing import Owed, Owing
from commonweight.plans.paying import ManualPayment, Message, Payment, PaymentProvider, Payments, SubscriptionUnknown
from commonweight.plans.permitting import Permitting
from commonweight.plans.refusals import KeyNotAllowed, Limited, NotRecorded, QuotaExceeded, RateLimited
from commonweight.plans.selling import Selling
from commonweight.plans.standings import AccountStanding, AccountStandings, StandingNotFound
from commonweight.plans.statement_store import MoneyLine, UsageLine
from commonweight.plans.statement_text import as_csv, decimal
from commonweight.plans.statements import Statement, StatementNotFound, Statements
from commonweight.plans.subscribing import Subscribing
from commonweight.plans.subscriptions import Shown, Subscriptions
from commonweight.plans.terms import read_terms, write_terms
from commonweight.plans.usage import MINUTES_KEPT, Usage, UsageRow, UsageWish
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
from commonweight.plans.windows import Period

__all__ = [
    "BATCH",
    "INTERACTIVE",
    "MICRO",
    "MINUTES_KEPT",
    "AccountStanding",
    "AccountStandings",
    "Accounting",
    "Admitted",
    "AlreadySubscribed",
    "BadSignature",
    "Budget",
    "Covered",
    "Demand",
    "Entitlement",
    "Entitlements",
    "Event",
    "Grant",
    "InvalidKey",
    "InvalidPlan",
    "Join",
    "Key",
    "KeyNotAllowed",
    "KeyNotFound",
    "KeyTerms",
    "KeyUse",
    "KeyWish",
    "Keys",
    "KnownEntitlements",
    "Limited",
    "Limits",
    "ManualPayment",
    "Message",
    "ModelFacts",
    "MoneyLine",
    "Month",
    "NotRecorded",
    "Offering",
    "OpenEntitlements",
    "Owed",
    "Owing",
    "Payment",
    "PaymentProvider",
    "Payments",
    "Period",
    "Permitting",
    "Plan",
    "PlanEdit",
    "PlanNeeded",
    "PlanNotFound",
    "Price",
    "QuotaExceeded",
    "RateLimited",
    "Selling",
    "Shown",
    "SignedWebhooks",
    "StandingNotFound",
    "State",
    "Statement",
    "StatementNotFound",
    "Statements",
    "Subscribing",
    "Subscription",
    "SubscriptionNotFound",
    "SubscriptionUnknown",
    "Subscriptions",
    "Terms",
    "TermsOfKeys",
    "Ticket",
    "Tokens",
    "Usage",
    "UsageLine",
    "UsageRow",
    "UsageWish",
    "Used",
    "Wanted",
    "as_csv",
    "decimal",
    "half_even",
    "providers_of",
    "read_terms",
    "write_terms",
]
