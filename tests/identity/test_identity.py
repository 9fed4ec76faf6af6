"""Accounts, tokens, sessions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.errors import InvalidInput
from commonweight.identity import (
    ANONYMOUS,
    AddressRefused,
    AlreadyExists,
    CsrfMismatch,
    Identity,
    InvalidCredentials,
    InvalidName,
    NewToken,
    Role,
    caller_of,
    insert_token,
    networks_of,
    new_token,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def identity(database: Database, clock: SetClock) -> Identity:
    return Identity(database, clock, key=b"k" * 32)


async def test_a_token_finds_its_account(identity: Identity) -> None:
    ada = await identity.create_user("Ada")
    token = await identity.create_token(ada, "laptop", Role.WRITE)
    caller = await identity.authenticate(f"Bearer {token}")
    assert caller.account == ada
    assert caller.may_write(ada.id)


async def test_a_client_that_insists_on_another_prefix_puts_it_before_the_token(identity: Identity) -> None:
    ada = await identity.create_user("ada")
    token = await identity.create_token(ada, "laptop", Role.WRITE)
    assert (await identity.authenticate(f"Bearer hf_{token}")).account == ada
    await identity.create_token(ada, "given", Role.READ, value="hf_given")
    assert (await identity.authenticate("Bearer hf_given")).account == ada
    with pytest.raises(InvalidCredentials):
        await identity.authenticate("Bearer given")


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
    assert (await caller_of(identity, "GET", headers, "")).account == ada
    with pytest.raises(CsrfMismatch):
        await caller_of(identity, "POST", headers, "")
    good = {**headers, "x-csrf-token": identity.csrf_token(cookie)}
    assert (await caller_of(identity, "POST", good, "")).account == ada


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


async def _bound(identity: Identity, database: Database, **bounds: Any) -> str:
    """A token of a new account with these bounds."""
    ada, text = await identity.create_user("ada"), new_token()
    async with database.write() as connection:
        await insert_token(connection, NOW, NewToken(ada.id, "app", Role.READ, text, **bounds))
    return text


async def test_a_token_ends_also_where_it_was_just_used(identity: Identity, database: Database, clock: SetClock) -> None:
    token = await _bound(identity, database, expires_at=clock.now() + timedelta(hours=1))
    caller = await identity.authenticate(f"Bearer {token}")
    assert caller.token is not None
    clock.advance(timedelta(hours=1))
    with pytest.raises(InvalidCredentials, match="expired on 2026-03-01 13:00"):
        await identity.authenticate(f"Bearer {token}")
    assert await identity.caller_by_token_id(caller.token.id) == ANONYMOUS


@pytest.mark.parametrize(
    ("client", "works"),
    [("10.1.2.3", True), ("::ffff:10.1.2.3", True), ("2001:db8::7", True), ("11.0.0.1", False), ("", False), ("x", False)],
)
async def test_a_token_works_from_its_networks_alone(
    identity: Identity, database: Database, client: str, works: bool
) -> None:
    token = await _bound(identity, database, networks=networks_of(["10.0.0.0/8", "2001:db8::/32"]))
    if works:
        assert not (await identity.authenticate(f"Bearer {token}", client=client)).is_anonymous
    else:
        with pytest.raises(AddressRefused):
            await identity.authenticate(f"Bearer {token}", client=client)


async def test_a_session_ends_with_its_token_and_works_from_its_networks(
    identity: Identity, database: Database, clock: SetClock
) -> None:
    bounds = {"networks": networks_of(["10.0.0.0/8"]), "expires_at": clock.now() + timedelta(hours=1)}
    cookie = (await identity.sign_in(await _bound(identity, database, **bounds), client="10.0.0.1")).cookie
    assert not (await identity.authenticate(None, cookie, "10.0.0.1")).is_anonymous
    assert (await identity.authenticate(None, cookie, "11.0.0.1")).is_anonymous
    clock.advance(timedelta(hours=1))
    assert (await identity.authenticate(None, cookie, "10.0.0.1")).is_anonymous


async def test_a_key_opens_no_browser_session(identity: Identity, database: Database) -> None:
    token = await _bound(identity, database, is_key=True)
    with pytest.raises(InvalidCredentials, match="for programs"):
        await identity.sign_in(token)


def test_what_is_no_network_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"10\.0\.0\.1/8"):
        networks_of(["10.0.0.1/8"])
