"""`commonweight alias`: names that this installation gives to models."""

from __future__ import annotations

from pathlib import Path

import click

from commonweight.choosing import AliasEntry
from commonweight.cli.acting import administrator, user_option
from commonweight.cli.options import home_option, with_rooms
from commonweight.rooms import Rooms


@click.group()
def alias() -> None:
    """A name without a slash that stands for one model, or for several in order: the next stands in for the first."""


@alias.command("set")
@click.argument("name")
@click.argument("models", nargs=-1, required=True)
@user_option
@home_option
def set_alias(name: str, models: tuple[str, ...], user: str, home: Path | None) -> None:
    """Let NAME stand for MODELS; a running server knows it within seconds."""

    async def deed(rooms: Rooms) -> AliasEntry:
        return await rooms.offers.set_alias(await administrator(rooms, user), name, models)

    click.echo(_line(with_rooms(home, deed)))


@alias.command("list")
@user_option
@home_option
def list_aliases(user: str, home: Path | None) -> None:
    """List aliases and what they stand for."""

    async def deed(rooms: Rooms) -> list[str]:
        return [_line(entry) for entry in await rooms.offers.aliases(await administrator(rooms, user))]

    for line in with_rooms(home, deed):
        click.echo(line)


@alias.command()
@click.argument("name")
@user_option
@home_option
def remove(name: str, user: str, home: Path | None) -> None:
    """Forget NAME."""

    async def deed(rooms: Rooms) -> None:
        await rooms.offers.remove_alias(await administrator(rooms, user), name)

    with_rooms(home, deed)


def _line(entry: AliasEntry) -> str:
    return f"{entry.name}\t{', '.join(entry.targets)}"
