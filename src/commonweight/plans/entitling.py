"""`Entitlements` over the database: what follows from plans and subscriptions for one caller and one model, from memory."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.db.tables import offering as tables
from commonweight.identity import Caller, Identity
from commonweight.plans import plan_store
from commonweight.plans.errors import PlanNeeded
from commonweight.plans.holding import Held, held_by
from commonweight.plans.matching import concerns, covers
from commonweight.plans.subscriptions import holders
from commonweight.plans.values import Entitlement, Join, Limits, ModelFacts, Plan, Wanted
from commonweight.remembering import Remembered

ENTITLED_SECONDS: Final = 2.0  # a new plan, a subscription that ended reach a running process after this
REMEMBERED: Final = 4_096  # of each kind; about a kilobyte each

_plans = tables.plans.c


class KnownEntitlements:
    """Implements `Entitlements`. `default` are the limits of whoever calls a model that no plan is about."""

    def __init__(self, database: Database, identity: Identity, clock: Clock, default: Limits) -> None:
        self._database = database
        self._identity = identity
        self._clock = clock
        self._default = default
        self._offered: Remembered[Hashable, tuple[int | None, list[Plan]]] = Remembered(ENTITLED_SECONDS, REMEMBERED)
        self._held: Remembered[Hashable, list[Held]] = Remembered(ENTITLED_SECONDS, REMEMBERED)
        self._found: Remembered[Hashable, Entitlement | PlanNeeded] = Remembered(ENTITLED_SECONDS, REMEMBERED)

    async def of(self, caller: Caller, model: ModelFacts, wanted: Wanted) -> Entitlement:
        """See `Entitlements.of`."""
        key = (caller.standing, model, wanted)
        found = self._found.fresh(key) or await self._found.get(key, lambda: self._look(caller, model, wanted))
        if isinstance(found, PlanNeeded):
            raise PlanNeeded(model.repository, found.plans, found.detail)
        return found

    def forget(self) -> None:
        """A plan or a subscription was changed by this process."""
        for kept in (self._offered, self._held, self._found):
            kept.forget()

    async def _look(self, caller: Caller, model: ModelFacts, wanted: Wanted) -> Entitlement | PlanNeeded:
        namespace = model.namespace.lower()
        owner, offered = await self._offered.get(namespace, lambda: self._offered_in(namespace))
        about = [plan for plan in offered if concerns(plan, model)]
        accounts = [number for number in holders(caller) if wanted.payer_id in (None, number)]
        held = await self._held.get(tuple(accounts), lambda: self._held_by(accounts))
        if not accounts:
            return PlanNeeded(model.repository, [], f"The key is paid for by account {wanted.payer_id}, and is not of it.")
        own = accounts[0]
        fitting = [one for one in held if one.may(wanted) and _fits(one.plan, model, wanted)]
        choices = [_by_subscription(one) for one in sorted(fitting, key=_preference)]
        choices += [
            _automatic(plan, own) for plan in about if plan.terms.join is Join.AUTOMATIC and _fits(plan, model, wanted)
        ]
        if choices:
            return choices[0]
        if wanted.plan_id is not None:
            return await self._key_of_a_plan(wanted.plan_id, model, about, held)
        if about and not _at_home(caller, namespace):
            return PlanNeeded(model.repository, [plan.full_name for plan in about])
        return Entitlement(own, self._default, commercial=wanted.commercial, publisher_id=owner)

    async def _key_of_a_plan(
        self, plan_id: int, model: ModelFacts, about: Sequence[Plan], held: Sequence[Held]
    ) -> PlanNeeded:
        """Why a key that names a plan cannot call a model: nobody who pays has the plan now, or it is not about that."""
        async with self._database.read() as connection:
            name = next((plan.full_name for plan in await plan_store.find(connection, _plans.id == plan_id)), str(plan_id))
        why = f"The key is for the plan {name}, by which {model.repository} cannot be called for this use."
        if all(one.plan.id != plan_id for one in held):
            why = f"The key is for the plan {name}, to which there is no subscription now."
        return PlanNeeded(model.repository, [plan.full_name for plan in about], why)

    async def _offered_in(self, namespace: str) -> tuple[int | None, list[Plan]]:
        """Who owns a namespace, and the plans that can be about its models."""
        publisher = await self._identity.find_account(namespace)
        of_publisher = _plans.publisher_id == (publisher.id if publisher else 0)
        async with self._database.read() as connection:
            found = await plan_store.find(connection, _plans.offered & (of_publisher | _plans.anywhere))
        return (publisher.id if publisher else None), found

    async def _held_by(self, accounts: Sequence[int]) -> list[Held]:
        async with self._database.read() as connection:
            return await held_by(connection, accounts, self._clock.now())


def _fits(plan: Plan, model: ModelFacts, wanted: Wanted) -> bool:
    use = plan.terms.commercial or not wanted.commercial
    return use and wanted.plan_id in (None, plan.id) and covers(plan, model)


def _preference(one: Held) -> tuple[int, int]:
    """The faster one, then the older."""
    return (-one.plan.terms.limits.weight, one.subscription.id)


def _by_subscription(one: Held) -> Entitlement:
    terms = one.plan.terms
    return Entitlement(
        payer_id=one.subscription.subscriber_id,
        limits=terms.limits,
        commercial=terms.commercial and one.subscription.commercial,
        plan_id=one.plan.id,
        plan_version=one.plan.version,
        subscription_id=one.subscription.id,
        publisher_id=one.plan.publisher_id,
        included_tokens=one.included,
        price=terms.price,
    )


def _automatic(plan: Plan, payer_id: int) -> Entitlement:
    terms = plan.terms
    return Entitlement(
        payer_id=payer_id,
        limits=terms.limits,
        commercial=terms.commercial,
        plan_id=plan.id,
        plan_version=plan.version,
        publisher_id=plan.publisher_id,
        included_tokens=terms.included_tokens,
    )


def _at_home(caller: Caller, namespace: str) -> bool:
    """Members of the model's namespace and administrators of the installation need no plan."""
    if caller.account is None:
        return False
    names = {caller.account.name.lower(), *(account.name.lower() for account, _ in caller.organisations.values())}
    return caller.account.is_admin or namespace in names
