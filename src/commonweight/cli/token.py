"""`commonweight token`: tokens of people and programs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from commonweight.cli.options import home_option, with_rooms
from commonweight.errors import InvalidInput, NotFound
from commonweight.identity import NO_TOKEN, Caller, Grants, Role, TokenInfo, TokenScope, TokenWish
from commonweight.rooms import Rooms

ROLES = click.Choice([role.word for role in Role])


@click.group()
def token() -> None:
    """Tokens are shown once and kept as a hash."""


@token.command()
@click.option("--user", required=True, help="Name of the account.")
@click.option("--role", type=ROLES, default="write", show_default=True, help="What the token may do.")
@click.option("--name", default="command line", show_default=True, help="A name to tell it from others.")
@click.option("--days", type=click.IntRange(1, 3_650), help="How long it works; default without end.")
@click.option(
    "--only",
    "grants",
    multiple=True,
    metavar="NAME=WHAT",
    help="Fine-grained: house=read, house/tiny=read,write; of read, write, discussions, settings. May be repeated.",
)
@click.option("--inference", is_flag=True, help="Fine-grained: it calls models at /v1.")
@home_option
def create(
    user: str, role: str, name: str, days: int | None, grants: tuple[str, ...], inference: bool, home: Path | None
) -> None:
    """Print a new token, and nothing else."""
    asked = [_asked(text) for text in grants]

    async def deed(rooms: Rooms) -> str:
        caller = await _acting_for(rooms, user)
        ends = rooms.clock.now() + timedelta(days=days) if days else None
        is_fine = bool(asked) or inference
        fine = Grants(await rooms.hub.granting.of_names(caller, asked), inference) if is_fine else None
        return await rooms.own_tokens.create(caller, TokenWish(name, Role[role.upper()], ends, fine))

    click.echo(with_rooms(home, deed))


@token.command("list")
@click.option("--user", required=True, help="Name of the account.")
@home_option
def list_tokens(user: str, home: Path | None) -> None:
    """List an account's tokens: number, what it may do, name, end, last use."""

    async def deed(rooms: Rooms) -> list[str]:
        lines = []
        for one in reversed(await rooms.own_tokens.listed(await _acting_for(rooms, user))):
            named = await rooms.hub.granting.names(one.info.grants) if one.info.grants else []
            only = [f"{grant.name or '(gone)'}={','.join(sorted(grant.scopes))}" for grant in named]
            only += ["inference"] if one.info.grants and one.info.grants.inference else []
            ends = f"until {one.info.expires_at:%Y-%m-%d}" if one.info.expires_at else "without end"
            used = f"used {one.last_used_at:%Y-%m-%d}" if one.last_used_at else "never used"
            lines.append(f"{one.info.id}\t{' '.join(only) or one.info.role.word}\t{one.info.name}\t{ends}\t{used}")
        return lines

    for line in with_rooms(home, deed):
        click.echo(line)


@token.command()
@click.argument("number", type=int)
@click.option("--user", required=True, help="Name of the account.")
@home_option
def revoke(number: int, user: str, home: Path | None) -> None:
    """Make a token worthless; a running server knows it at once."""

    async def deed(rooms: Rooms) -> None:
        caller = await _acting_for(rooms, user)
        if number not in {one.info.id for one in await rooms.own_tokens.listed(caller)}:
            hint = f"List them: commonweight token list --user {user}"
            raise NotFound(f"{user} has no valid token number {number}.", hint=hint)
        await rooms.own_tokens.revoke(caller, number)

    with_rooms(home, deed)


async def _acting_for(rooms: Rooms, name: str) -> Caller:
    """Whoever can write to the home folder may act for its accounts."""
    account = await rooms.identity.account(name)
    organisations = await rooms.identity.organisations_of(account)
    return Caller(account, TokenInfo(NO_TOKEN, "command line", Role.ADMIN), organisations)


def _asked(text: str) -> tuple[str, frozenset[TokenScope]]:
    """`house/tiny=read,write`. Raises InvalidInput."""
    name, _, words = text.partition("=")
    scopes = {word.strip() for word in words.split(",") if word.strip()}
    if not name or not scopes <= set(TokenScope):
        raise InvalidInput(f"{text!r} is no grant; expected a name, = and some of {', '.join(TokenScope)}.")
    return name, frozenset(TokenScope(word) for word in scopes)
