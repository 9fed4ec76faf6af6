"""What checks of loaded models came to: kept for each model and build of an engine, so that each is checked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select

from commonweight.clock import Clock
from commonweight.db import Database, upsert
from commonweight.db.tables.serving import engine_checks as table
from commonweight.serving.engines import Address, Capabilities, Traits
from commonweight.serving.models import ServableModel
from commonweight.serving.trying import Result

MAX_REPORTS = 20  # of one model: one for each file and build of an engine


@dataclass(frozen=True)
class Report:
    """What one build of an engine offers with one model, and what was found when it was tried."""

    path: str  # of the file; empty for a checkpoint
    engine: str
    capabilities: Capabilities
    results: Mapping[str, Result]
    checked_at: datetime

    @property
    def failed(self) -> Mapping[str, str]:
        """By check, why it failed and when."""
        day = self.checked_at.strftime("%Y-%m-%d %H:%M UTC")
        return {name: f"{one.sentence} (checked {day})" for name, one in self.results.items() if one.ok is False}


class Tries(Protocol):
    """Tries an engine; `Conformance` by requests."""

    async def run(self, address: Address) -> Mapping[str, Result]:
        """Results by the name of the check."""
        ...


class Checks:
    """The kept reports, and how new ones come about."""

    def __init__(self, database: Database, clock: Clock, tries: Tries | None = None) -> None:
        """`tries` is needed where models are loaded."""
        self._database = database
        self._clock = clock
        self._tries = tries

    async def known(self, model: ServableModel, traits: Traits, engine: str) -> Traits | None:
        """The traits with what failed, where this model was checked on this build before."""
        mine = (table.c.model_key == model.key, table.c.engine == engine)
        async with self._database.read() as connection:
            row = (await connection.execute(select(table).where(*mine))).first()
        return replace(traits, failed=_report(row).failed) if row else None

    async def check(self, model: ServableModel, address: Address) -> Traits:
        """Try the engine, keep what came of it, and give its traits with what failed."""
        assert self._tries is not None, "made for a place that loads no models"
        results = await self._tries.run(address)
        capabilities, now = address.traits.capabilities, self._clock.now()
        row: dict[str, Any] = {"model_key": model.key, "engine": address.engine, "repository": model.repository}
        row |= {"commit": model.commit, "path": model.path, "checked_at": now, "capabilities": asdict(capabilities)}
        row |= {"results": {name: asdict(result) for name, result in results.items()}}
        async with self._database.write() as connection:
            await upsert(connection, table, row, keys=["model_key", "engine"])
        return replace(address.traits, failed=Report(model.path, address.engine, capabilities, results, now).failed)

    async def of(self, repository: str, commit: str) -> Sequence[Report]:
        """The reports on a model at a commit, newest first."""
        mine = (table.c.repository == repository, table.c.commit == commit)
        query = select(table).where(*mine).order_by(table.c.checked_at.desc()).limit(MAX_REPORTS)
        async with self._database.read() as connection:
            return [_report(row) for row in await connection.execute(query)]


def _report(row: Any) -> Report:
    results = {name: Result(**one) for name, one in row.results.items()}
    capabilities = Traits.from_document({"capabilities": row.capabilities}).capabilities
    return Report(row.path, row.engine, capabilities, results, row.checked_at)
