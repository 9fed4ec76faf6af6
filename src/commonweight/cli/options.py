"""Options that several commands share."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from commonweight.db.migrate import at_newest
from commonweight.errors import Conflict
from commonweight.rooms import Rooms, build_rooms
from commonweight.settings import Settings

T = TypeVar("T")

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path),
    help="Folder of the installation; default ~/.commonweight or $COMMONWEIGHT_HOME.",
)


class NotSetUp(Conflict):
    code = "not_set_up"


def settings_of(home: Path | None) -> Settings:
    return Settings.from_environment(os.environ, home=home)


def with_rooms(home: Path | None, deed: Callable[[Rooms], Awaitable[T]]) -> T:
    """Run `deed` on the rooms of an installation that has been started before. Raises NotSetUp for any other folder."""

    async def run() -> T:
        settings = settings_of(home)
        hint = f"Start it once: commonweight up --home {settings.home}"
        if not settings.database_url and not (settings.home / "commonweight.sqlite3").exists():
            raise NotSetUp(f"There is no installation in {settings.home}.", hint=hint)
        rooms = build_rooms(settings)
        try:
            if not await at_newest(rooms.database):
                raise NotSetUp(f"The database of {settings.home} is older than this program.", hint=hint)
            return await deed(rooms)
        finally:
            await rooms.close()

    return asyncio.run(run())
