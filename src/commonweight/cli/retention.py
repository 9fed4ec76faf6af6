"""`commonweight retention`: what may be kept of an account's prompts and answers."""

from __future__ import annotations

from pathlib import Path

import click

from commonweight.cli.acting import administrator, user_option
from commonweight.cli.options import home_option, with_rooms
from commonweight.retention import Decision, Scope
from commonweight.rooms import Rooms

account_option = click.option("--account", required=True, help="The account whose prompts and answers they are.")


@click.group()
def retention() -> None:
    """Prompts and answers are written nowhere, unless it is decided here that an account's are kept, and for how long."""


@retention.command()
@account_option
@click.option("--scope", type=click.Choice([scope.value for scope in Scope]), default=Scope.ALL.value, show_default=True)
@click.option("--days", type=int, required=True, help="After so many days what was kept is deleted.")
@click.option("--reason", required=True, help="Why; it stays on record.")
@user_option
@home_option
def allow(account: str, scope: str, days: int, reason: str, user: str, home: Path | None) -> None:
    """Let an account's prompts and answers be kept; a running server knows it within seconds."""

    async def deed(rooms: Rooms) -> Decision:
        caller, whose = await administrator(rooms, user), await rooms.identity.account(account)
        return await rooms.retention.decisions.decide(caller, whose, Scope(scope), days, reason)

    click.echo(_line(with_rooms(home, deed)))


@retention.command("list")
@account_option
@user_option
@home_option
def list_decisions(account: str, user: str, home: Path | None) -> None:
    """List every decision that was ever made for an account, the newest first."""

    async def deed(rooms: Rooms) -> list[Decision]:
        return await rooms.retention.decisions.of(await administrator(rooms, user), await rooms.identity.account(account))

    for decision in with_rooms(home, deed):
        click.echo(_line(decision))


@retention.command()
@click.argument("number", type=int)
@user_option
@home_option
def end(number: int, user: str, home: Path | None) -> None:
    """Keep nothing more by this decision, and delete what was kept by it."""

    async def deed(rooms: Rooms) -> Decision:
        return await rooms.retention.decisions.end(await administrator(rooms, user), number)

    click.echo(_line(with_rooms(home, deed)))


def _line(one: Decision) -> str:
    ended = f"ended {one.ended_at:%Y-%m-%d} by {one.ended_by}" if one.ended_at else "in force"
    since = f"{one.decided_at:%Y-%m-%d} by {one.decided_by}"
    return f"{one.id}\t{one.scope}\t{one.days} days\t{since}\t{ended}\t{one.reason}"
