"""`commonweight orgs`: organisations, their members and what each member may do."""

from __future__ import annotations

from pathlib import Path

import click

from commonweight.cli.acting import administrator, user_option
from commonweight.cli.options import home_option, with_rooms
from commonweight.identity import Account, Member, MemberRole, NoMember, OrganisationEdit
from commonweight.rooms import Rooms

ROLES = click.Choice([role.word for role in MemberRole])
VISIBILITIES = click.Choice(["public", "private"])

role_option = click.option("--role", type=ROLES, default="read", show_default=True, help="What the member may do.")
fullname_option = click.option("--fullname", default=None, help="Its name for people.")
details_option = click.option("--details", default=None, help="What it says of itself.")
visibility_option = click.option(
    "--default-visibility", "visibility", type=VISIBILITIES, default=None, help="Of repositories whose maker names none."
)


@click.group()
def orgs() -> None:
    """Organisations: namespaces that several people share, each with a role."""


@orgs.command()
@click.argument("name")
@fullname_option
@details_option
@visibility_option
@click.option("--admin", default="", help="Who becomes its first admin; default who makes it.")
@user_option
@home_option
def create(
    name: str,
    fullname: str | None,
    details: str | None,
    visibility: str | None,
    admin: str,
    user: str,
    home: Path | None,
) -> None:
    """Make an organisation."""

    async def deed(rooms: Rooms) -> Account:
        caller = await administrator(rooms, user)
        first = await rooms.identity.account(admin) if admin else None  # before anything is made
        made = await rooms.organisations.create(caller, name, OrganisationEdit(fullname, details, visibility))
        if first is not None and caller.account is not None and first.id != caller.account.id:
            await rooms.organisations.set_member(caller, made, first.name, MemberRole.ADMIN)
            await rooms.organisations.remove(caller, made, caller.account.name)
        return made

    click.echo(_line(with_rooms(home, deed)))


@orgs.command("list")
@user_option
@home_option
def list_organisations(user: str, home: Path | None) -> None:
    """List organisations: name, default visibility, name for people."""

    async def deed(rooms: Rooms) -> list[Account]:
        return [one for one, _role in await rooms.organisations.listed(await administrator(rooms, user))]

    for one in with_rooms(home, deed):
        click.echo(_line(one))


@orgs.command()
@click.argument("name")
@user_option
@home_option
def members(name: str, user: str, home: Path | None) -> None:
    """List who belongs to NAME, and as what."""

    async def deed(rooms: Rooms) -> list[Member]:
        caller, organisation = await administrator(rooms, user), await rooms.organisations.get(name)
        return await rooms.organisations.members(caller, organisation)

    for one in with_rooms(home, deed):
        click.echo(f"{one.account.name}\t{one.role.word}")


@orgs.command()
@click.argument("name")
@click.argument("member")
@role_option
@user_option
@home_option
def add(name: str, member: str, role: str, user: str, home: Path | None) -> None:
    """Add MEMBER to NAME."""
    _set(name, member, role, user, home)


@orgs.command()
@click.argument("name")
@click.argument("member")
@click.argument("role", type=ROLES)
@user_option
@home_option
def role(name: str, member: str, role: str, user: str, home: Path | None) -> None:
    """Give MEMBER of NAME another ROLE."""
    _set(name, member, role, user, home, must_be_member=True)


@orgs.command()
@click.argument("name")
@click.argument("member")
@user_option
@home_option
def remove(name: str, member: str, user: str, home: Path | None) -> None:
    """Take MEMBER out of NAME; a running server knows it at once."""

    async def deed(rooms: Rooms) -> None:
        caller, organisation = await administrator(rooms, user), await rooms.organisations.get(name)
        await rooms.organisations.remove(caller, organisation, member)

    with_rooms(home, deed)


@orgs.command("set")
@click.argument("name")
@fullname_option
@details_option
@visibility_option
@user_option
@home_option
def change(
    name: str, fullname: str | None, details: str | None, visibility: str | None, user: str, home: Path | None
) -> None:
    """Change what NAME is called for people, says of itself, and how its new repositories are seen."""

    async def deed(rooms: Rooms) -> Account:
        caller, organisation = await administrator(rooms, user), await rooms.organisations.get(name)
        return await rooms.organisations.change(caller, organisation, OrganisationEdit(fullname, details, visibility))

    click.echo(_line(with_rooms(home, deed)))


def _set(name: str, member: str, role: str, user: str, home: Path | None, *, must_be_member: bool = False) -> None:
    async def deed(rooms: Rooms) -> Member:
        caller, organisation = await administrator(rooms, user), await rooms.organisations.get(name)
        there = {one.account.name.lower() for one in await rooms.organisations.members(caller, organisation)}
        if must_be_member and member.lower() not in there:
            hint = f"Run: commonweight orgs add {name} {member} --role {role}"
            raise NoMember(f"{member} is no member of {organisation.name}.", hint=hint)
        return await rooms.organisations.set_member(caller, organisation, member, MemberRole[role.upper()])

    made = with_rooms(home, deed)
    click.echo(f"{made.account.name}\t{made.role.word}")


def _line(one: Account) -> str:
    return f"{one.name}\t{one.default_visibility}\t{one.fullname}"
