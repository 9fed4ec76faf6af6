"""What a key was made for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from commonweight.db import Database
from commonweight.db.tables import accounting as tables
from commonweight.identity import Caller
from commonweight.plans.errors import InvalidPlan
from commonweight.plans.refusals import KeyNotAllowed
from commonweight.plans.windows import Period
from commonweight.remembering import Remembered

TOKENS: Final = "tokens"
TERMS_SECONDS: Final = 2.0  # changed terms of a key reach a running process after this
TERMS_KEPT: Final = 4_096  # keys in use at once by one process; one costs less than a kilobyte
MAX_MODELS: Final = 100  # patterns of one key, each compared at each request
MAX_BUDGET: Final = 10**15  # a thousand million units of money in micro-units; far below what 64 bits hold
_PATTERN: Final = re.compile(r"[\w.:-]{1,200}|[\w.-]{1,96}/(\*|[\w.-]{1,96})", re.ASCII)
_UNIT: Final = re.compile(r"[A-Z]{3}")


class InvalidKey(InvalidPlan):
    code = "invalid_key"


@dataclass(frozen=True, slots=True)
class Budget:
    """`amount` tokens, or micro-units of the currency `unit`, of each calendar month (UTC) or of the key's life."""

    unit: str
    amount: int
    period: Period

    def checked(self) -> Budget:
        """Raises InvalidKey."""
        if self.unit != TOKENS and not _UNIT.fullmatch(self.unit):
            raise InvalidKey(f"{self.unit!r} is no unit of a budget; expected 'tokens' or a currency such as EUR.")
        if self.period not in (Period.MONTH, Period.TOTAL):
            raise InvalidKey(f"{self.period!r} is no period of a budget; expected month or total.")
        if not 0 < self.amount <= MAX_BUDGET:
            raise InvalidKey(f"A budget of {self.amount} was given; expected 1 to {MAX_BUDGET}.")
        return self


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """
    `payer_id`: who is billed; None: the caller's own account. `plan_id`: by which plan it calls; None: whichever fits.
    `use_id`: whose verdicts hold; None: the default use. `models`: patterns; empty: all. `signed`: every answer gets a
    signed receipt, asked for or not.
    """

    payer_id: int | None = None
    plan_id: int | None = None
    use_id: int | None = None
    commercial: bool = True
    models: tuple[str, ...] = ()
    budget: Budget | None = None
    signed: bool = False

    def check_model(self, asked: str, repository: str) -> None:
        """`asked` as the caller wrote it, `repository` what it means. Raises KeyNotAllowed."""
        if self.models and not any(_fits(pattern, asked, repository) for pattern in self.models):
            raise KeyNotAllowed(
                f"This key may not be used for {asked or repository!r}.",
                hint=f"It may be used for: {', '.join(self.models)}.",
            )

    def check_payer(self, caller: Caller) -> None:
        """Raises KeyNotAllowed where the caller is no member of the organisation any more."""
        mine = caller.account is not None and self.payer_id == caller.account.id
        if self.payer_id is not None and not mine and self.payer_id not in caller.organisations:
            raise KeyNotAllowed(
                "This key is billed to an organisation that its owner is no member of any more.", hint="Make another key."
            )


OPEN: Final = KeyTerms()


def checked_models(patterns: Iterable[str]) -> tuple[str, ...]:
    """An alias, `namespace/name`, or `namespace/*`. Raises InvalidKey."""
    found = tuple(dict.fromkeys(pattern.strip() for pattern in patterns))
    for pattern in found:
        if not _PATTERN.fullmatch(pattern):
            raise InvalidKey(f"{pattern!r} names no models.", hint="Write namespace/name, namespace/*, or an alias.")
    if len(found) > MAX_MODELS:
        raise InvalidKey(f"{len(found)} models were given; at most {MAX_MODELS} are kept for a key.")
    return found


def _fits(pattern: str, asked: str, repository: str) -> bool:
    if pattern.endswith("/*"):
        return repository.startswith(pattern[:-1])
    return pattern in (asked, repository)


class TermsOfKeys:
    """By the number of a token, through a few seconds of memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: Remembered[int, KeyTerms] = Remembered(TERMS_SECONDS, TERMS_KEPT)

    async def of(self, caller: Caller) -> KeyTerms:
        """The terms of the token by which somebody calls."""
        if caller.token is None:
            return OPEN
        number = caller.token.id
        return self._kept.fresh(number) or await self._kept.get(number, lambda: self._look(number))

    async def use_of(self, caller: Caller) -> int | None:
        """Whose verdicts hold for what is called by this token; None: those of the default use."""
        known = self._kept.fresh(caller.token.id) if caller.token is not None else OPEN
        return (known or await self.of(caller)).use_id

    async def _look(self, token_id: int) -> KeyTerms:
        async with self._database.read() as connection:
            query = select(tables.key_terms).where(tables.key_terms.c.token_id == token_id)
            row = (await connection.execute(query)).first()
        return OPEN if row is None else terms_of_row(row)

    def forget(self) -> None:
        self._kept.forget()


def terms_of_row(row: Any) -> KeyTerms:
    """A row with the columns of `key_terms`."""
    budget = Budget(row.budget_unit, row.budget_amount, Period(row.budget_period)) if row.budget_unit else None
    return KeyTerms(row.payer_id, row.plan_id, row.use_id, bool(row.commercial), tuple(row.models), budget, bool(row.signed))


def row_of_terms(terms: KeyTerms) -> dict[str, Any]:
    """The columns of `key_terms` without number and time."""
    budget = terms.budget
    return {
        "payer_id": terms.payer_id,
        "plan_id": terms.plan_id,
        "use_id": terms.use_id,
        "commercial": terms.commercial,
        "models": list(terms.models),
        "signed": terms.signed,
        "budget_unit": budget.unit if budget else "",
        "budget_amount": budget.amount if budget else 0,
        "budget_period": budget.period.value if budget else "",
    }
