"""`commonweight remote`: models at other addresses, whose requests leave the house."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import click

from commonweight.cli.acting import administrator, user_option
from commonweight.cli.options import home_option, with_rooms
from commonweight.rooms import Rooms
from commonweight.serving import Mode
from commonweight.serving.remote import Remote


@click.group()
def remote() -> None:
    """A model at an OpenAI-compatible address elsewhere, under the keys and limits of this house."""


@remote.command()
@click.argument("name")
@click.argument("base_url")
@click.argument("model")
@click.option("--allow", "organisations", multiple=True, help="An organisation whose requests may leave the house for it.")
@click.option("--key-file", type=click.File(), help="A file with the key; - reads it from standard input.")
@click.option("--mode", type=click.Choice(["chat", "embeddings", "rerank"]), default="chat", show_default=True)
@click.option("--price-note", default="", help="What it costs, for people.")
@user_option
@home_option
def add(
    name: str,
    base_url: str,
    model: str,
    organisations: tuple[str, ...],
    key_file: IO[str] | None,
    mode: str,
    price_note: str,
    user: str,
    home: Path | None,
) -> None:
    """Let NAME stand for MODEL at BASE_URL. Without --allow it is off."""
    key = key_file.read().strip() if key_file else None
    wanted = Remote(name, base_url, model, Mode(mode), price_note, organisations)

    async def deed(rooms: Rooms) -> Remote:
        return await rooms.remotes.set(await administrator(rooms, user), wanted, key)

    click.echo(_line(with_rooms(home, deed)))


@remote.command("list")
@user_option
@home_option
def list_remotes(user: str, home: Path | None) -> None:
    """List remotes: name, address, model, who may use it."""

    async def deed(rooms: Rooms) -> list[str]:
        return [_line(one) for one in await rooms.remotes.read(await administrator(rooms, user))]

    for line in with_rooms(home, deed):
        click.echo(line)


@remote.command()
@click.argument("name")
@user_option
@home_option
def remove(name: str, user: str, home: Path | None) -> None:
    """Forget NAME and its key."""

    async def deed(rooms: Rooms) -> None:
        await rooms.remotes.remove(await administrator(rooms, user), name)

    with_rooms(home, deed)


def _line(one: Remote) -> str:
    allowed = ", ".join(one.organisations) or "off"
    return f"{one.name}\t{one.base_url}\t{one.model}\t{allowed}\t{'with a key' if one.has_key else 'without a key'}"
