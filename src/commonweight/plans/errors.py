"""
What can go wrong around plans.

    InvalidPlan           400   what came is no plan, price or subscription
    PlanNotFound          404
    SubscriptionNotFound  404
    AlreadySubscribed     409
    PlanNeeded            403   the model is under plans, and the caller has none that fits
"""

from __future__ import annotations

from collections.abc import Sequence

from commonweight.errors import Conflict, InvalidInput, NotAllowed, NotFound


class InvalidPlan(InvalidInput):
    code = "invalid_plan"


class PlanNotFound(NotFound):
    code = "plan_not_found"

    def __init__(self, plan: int | str) -> None:
        super().__init__(f"There is no plan {plan}.", hint="GET /cw/v1/plans lists them.")


class SubscriptionNotFound(NotFound):
    code = "subscription_not_found"

    def __init__(self, subscription: int | str) -> None:
        super().__init__(f"There is no subscription {subscription}.", hint="GET /cw/v1/subscriptions lists yours.")


class PlanNeeded(NotAllowed):
    """`plans` are the names (`publisher/plan`) by which the model can be called."""

    code = "plan_needed"

    def __init__(self, repository: str, plans: Sequence[str], why: str = "") -> None:
        hint = f"Subscribe to one of: {', '.join(plans)}." if plans else "Ask its publisher for a plan."
        super().__init__(why or f"{repository} is offered under a plan, and you have none that covers it.", hint=hint)
        self.plans = tuple(plans)


class AlreadySubscribed(Conflict):
    code = "already_subscribed"

    def __init__(self, account: str, plan: str, subscription: int) -> None:
        super().__init__(
            f"{account} has a subscription to {plan} already: number {subscription}.", hint="Change or cancel that one."
        )
        self.subscription = subscription
