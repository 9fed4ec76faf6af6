"""Which plans would give a permission that a model's terms ask for."""

from __future__ import annotations

from collections.abc import Collection

from commonweight.db import Database
from commonweight.plans import standings
from commonweight.plans.offering import Offering
from commonweight.plans.values import ModelFacts, Plan
from commonweight.rights import Records


class Granting:
    def __init__(self, database: Database, offering: Offering, records: Records) -> None:
        self._database = database
        self._offering = offering
        self._records = records

    async def plans_for(self, model: ModelFacts, licences: Collection[str]) -> list[Plan]:
        """
        Plans about a model whose publisher was found to be the licensor of one of these licences (any names), and which
        permit something under it.
        """
        wanted = {name for licence in licences for name in names_of(self._records, licence)}
        plans = [plan for plan in await self._offering.for_model(model) if plan.terms.grant is not None]
        return [plan for plan in plans if wanted & await self._granted(plan)]

    async def _granted(self, plan: Plan) -> set[str]:
        """The names of the licence that a plan permits under; none where its publisher is not the licensor."""
        if plan.terms.grant is None:
            return set()
        granted = names_of(self._records, plan.terms.grant.licence)
        async with self._database.read() as connection:
            theirs = await standings.licences_of(connection, plan.publisher_id)
        return granted if any(granted & names_of(self._records, one) for one in theirs) else set()


def names_of(records: Records, licence: str) -> set[str]:
    """A licence has several names; they mean the same text."""
    return {licence.lower(), *(terms.key for terms in records.named(licence))}
