"""Accounts, tokens, sessions."""

from datetime import timedelta

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.identity import (
    ANONYMOUS,
    AlreadyExists,
    CsrfMismatch,
    Identity,
    InvalidCredentials,
    InvalidName,
    Role,
    caller_of,
)


@pytest.fixture
def identity(database: Database, clock: SetClock) -> Identity:
    return Identity(database, clock, key=b"k" * 32)


async def test_a_token_finds_its_account(identity: Identity) -> None:
    ada = await identity.create_user("Ada")
    token = await identity.create_token(ada, "laptop", Role.WRITE)
    caller = await identity.authenticate(f"Bearer {token}")
    assert caller.account == ada
    assert caller.may_write(ada.id)


async def test_git_sends_the_token_as_a_password(identity: Identity) -> None:
    ada = await identity.create_user("ada")
    await identity.create_token(ada, "git", Role.READ, value="cw_given")
    caller = await identity.authenticate("Basic YW55Ym9keTpjd19naXZlbg==")
    assert caller.account == ada
    assert not caller.may_write(ada.id)


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic %%%", "Digest x", "nonsense"])
async def test_a_header_that_does_not_fit_is_refused(identity: Identity, header: str) -> None:
    with pytest.raises(InvalidCredentials):
        await identity.authenticate(header)


async def test_nobody_is_anonymous(identity: Identity) -> None:
    assert await identity.authenticate(None) is ANONYMOUS


async def test_a_revoked_token_is_refused_at_once_where_it_was_revoked(identity: Identity) -> None:
    ada = await identity.create_user("ada")
    token = await identity.create_token(ada, "laptop", Role.WRITE)
    await identity.authenticate(f"Bearer {token}")
    [info] = await identity.tokens_of(ada)
    assert await identity.revoke_token(ada, info.id)
    with pytest.raises(InvalidCredentials):
        await identity.authenticate(f"Bearer {token}")
    assert not await identity.revoke_token(ada, info.id)


async def test_names_differ_by_more_than_capitals(identity: Identity) -> None:
    await identity.create_user("Ada")
    with pytest.raises(AlreadyExists):
        await identity.create_organisation("ADA")


@pytest.mark.parametrize(
    "name",
    ["API", "v1", "Settings", "rights", "verdicts", ".well-known", "openapi.json", "a--b", "a..b", "-a", "a.git", "", "ä"],
)
async def test_reserved_and_odd_names_are_refused(identity: Identity, name: str) -> None:
    with pytest.raises(InvalidName):
        await identity.create_user(name)


async def test_leading_underscores_are_accepted(identity: Identity) -> None:
    assert (await identity.create_user("__DUMMY_HUB_USER__")).name == "__DUMMY_HUB_USER__"


@pytest.mark.parametrize(("role", "writes"), [(Role.READ, False), (Role.WRITE, True), (Role.ADMIN, True)])
async def test_a_members_role_decides_about_writing(identity: Identity, role: Role, writes: bool) -> None:
    ada, house = await identity.create_user("ada"), await identity.create_organisation("house")
    await identity.set_member(house, ada, role)
    caller = await identity.authenticate(f"Bearer {await identity.create_token(ada, 't', Role.WRITE)}")
    assert caller.may_read(house.id)
    assert caller.may_write(house.id) is writes


async def test_an_administrators_rights_need_a_token_of_that_role(identity: Identity) -> None:
    root, ada = await identity.create_user("root", is_admin=True), await identity.create_user("ada")
    weak = await identity.authenticate(f"Bearer {await identity.create_token(root, 'w', Role.WRITE)}")
    strong = await identity.authenticate(f"Bearer {await identity.create_token(root, 'a', Role.ADMIN)}")
    assert not weak.may_read(ada.id)
    assert strong.may_read(ada.id)
    assert strong.may_write(ada.id)


async def test_a_browser_session_ends(identity: Identity, clock: SetClock) -> None:
    ada = await identity.create_user("ada")
    signed_in = await identity.sign_in(await identity.create_token(ada, "browser", Role.WRITE))
    assert (await identity.authenticate(None, signed_in.cookie)).account == ada
    clock.advance(timedelta(days=15))
    assert await identity.authenticate(None, signed_in.cookie) is ANONYMOUS


async def test_a_deed_by_cookie_needs_the_csrf_token(identity: Identity) -> None:
    ada = await identity.create_user("ada")
    cookie = (await identity.sign_in(await identity.create_token(ada, "browser", Role.WRITE))).cookie
    headers = {"cookie": f"cw_session={cookie}"}
    assert (await caller_of(identity, "GET", headers)).account == ada
    with pytest.raises(CsrfMismatch):
        await caller_of(identity, "POST", headers)
    good = {**headers, "x-csrf-token": identity.csrf_token(cookie)}
    assert (await caller_of(identity, "POST", good)).account == ada


async def test_a_sign_in_link_works_once(identity: Identity) -> None:
    ada = await identity.create_user("ada")
    await identity.create_token(ada, "first", Role.ADMIN)
    [token] = await identity.tokens_of(ada)
    code = identity.sign_in_code(token)
    signed_in = await identity.sign_in_by_code(code)
    assert (await identity.authenticate(None, signed_in.cookie)).account == ada
    with pytest.raises(InvalidCredentials):
        await identity.sign_in_by_code(code)


async def test_an_old_or_forged_sign_in_link_is_refused(identity: Identity, clock: SetClock) -> None:
    ada = await identity.create_user("ada")
    await identity.create_token(ada, "first", Role.ADMIN)
    [token] = await identity.tokens_of(ada)
    code = identity.sign_in_code(token)
    for forged in (code.replace(f"{token.id}.", "2.", 1), code[:-1], "nonsense", "1.x.y"):
        with pytest.raises(InvalidCredentials):
            await identity.sign_in_by_code(forged)
    clock.advance(timedelta(minutes=16))
    with pytest.raises(InvalidCredentials):
        await identity.sign_in_by_code(code)
