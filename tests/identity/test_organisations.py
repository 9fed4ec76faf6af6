"""Organisations: members, roles, and who may change them."""

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.errors import InvalidInput, NotFound
from commonweight.identity import (
    Account,
    AlreadyExists,
    Caller,
    Identity,
    LastAdmin,
    MayNotManage,
    MemberRole,
    NewToken,
    NoMember,
    OrganisationEdit,
    Organisations,
    Right,
    Role,
    insert_token,
    new_token,
    rights_of_member,
)


@pytest.fixture
def identity(database: Database, clock: SetClock) -> Identity:
    return Identity(database, clock, key=b"k" * 32)


@pytest.fixture
def organisations(database: Database, identity: Identity, clock: SetClock) -> Organisations:
    return Organisations(database, identity, clock)


async def _person(identity: Identity, name: str, role: Role = Role.WRITE) -> str:
    """The text of a token of somebody new."""
    return await identity.create_token(await identity.create_user(name), "t", role)


async def _caller(identity: Identity, token: str) -> Caller:
    return await identity.authenticate(f"Bearer {token}")


async def _house(organisations: Organisations, identity: Identity, token: str) -> Account:
    return await organisations.create(await _caller(identity, token), "house", OrganisationEdit("The House"))


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (MemberRole.READ, {Right.READ, Right.DISCUSS}),
        (MemberRole.CONTRIBUTOR, {Right.READ, Right.DISCUSS, Right.CREATE}),
        (MemberRole.WRITE, set(Right) - {Right.MANAGE}),
        (MemberRole.ADMIN, set(Right)),
    ],
)
def test_what_each_role_may_do_stands_in_one_table(role: MemberRole, may: set[Right]) -> None:
    assert rights_of_member(role) == may


def test_a_contributor_writes_to_what_he_made() -> None:
    made = rights_of_member(MemberRole.CONTRIBUTOR, made_it=True) - rights_of_member(MemberRole.CONTRIBUTOR)
    assert made == {Right.WRITE, Right.ADMINISTER}


async def test_who_makes_an_organisation_is_its_first_admin(organisations: Organisations, identity: Identity) -> None:
    ada = await _person(identity, "ada")
    house = await _house(organisations, identity, ada)
    caller = await _caller(identity, ada)
    assert [(one.account.name, one.role) for one in await organisations.members(caller, house)] == [
        ("ada", MemberRole.ADMIN)
    ]
    assert caller.may_manage(house.id)


async def test_a_name_that_a_person_has_is_taken(organisations: Organisations, identity: Identity) -> None:
    ada = await _caller(identity, await _person(identity, "ada"))
    with pytest.raises(AlreadyExists):
        await organisations.create(ada, "ADA", OrganisationEdit())


async def test_where_people_may_not_make_them_administrators_do(
    database: Database, identity: Identity, clock: SetClock
) -> None:
    closed = Organisations(database, identity, clock, people_make=False)
    ada = await _caller(identity, await _person(identity, "ada"))
    root = await identity.create_user("root", is_admin=True)
    with pytest.raises(MayNotManage):
        await closed.create(ada, "house", OrganisationEdit())
    administrator = await _caller(identity, await identity.create_token(root, "t", Role.ADMIN))
    assert (await closed.create(administrator, "house", OrganisationEdit())).name == "house"


async def test_admins_alone_change_members(organisations: Organisations, identity: Identity) -> None:
    ada, bob = await _person(identity, "ada"), await _person(identity, "bob")
    house = await _house(organisations, identity, ada)
    for role in (MemberRole.READ, MemberRole.CONTRIBUTOR, MemberRole.WRITE):
        await organisations.set_member(await _caller(identity, ada), house, "bob", role)
        with pytest.raises(MayNotManage):
            await organisations.set_member(await _caller(identity, bob), house, "bob", MemberRole.ADMIN)
    await organisations.set_member(await _caller(identity, ada), house, "bob", MemberRole.ADMIN)
    await organisations.remove(await _caller(identity, bob), house, "ada")
    assert not (await _caller(identity, ada)).may_read(house.id)


async def test_the_last_admin_neither_leaves_nor_steps_down(organisations: Organisations, identity: Identity) -> None:
    ada = await _person(identity, "ada")
    house = await _house(organisations, identity, ada)
    with pytest.raises(LastAdmin):
        await organisations.remove(await _caller(identity, ada), house, "ada")
    with pytest.raises(LastAdmin):
        await organisations.set_member(await _caller(identity, ada), house, "ada", MemberRole.WRITE)


async def test_a_member_leaves_by_himself(organisations: Organisations, identity: Identity) -> None:
    ada, bob = await _person(identity, "ada"), await _person(identity, "bob")
    house = await _house(organisations, identity, ada)
    await organisations.set_member(await _caller(identity, ada), house, "bob", MemberRole.READ)
    await organisations.remove(await _caller(identity, bob), house, "bob")
    with pytest.raises(NoMember):
        await organisations.remove(await _caller(identity, bob), house, "bob")


async def test_members_are_people(organisations: Organisations, identity: Identity) -> None:
    ada = await _person(identity, "ada")
    house = await _house(organisations, identity, ada)
    await identity.create_organisation("guild")
    with pytest.raises(InvalidInput, match="members are people"):
        await organisations.set_member(await _caller(identity, ada), house, "guild", MemberRole.READ)
    with pytest.raises(NotFound):
        await organisations.get("ada")


async def test_a_key_for_programs_manages_nothing(
    organisations: Organisations, identity: Identity, database: Database, clock: SetClock
) -> None:
    ada = await _person(identity, "ada")
    house, key = await _house(organisations, identity, ada), new_token()
    async with database.write() as connection:
        owner = await identity.account("ada")
        await insert_token(connection, clock.now(), NewToken(owner.id, "app", Role.WRITE, key, is_key=True))
    with pytest.raises(MayNotManage):
        await organisations.set_member(await _caller(identity, key), house, "ada", MemberRole.ADMIN)


async def test_each_change_is_in_the_audit_trail(organisations: Organisations, identity: Identity) -> None:
    ada = await _person(identity, "ada")
    house = await _house(organisations, identity, ada)
    await _person(identity, "bob")
    caller = await _caller(identity, ada)
    await organisations.set_member(caller, house, "bob", MemberRole.READ)
    await organisations.change(caller, house, OrganisationEdit(default_visibility="private"))
    await organisations.remove(caller, house, "bob")
    found = await organisations.history(await _caller(identity, ada), house)
    assert [(one.by, one.action.partition(".")[2]) for one in found] == [
        ("ada", "remove"),
        ("ada", "update"),
        ("ada", "member"),
        ("ada", "create"),
    ]
    assert found[2].detail == {"member": "bob", "role": "read", "had": ""}


async def test_another_process_of_the_host_knows_at_once_who_was_removed(
    database: Database, clock: SetClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from commonweight.identity import Freshness

    path = tmp_path_factory.mktemp("home") / "identity-freshness"
    here, there = (Identity(database, clock, b"k" * 32, Freshness(path)) for _ in range(2))
    organisations = Organisations(database, here, clock)
    ada, bob = await _person(here, "ada"), await _person(here, "bob")
    house = await _house(organisations, here, ada)
    await organisations.set_member(await _caller(here, ada), house, "bob", MemberRole.READ)
    assert (await _caller(there, bob)).may_read(house.id)
    await organisations.remove(await _caller(here, ada), house, "bob")
    assert not (await _caller(there, bob)).may_read(house.id)
