"""The room of tuning for the pages: files, and tunings that wait for a worker which never comes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from commonweight.db.tables import tuning as tables
from commonweight.files import Blobs, Checks, File, Files, NewFile, Purpose
from commonweight.identity import Caller
from commonweight.policy import Packs
from commonweight.tuning import Accepting, Base, Level, NewTuning, Start, TunedNames, Tuning, Tunings, rows
from commonweight.tuning.conversions import Conversions
from commonweight.tuning.data import TuningLines
from commonweight.tuning.publishing import KeptReports, Publisher
from tests.policy.world import World


async def may_start(caller: Caller, new: NewTuning, training: File | None, validation: File | None) -> Start:
    """Whatever is asked for may begin, from a base of that name."""
    base = Base(new.model.rpartition("/")[2], new.model, 1, "0" * 40)
    return Start(base, {"seconds": 125, "memory_bytes": 2_550_000_000, "disk_bytes": 1_100_000_000})


@dataclass
class TuningWorld:
    world: World
    files: Files
    tunings: Tunings
    publisher: Publisher
    accepting: Accepting
    conversions: Conversions
    names: TunedNames

    async def upload(self, name: str, data: bytes, *, by: str = "ada") -> File:
        account = (await self.world.caller(by)).account
        assert account is not None
        async with self.files.receive(_whole(data)) as received:
            return await self.files.create(account.id, received, NewFile(name, Purpose.FINE_TUNE))

    async def start(self, *, by: str = "ada", suffix: str = "tickets", **more: Any) -> Tuning:
        file = await self.upload("tickets.jsonl", examples(20), by=by)
        new = NewTuning("ada/tiny", file.id, suffix=suffix, **more)
        return await self.tunings.create(await self.world.caller(by), new)

    async def becomes(self, tuning: Tuning, **values: Any) -> None:
        """As its worker would write it."""
        async with self.world.database.write() as connection:
            await connection.execute(update(tables.tunings).where(tables.tunings.c.number == tuning.number).values(**values))

    async def happens(
        self, tuning: Tuning, message: str, *, level: Level = Level.INFO, data: Mapping[str, Any] | None = None
    ) -> None:
        async with self.world.database.write() as connection:
            await rows.add_event(connection, tuning.number, self.world.clock.now(), message, level=level, data=data)


def tuning_world(world: World) -> TuningWorld:
    blobs = Blobs(world.database, world.storage, world.clock)
    files = Files(world.database, blobs, Checks({Purpose.FINE_TUNE: TuningLines}), world.clock)
    tunings = Tunings(world.database, files, may_start, world.clock)
    packs = Packs(world.hub, world.policy, world.clock)
    publisher = Publisher(world.hub, world.storage, packs, KeptReports(world.database))
    conversions = Conversions(world.database, world.hub, world.identity, world.policy, packs, world.clock)
    names = TunedNames(world.database, world.clock)
    return TuningWorld(world, files, tunings, publisher, Accepting(tunings, world.hub, publisher), conversions, names)


def examples(count: int) -> bytes:
    """JSON lines of a help desk."""
    said = [{"role": "user", "content": "Message {}"}, {"role": "assistant", "content": "team {}"}]
    text = "".join(json.dumps({"messages": said}).replace("{}", str(number)) + "\n" for number in range(count))
    return text.encode()


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data
