"""Models that can be tuned here, each with the verdict on a derivative of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from commonweight.choosing import MarketFilters, MarketRow
from commonweight.errors import InvalidInput, NotAllowed, NotFound
from commonweight.identity import Caller
from commonweight.policy import InvalidUse, UseNotFound
from commonweight.rights import ENGLISH
from commonweight.tuning import CHECKPOINT, NewTuning
from commonweight.web.contexts import BaseChoice
from commonweight.web.presenting.measures import size_text
from commonweight.web.presenting.tuning_estimate import Derived
from commonweight.web.presenting.words import _, verdict_word
from commonweight.web.services import WebServices

MOST: Final = 24  # models that are offered as a base; others are named in the address (`base`)
SMALL: Final = 600_000_000  # bytes of files; such a model is tuned in minutes without a GPU
ACTS: Final = ("modify",)
SEVERAL: Final = 4  # verdicts under way


class Bases:
    def __init__(self, services: WebServices) -> None:
        self._services = services

    async def choices(self, caller: Caller, picked: str, use: str, language: str) -> tuple[BaseChoice, ...]:
        """Those that can be tuned first, the smallest before the others. `picked` is among them wherever it may be read."""
        rows = await self._services.market.rows(caller, MarketFilters(hosted=True))
        picked = await self.repository_of(picked)
        rows = sorted(rows, key=lambda row: (row.id != picked, row.size))[:MOST]
        turns = asyncio.Semaphore(SEVERAL)

        async def one(row: MarketRow) -> BaseChoice:
            async with turns:
                return await self._choice(caller, row, picked, use, language)

        found = await asyncio.gather(*map(one, sorted(rows, key=lambda row: row.size)))
        choices = sorted(found, key=lambda choice: bool(choice.refusal))
        if not picked and choices and not choices[0].refusal:
            choices[0] = replace(choices[0], is_picked=True)  # the smallest: a first try is over soonest
        return tuple(choices)

    async def _choice(self, caller: Caller, row: MarketRow, picked: str, use: str, language: str) -> BaseChoice:
        derived = await self.derived(caller, row.id, use, language)
        name = await self._called(caller, row)
        refusal = await self._refusal(caller, name, use)
        return BaseChoice(
            name=name,
            href=row.page,
            verdict=verdict_word(derived.value),
            why=derived.headline,
            rights=f"{row.page}/rights",
            size=" · ".join(part for part in (row.parameters, size_text(row.size) if row.size else "") if part),
            note=_("Small enough to be tuned in minutes without a GPU.") if row.size and row.size <= SMALL else "",
            refusal=refusal,
            is_picked=row.id == picked and not refusal,
        )

    async def _called(self, caller: Caller, row: MarketRow) -> str:
        """By its `ft:` name where it was tuned here: it goes on from its merged weights then."""
        namespace, _slash, short = row.id.partition("/")
        repository = await self._services.hub.find(caller, "model", namespace, short)
        tuned = await self._services.names.in_repository(repository.id)
        return next((one.name for one in tuned if CHECKPOINT not in one.name), row.id)

    async def _refusal(self, caller: Caller, name: str, use: str) -> str:
        options = {"use": use} if use else {}
        try:
            await self._services.tunings.estimate(caller, NewTuning(name, None, options=options))
        except (InvalidInput, NotAllowed, NotFound) as error:
            return error.sentence
        return ""

    async def repository_of(self, name: str) -> str:
        """Of a model, where it is called by its `ft:` name; else the name as it is."""
        tuned = await self._services.names.find(name) if name else None
        repository = await self._services.hub.by_id(tuned.repository_id) if tuned else None
        return repository.full_name if repository else name

    async def derived(self, caller: Caller, name: str, use: str, language: str) -> Derived:
        """The verdict on a derivative, for one of the uses."""
        policy = self._services.policy
        try:
            model = await policy.find(caller, await self.repository_of(name))
            state = await policy.guided(caller, model, {"acts": list(ACTS)}, {}, of=int(use) if use.isdecimal() else None)
        except (InvalidUse, NotFound, UseNotFound):
            return Derived(None)
        return Derived(state.verdict.to_document(language or ENGLISH))
