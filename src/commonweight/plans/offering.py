"""What publishers do: make a plan, change it, stop offering it. Every change is a version; none is ever lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, select, true

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import offering as tables
from commonweight.db.tables.identity import accounts
from commonweight.errors import NotAllowed
from commonweight.identity import Account, Caller, Identity, record
from commonweight.plans import moving, plan_store
from commonweight.plans.errors import InvalidPlan, PlanNotFound
from commonweight.plans.matching import concerns
from commonweight.plans.terms import read_terms, write_terms
from commonweight.plans.values import ModelFacts, Plan, Terms
from commonweight.rights import Records

MAX_TITLE: Final = 200  # characters; the width of its column
MAX_DESCRIPTION: Final = 4_000  # characters; a page
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")  # it stands in addresses and commands

_plans = tables.plans


@dataclass(frozen=True)
class PlanEdit:
    """
    What a publisher wants a plan to be; `terms` has the form of docs/plans.md. `move`: running subscriptions follow to
    the new version when the next month begins, which their history says at once; otherwise they keep what they have.
    """

    name: str
    title: str = ""
    description: str = ""
    terms: Mapping[str, Any] = field(default_factory=dict)
    move: bool = False


class Offering:
    """Plans in the database."""

    def __init__(self, database: Database, identity: Identity, clock: Clock, records: Records | None = None) -> None:
        """`records`: what a grant's licence has to be one of; without them any word will do."""
        self._database = database
        self._identity = identity
        self._clock = clock
        self._records = records

    # Reading

    async def plans(self, caller: Caller, publisher: str = "") -> list[Plan]:
        """Plans that are offered, of one publisher or of all; to a publisher also those that it offers no longer."""
        condition: ColumnElement[bool] = true()
        if publisher:
            condition = _plans.c.publisher_id == (await self._identity.account(publisher)).id
        async with self._database.read() as connection:
            found = await plan_store.find(connection, condition)
        return [plan for plan in found if plan.offered or may_manage(caller, plan.publisher_id)]

    async def for_model(self, model: ModelFacts) -> list[Plan]:
        """The plans by which a model is offered here."""
        async with self._database.read() as connection:
            found = await plan_store.find(connection, _plans.c.offered)
        return [plan for plan in found if concerns(plan, model)]

    async def get(self, plan: int | str) -> Plan:
        """By its number, or as `publisher/name`. Raises PlanNotFound."""
        async with self._database.read() as connection:
            return await self.find(connection, plan)

    async def find(self, connection: Connection, plan: int | str) -> Plan:
        """As `get`, in a transaction."""
        if isinstance(plan, int):
            condition = _plans.c.id == plan
        else:
            publisher, _, name = plan.partition("/")
            owner = select(accounts.c.id).where(accounts.c.name_lower == publisher.lower()).scalar_subquery()
            condition = and_(_plans.c.publisher_id == owner, _plans.c.name == name.lower())
        found = await plan_store.find(connection, condition)
        if not found:
            raise PlanNotFound(plan)
        return found[0]

    async def history(self, plan: int | str) -> list[Plan]:
        """Every version, the oldest first. Raises PlanNotFound."""
        number = (await self.get(plan)).id
        async with self._database.read() as connection:
            return await plan_store.history(connection, number)

    # Changing

    async def offer(self, caller: Caller, publisher: str, edit: PlanEdit) -> Plan:
        """
        Make a plan, or the next version of one with this name; the same again changes nothing. Audited.

        Raises InvalidPlan, AccountMissing, NotAllowed.
        """
        account = await self._identity.account(publisher)
        check_may_manage(caller, account)
        terms, now = checked(caller, account, edit), self._clock.now()
        self._check_grant(terms)
        async with self._database.write() as connection:
            mine = and_(_plans.c.publisher_id == account.id, _plans.c.name == edit.name)
            found = await plan_store.find(connection, mine)
            before = found[0] if found else None
            if before is not None and before.offered and _same(before, edit, terms):
                return before
            number = before.id if before else await plan_store.add(connection, account.id, edit.name, now)
            version = before.version + 1 if before else 1
            by = caller.account.id if caller.account else None
            words = {"title": edit.title or edit.name, "description": edit.description, "made_by": by}
            await plan_store.add_version(connection, number, version, terms, words, caller.is_admin, now)
            detail = {"version": version, "terms": write_terms(terms), "move": edit.move}
            await record(connection, now, caller, "plan.offer", f"plans/{number}", **detail)
            if edit.move:
                await moving.announce(connection, number, version, now, by)
        return await self.get(number)

    def _check_grant(self, terms: Terms) -> None:
        """Raises InvalidPlan."""
        if terms.grant is not None and self._records is not None and not self._records.named(terms.grant.licence):
            raise InvalidPlan(
                f"grant.licence is {terms.grant.licence!r}, which no record here goes by.",
                hint="GET /cw/v1/licences lists them; /docs/licences is the page.",
            )

    async def withdraw(self, caller: Caller, plan: int | str) -> Plan:
        """Offer it no longer: nobody new comes, and who has it keeps it. Raises PlanNotFound, NotAllowed."""
        found = await self.get(plan)
        check_may_manage(caller, await self._identity.account(found.publisher))
        async with self._database.write() as connection:
            await plan_store.withdraw(connection, found.id)
            await record(connection, self._clock.now(), caller, "plan.withdraw", f"plans/{found.id}")
        return await self.get(found.id)


def may_manage(caller: Caller, publisher_id: int) -> bool:
    """Whether the caller speaks for the publisher where plans and subscribers are concerned."""
    return caller.may_administer(publisher_id)


def check_may_manage(caller: Caller, publisher: Account) -> None:
    """Raises NotAllowed."""
    if not may_manage(caller, publisher.id):
        raise NotAllowed(
            f"Plans of {publisher.name} are made by those who may write there.", hint="Use a token with the role write."
        )


def checked(caller: Caller, publisher: Account, edit: PlanEdit) -> Terms:
    """Raises InvalidPlan."""
    if not _NAME.fullmatch(edit.name):
        raise InvalidPlan(
            f"{edit.name!r:.80} is no name of a plan; expected small letters, digits and hyphens, such as team."
        )
    if len(edit.title) > MAX_TITLE or len(edit.description) > MAX_DESCRIPTION:
        raise InvalidPlan(f"A title has at most {MAX_TITLE} characters, a description {MAX_DESCRIPTION:,}.")
    terms = read_terms(edit.terms)
    for name in terms.covered.names:
        if not caller.is_admin and name.partition("/")[0].lower() != publisher.name.lower():
            raise InvalidPlan(
                f"{name!r} is not of {publisher.name}: a publisher offers its own models.",
                hint="An administrator of the installation may offer any.",
            )
    return terms


def _same(plan: Plan, edit: PlanEdit, terms: Terms) -> bool:
    return (plan.title, plan.description, plan.terms) == (edit.title or edit.name, edit.description, terms)
