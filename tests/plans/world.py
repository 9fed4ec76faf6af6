"""A publisher (`maker`, written to by ada), a customer (`firm`, administered by bob, read by carol), and nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.identity import Caller, Identity, Role
from commonweight.plans import KnownEntitlements, Limits, ModelFacts, Offering, Plan, PlanEdit, Subscribing, Subscriptions

MODEL = ModelFacts("maker/big", ("text-generation",), "allowed")
DEFAULT = Limits(requests_per_minute=60)


@dataclass
class World:
    database: Database
    clock: SetClock
    identity: Identity
    offering: Offering
    subscribing: Subscribing
    subscriptions: Subscriptions
    entitlements: KnownEntitlements
    tokens: dict[str, str]

    async def caller(self, name: str) -> Caller:
        return await self.identity.authenticate(f"Bearer {self.tokens[name]}")

    async def offer(self, name: str, *, by: str = "ada", publisher: str = "maker", move: bool = False, **terms: Any) -> Plan:
        """A plan for everything of `maker`, unless `covered` says otherwise."""
        edit = PlanEdit(name, terms={"covered": {"names": ["maker/*"]}, **terms}, move=move)
        return await self.offering.offer(await self.caller(by), publisher, edit)


async def make_world(database: Database, clock: SetClock) -> World:
    identity = Identity(database, clock, b"k" * 32)
    tokens = {}
    for name in ("ada", "bob", "carol", "dave", "root"):
        account = await identity.create_user(name, is_admin=name == "root")
        tokens[name] = await identity.create_token(account, "test", Role.ADMIN)
    maker, firm = await identity.create_organisation("maker"), await identity.create_organisation("firm")
    await identity.set_member(maker, await identity.account("ada"), Role.WRITE)
    await identity.set_member(firm, await identity.account("bob"), Role.ADMIN)
    await identity.set_member(firm, await identity.account("carol"), Role.READ)
    offering = Offering(database, identity, clock)
    return World(
        database,
        clock,
        identity,
        offering,
        Subscribing(database, identity, offering, clock),
        Subscriptions(database),
        KnownEntitlements(database, identity, clock, DEFAULT),
        tokens,
    )
