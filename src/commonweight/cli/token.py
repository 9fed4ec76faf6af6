"""`commonweight token`: keys for people and programs."""

from __future__ import annotations

from pathlib import Path

import click

from commonweight.cli.options import home_option, with_rooms
from commonweight.errors import NotFound
from commonweight.identity import Role
from commonweight.rooms import Rooms

ROLES = click.Choice([role.word for role in Role])


@click.group()
def token() -> None:
    """Tokens are shown once and kept as a hash."""


@token.command()
@click.option("--user", required=True, help="Name of the account.")
@click.option("--role", type=ROLES, default="write", show_default=True, help="What the token may do.")
@click.option("--name", default="command line", show_default=True, help="A name to tell it from others.")
@home_option
def create(user: str, role: str, name: str, home: Path | None) -> None:
    """Print a new token, and nothing else."""

    async def deed(rooms: Rooms) -> str:
        return await rooms.identity.create_token(await rooms.identity.account(user), name, Role[role.upper()])

    click.echo(with_rooms(home, deed))


@token.command("list")
@click.option("--user", required=True, help="Name of the account.")
@home_option
def list_tokens(user: str, home: Path | None) -> None:
    """List an account's tokens: number, role, name."""

    async def deed(rooms: Rooms) -> list[str]:
        tokens = await rooms.identity.tokens_of(await rooms.identity.account(user))
        return [f"{info.id}\t{info.role.word}\t{info.name}" for info in tokens]

    for line in with_rooms(home, deed):
        click.echo(line)


@token.command()
@click.argument("number", type=int)
@click.option("--user", required=True, help="Name of the account.")
@home_option
def revoke(number: int, user: str, home: Path | None) -> None:
    """Make a token worthless within seconds."""

    async def deed(rooms: Rooms) -> None:
        if not await rooms.identity.revoke_token(await rooms.identity.account(user), number):
            hint = f"List them: commonweight token list --user {user}"
            raise NotFound(f"{user} has no valid token number {number}.", hint=hint)

    with_rooms(home, deed)
