"""
Monthly statements, for whoever pays and for whoever publishes. A month is closed some days after its end; until then its
statement is a look at what is there. What reaches the ledger later stands on the next one, marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.errors import NotFound
from commonweight.identity import Account, Caller, Identity, account_names
from commonweight.plans import plan_store
from commonweight.plans import statement_store as store
from commonweight.plans.months import Month
from commonweight.plans.offering import may_manage
from commonweight.plans.statement_store import MoneyLine, Party, UsageLine

CLOSES_AFTER: Final = timedelta(days=2)  # of the month's end: journals of all processes have reached the ledger by then
MAX_MONTHS: Final = 36  # in a list of statements; older ones are had by their month

PAYER: Final = "payer"
PUBLISHER: Final = "publisher"


class StatementNotFound(NotFound):
    code = "statement_not_found"


@dataclass(frozen=True)
class Statement:
    """
    Of one account for one month, as `side`: payer or publisher. `names` of the accounts in it, `plans` (publisher/name) by
    number. Totals are by currency, in micro-units.
    """

    account: str
    side: str
    month: str
    closed: bool
    usage: Sequence[UsageLine]
    money: Sequence[MoneyLine]
    names: Mapping[int, str]
    plans: Mapping[int, str]

    @property
    def charged(self) -> dict[str, int]:
        """Usage and fees, less credits."""
        amounts = [(line.currency, line.cost) for line in self.usage]
        amounts += [(line.currency, line.amount) for line in self.money if line.kind != "payment"]
        return _totals(amounts)

    @property
    def paid(self) -> dict[str, int]:
        return _totals([(line.currency, line.amount) for line in self.money if line.kind == "payment"])

    @property
    def by_model(self) -> dict[str, list[UsageLine]]:
        """What each model was used for: what it earned, and the time of engines that it cost."""
        found: dict[str, list[UsageLine]] = {}
        for line in self.usage:
            found.setdefault(line.repository, []).append(line)
        return found


class Statements:
    """In the database."""

    def __init__(self, database: Database, identity: Identity, clock: Clock) -> None:
        self._database = database
        self._identity = identity
        self._clock = clock

    async def months(self, caller: Caller, account: str = "") -> list[tuple[Month, bool]]:
        """Months with a statement, the newest first, and whether it is closed. Raises StatementNotFound."""
        await self._account(caller, account, PAYER)
        now = Month.of(self._clock.now())
        async with self._database.read() as connection:
            closed, first = await store.newest_closed(connection), await store.first_used(connection)
        months = [now]
        while first is not None and months[-1] > first and len(months) < MAX_MONTHS:
            months.append(months[-1].before)
        return [(month, closed is not None and month <= closed) for month in months]

    async def get(self, caller: Caller, month: str, account: str = "", side: str = PAYER) -> Statement:
        """
        For members of an organisation that pays, and for whoever speaks for one that publishes; one's own without `account`.

        Raises StatementNotFound, InvalidPlan (no month).
        """
        wanted = Month.parse(month)
        if side not in (PAYER, PUBLISHER) or wanted > Month.of(self._clock.now()):
            raise StatementNotFound(f"There is no {side} statement for {month}.", hint="GET /cw/v1/statements lists months.")
        owner = await self._account(caller, account, side)
        party = Party("payer_id" if side == PAYER else "publisher_id", owner.id)
        async with self._database.read() as connection:
            closed = await store.is_closed(connection, wanted)
            look = store.listed if closed else store.unlisted
            usage, money = await look(connection, wanted, party), await store.money(connection, wanted, party)
            lines: list[UsageLine | MoneyLine] = [*usage, *money]
            names = await account_names(connection, {n for line in lines for n in (line.payer_id, line.publisher_id)})
            plans = await plan_store.of_version(connection, sorted({(line.plan_id, line.plan_version) for line in lines}))
        named = {plan.id: plan.full_name for plan in plans.values()}
        return Statement(owner.name, side, str(wanted), closed, usage, money, names, named)

    async def close_months(self) -> list[str]:
        """Close every month that is over for long enough, the oldest first; which were closed."""
        closed: list[str] = []
        while (month := await self._next_to_close()) is not None:
            async with self._database.write() as connection:
                if await store.close(connection, month, self._clock.now()):
                    closed.append(str(month))
        return closed

    async def _next_to_close(self) -> Month | None:
        async with self._database.read() as connection:
            newest, first = await store.newest_closed(connection), await store.first_used(connection)
        month = newest.next if newest else first
        return month if month is not None and month.ends + CLOSES_AFTER <= self._clock.now() else None

    async def _account(self, caller: Caller, name: str, side: str) -> Account:
        """Raises StatementNotFound: what others pay or earn looks missing."""
        owner = await self._identity.find_account(name) if name else caller.account
        if owner is not None:
            sees = caller.may_read(owner.id) if side == PAYER else may_manage(caller, owner.id)
            if sees:
                return owner
        raise StatementNotFound(f"There is no statement of {name or 'nobody'!r:.100}.")


def _totals(amounts: Sequence[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for currency, amount in amounts:
        if currency:
            found[currency] = found.get(currency, 0) + amount
    return found
