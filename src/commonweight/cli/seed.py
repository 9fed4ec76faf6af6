"""`commonweight seed`: accounts of a test installation, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import yaml

from commonweight.cli.options import home_option, settings_of, with_rooms
from commonweight.errors import InvalidInput, NotAllowed
from commonweight.identity import Role
from commonweight.rooms import Rooms

SEE_HELP = "See: commonweight seed --help"


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@home_option
def seed(file: Path, home: Path | None) -> None:
    """
    Make the users, tokens and organisations that FILE lists. Needs COMMONWEIGHT_DEVELOPMENT=1.

    \b
    users:         [{name, fullname?, tokens?: [{name, value, role}]}]
    organisations: [{name, fullname?, default_visibility?: public|private, members?: [{user, role: read|write|admin}]}]
    """
    if not settings_of(home).development:
        hint = "Set COMMONWEIGHT_DEVELOPMENT=1 on a test installation."
        raise NotAllowed("Seeding takes token values from a file.", hint=hint)
    document = _read(file)

    async def deed(rooms: Rooms) -> None:
        for user in document.get("users", []):
            await _seed_user(rooms, user)
        for organisation in document.get("organisations", []):
            await _seed_organisation(rooms, organisation)

    try:
        with_rooms(home, deed)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{file} does not have the expected shape ({error}).", hint=SEE_HELP) from None
    users, organisations = (len(document.get(key, [])) for key in ("users", "organisations"))
    click.echo(f"Seeded {users} users and {organisations} organisations.")


def _read(file: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(file.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} is not YAML: {error}.") from None
    if not isinstance(document, dict) or not document.keys() <= {"users", "organisations"}:
        raise InvalidInput(f"{file} must hold a mapping with 'users' and 'organisations'.", hint=SEE_HELP)
    return document


async def _seed_user(rooms: Rooms, user: dict[str, Any]) -> None:
    name = str(user["name"])
    account = await rooms.identity.find_account(name) or await rooms.identity.create_user(name, user.get("fullname", ""))
    held = {info.name for info in await rooms.identity.tokens_of(account)}
    for token in user.get("tokens", []):
        if token["name"] not in held:
            role = _role(token.get("role", "write"))
            await rooms.identity.create_token(account, token["name"], role, value=str(token["value"]))


async def _seed_organisation(rooms: Rooms, organisation: dict[str, Any]) -> None:
    name = str(organisation["name"])
    account = await rooms.identity.find_account(name)
    if account is None:
        visibility = organisation.get("default_visibility", "public")
        fullname = organisation.get("fullname", "")
        account = await rooms.identity.create_organisation(name, fullname, default_visibility=visibility)
    for member in organisation.get("members", []):
        await rooms.identity.set_member(account, await rooms.identity.account(member["user"]), _role(member["role"]))


def _role(word: str) -> Role:
    if word.upper() not in Role.__members__:
        raise InvalidInput(f"{word!r} is no role; expected read, write or admin.")
    return Role[word.upper()]
