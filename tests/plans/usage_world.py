"""Accounting over a small world: one payer, one model, an entitlement that each test sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.db.tables import accounting as tables
from commonweight.identity import Account, Caller, Role, TokenInfo
from commonweight.plans import Accounting, Demand, Entitlement, Limits, ModelFacts, TermsOfKeys, Wanted

CALLER = Caller(Account(7, "user", "ada", "Ada"), TokenInfo(70, "app", Role.READ))


@dataclass(frozen=True)
class SomeOffer:
    name: str = "ada/tiny@" + "c" * 40
    tags: tuple[str, ...] = ()
    verdict: str = "allowed"


@dataclass
class Fixed:
    """Entitlements that are always the same; remembers what it was asked."""

    entitlement: Entitlement = Entitlement(7, Limits())
    asked: list[tuple[ModelFacts, Wanted]] = field(default_factory=list)

    async def of(self, caller: Caller, model: ModelFacts, wanted: Wanted) -> Entitlement:
        self.asked.append((model, wanted))
        return self.entitlement


OFFER = SomeOffer()


def demand(prompt: int = 10, completion: int = 10, name: str = "ada/tiny") -> Demand:
    return Demand("chat.completions", prompt, completion, name=name)


def accounting(database: Database, clock: Clock, folder: Path, entitlement: Entitlement) -> Accounting:
    return Accounting(database, clock, folder, TermsOfKeys(database), Fixed(entitlement))


async def rows(database: Database, table: Any) -> list[Any]:
    async with database.read() as connection:
        return list((await connection.execute(select(table))).all())


async def ledger(database: Database) -> dict[str, int]:
    """Requests, tokens and cost of everything in the ledger."""
    found = await rows(database, tables.ledger)
    names = ("requests", "prompt_tokens", "completion_tokens", "included_tokens", "cost")
    return {name: sum(getattr(row, name) for row in found) for name in names}


async def leased(database: Database, kind: str) -> int:
    """What processes have been handed of limits of a kind, or have used."""
    return sum(row.leased for row in await rows(database, tables.quotas) if row.name.startswith(kind + ":"))
