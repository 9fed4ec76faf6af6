"""What a first start makes: schema, first account, bootstrap token, catalogue, starter model. A second changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from commonweight.db.migrate import migrate
from commonweight.errors import CommonweightError
from commonweight.identity import Caller, InvalidCredentials, Role, TokenInfo, new_token
from commonweight.mirror import Starter
from commonweight.rooms import Rooms, build_rooms
from commonweight.settings import Settings

Say = Callable[[str], None]

UNATTENDED = 0  # number of a token that does not exist: the set-up acts for the first account without one


@dataclass(frozen=True)
class SetUp:
    """What the greeting needs to know."""

    token_file: Path | None  # the bootstrap token, while its file exists
    sign_in_code: str
    starter: str  # full name of the starter repository, or ""
    warning: str


async def set_up(settings: Settings, *, starter: bool, say: Say) -> SetUp:
    """Bring an installation to where this program can run it."""
    rooms = build_rooms(settings)
    try:
        if await migrate(rooms.database):
            say("Prepared the database.")
        await rooms.storage.try_out()
        caller = await _first_account(rooms, say)
        added = await rooms.known.load_catalogue()
        if added:
            say(f"Loaded the catalogue of known models ({added} entries).")
        name, warning = await _publish_starter(rooms, caller, say) if starter else ("", "")
        await rooms.policy.upkeep.start()
        await rooms.runner.run_until_empty()
        return _summary(rooms, caller, name, warning)
    finally:
        await rooms.close()


def _summary(rooms: Rooms, caller: Caller, starter: str, warning: str) -> SetUp:
    if caller.token is None or caller.token.id == UNATTENDED:
        return SetUp(None, "", starter, warning)
    return SetUp(rooms.settings.home / "admin-token", rooms.identity.sign_in_code(caller.token), starter, warning)


async def _publish_starter(rooms: Rooms, caller: Caller, say: Say) -> tuple[str, str]:
    """The starter's name; where it cannot be had, the server starts all the same and says why."""
    if caller.is_anonymous:
        return "", ""
    try:
        repository = await Starter(rooms.hub, rooms.storage, rooms.identity).publish(caller, say)
    except CommonweightError as error:
        return "", error.sentence
    return repository.full_name, ""


async def _first_account(rooms: Rooms, say: Say) -> Caller:
    """The administrator whose token lies in HOME/admin-token; nobody where the file was removed, as it should be."""
    token_file = rooms.settings.home / "admin-token"
    if not await rooms.identity.has_accounts():
        token = new_token()
        _write_private(token_file, token)  # first the file: a token in the database that nobody holds would be worse
        await rooms.identity.create_first(rooms.settings.admin, token)
        say(f"Made the first account, {rooms.settings.admin}, and its token in {token_file}.")
    elif not token_file.exists():
        return await _unattended_admin(rooms)
    try:
        return await rooms.identity.authenticate(f"Bearer {token_file.read_text().strip()}")
    except InvalidCredentials:
        return await _unattended_admin(rooms)


async def _unattended_admin(rooms: Rooms) -> Caller:
    """The first account without a token: enough to set up, nothing to sign in with."""
    account = await rooms.identity.find_account(rooms.settings.admin)
    if account is None:
        return Caller()
    return Caller(account, TokenInfo(UNATTENDED, "set-up", Role.ADMIN))


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
