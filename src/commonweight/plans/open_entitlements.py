"""What everybody may do where no plan says otherwise."""

from __future__ import annotations

from commonweight.identity import Caller
from commonweight.plans.values import Entitlement, Limits, ModelFacts, Wanted


class OpenEntitlements:
    """The same limits for every payer, no price: an installation without plans."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()

    async def of(self, caller: Caller, model: ModelFacts, wanted: Wanted) -> Entitlement:
        own = caller.account.id if caller.account else 0
        return Entitlement(wanted.payer_id or own, self._limits, wanted.commercial)
