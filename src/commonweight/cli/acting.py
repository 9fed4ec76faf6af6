"""For whom the command acts: whoever can write to the home folder may act for an administrator of it."""

from __future__ import annotations

import click

from commonweight.errors import NotAllowed
from commonweight.identity import NO_TOKEN, Caller, Role, TokenInfo
from commonweight.rooms import Rooms

user_option = click.option("--user", default="", help="The administrator who does it; default the first account.")


async def administrator(rooms: Rooms, user: str) -> Caller:
    """That administrator, or the first account. Raises AccountMissing, NotAllowed."""
    account = await rooms.identity.account(user or rooms.settings.admin)
    if not account.is_admin:
        raise NotAllowed(f"{account.name} is no administrator.", hint="Name one with --user.")
    return Caller(account, TokenInfo(NO_TOKEN, "command line", Role.ADMIN))
