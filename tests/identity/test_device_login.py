"""Signing in on a device by a code that somebody approves."""

from datetime import timedelta

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.errors import Unavailable
from commonweight.identity import Caller, DeviceLogin, Identity, InvalidCredentials, NoSuchCode, OAuthError, Role
from commonweight.identity.device_login import MAX_WAITING_FROM_ONE, MayNotApprove


@pytest.fixture
def identity(database: Database, clock: SetClock) -> Identity:
    return Identity(database, clock, key=b"k" * 32)


@pytest.fixture
def devices(database: Database, identity: Identity, clock: SetClock) -> DeviceLogin:
    return DeviceLogin(database, identity, clock)


async def _ada(identity: Identity, role: Role = Role.WRITE) -> Caller:
    account = await identity.find_account("ada") or await identity.create_user("ada")
    return await identity.authenticate(f"Bearer {await identity.create_token(account, 't', role)}")


async def _word(devices: DeviceLogin, device_code: str) -> str:
    with pytest.raises(OAuthError) as caught:
        await devices.poll(device_code)
    return caught.value.word


async def test_an_approved_device_gets_one_token_and_no_second(devices: DeviceLogin, identity: Identity) -> None:
    begun = await devices.begin("client", "10.0.0.1")
    assert (await devices.waiting(begun.user_code.lower().replace("-", " "))).client == "10.0.0.1"
    assert await _word(devices, begun.device_code) == "authorization_pending"
    await devices.decide(await _ada(identity), begun.user_code, Role.WRITE)
    issued = await devices.poll(begun.device_code)
    caller = await identity.authenticate(f"Bearer {issued.access_token}")
    assert caller.account is not None
    assert caller.token is not None
    assert (caller.account.name, caller.token.role) == ("ada", Role.WRITE)
    assert await _word(devices, begun.device_code) == "invalid_grant"


async def test_a_refused_device_is_told_so(devices: DeviceLogin, identity: Identity) -> None:
    begun = await devices.begin("client", "10.0.0.1")
    await devices.decide(await _ada(identity), begun.user_code, None)
    assert await _word(devices, begun.device_code) == "access_denied"
    with pytest.raises(NoSuchCode):
        await devices.decide(await _ada(identity), begun.user_code, Role.READ)


async def test_a_device_that_asks_too_often_is_slowed_down(devices: DeviceLogin, clock: SetClock) -> None:
    begun = await devices.begin("client", "10.0.0.1")
    words = []
    for seconds in (5, 1, 5, 15):
        clock.advance(timedelta(seconds=seconds))
        words.append(await _word(devices, begun.device_code))
    assert words == ["authorization_pending", "slow_down", "slow_down", "authorization_pending"]


async def test_a_code_ends_for_the_device_and_for_people(devices: DeviceLogin, identity: Identity, clock: SetClock) -> None:
    begun = await devices.begin("client", "10.0.0.1")
    clock.advance(timedelta(minutes=15))
    assert await _word(devices, begun.device_code) == "expired_token"
    with pytest.raises(NoSuchCode):
        await devices.waiting(begun.user_code)
    assert await _word(devices, "made up") == "invalid_grant"


async def test_a_device_reaches_no_further_than_who_lets_it_in(devices: DeviceLogin, identity: Identity) -> None:
    begun = await devices.begin("client", "10.0.0.1")
    with pytest.raises(MayNotApprove):
        await devices.decide(await _ada(identity, Role.READ), begun.user_code, Role.WRITE)


async def _issued(devices: DeviceLogin, identity: Identity) -> tuple[str, str]:
    begun = await devices.begin("client", "10.0.0.1")
    await devices.decide(await _ada(identity), begun.user_code, Role.WRITE)
    issued = await devices.poll(begun.device_code)
    return issued.access_token, issued.refresh_token


async def test_a_token_is_renewed_and_the_one_before_soon_ends(
    devices: DeviceLogin, identity: Identity, clock: SetClock
) -> None:
    access, refresh = await _issued(devices, identity)
    clock.advance(timedelta(days=29, hours=12))
    renewed = await devices.refresh(refresh)
    for text in (access, renewed.access_token):
        assert not (await identity.authenticate(f"Bearer {text}")).is_anonymous
    clock.advance(timedelta(days=1))
    assert not (await identity.authenticate(f"Bearer {renewed.access_token}")).is_anonymous
    identity.forget()
    with pytest.raises(InvalidCredentials):
        await identity.authenticate(f"Bearer {access}")


async def test_what_renewed_a_token_is_not_used_twice_or_the_token_is_revoked(
    devices: DeviceLogin, identity: Identity
) -> None:
    _access, refresh = await _issued(devices, identity)
    renewed = await devices.refresh(refresh)
    with pytest.raises(OAuthError, match="used before"):
        await devices.refresh(refresh)
    with pytest.raises(InvalidCredentials):
        await identity.authenticate(f"Bearer {renewed.access_token}")
    with pytest.raises(OAuthError):
        await devices.refresh(renewed.refresh_token)


async def test_a_revoked_token_is_not_renewed(devices: DeviceLogin, identity: Identity) -> None:
    access, refresh = await _issued(devices, identity)
    caller = await identity.authenticate(f"Bearer {access}")
    assert caller.account is not None
    assert caller.token is not None
    await identity.revoke_token(caller.account, caller.token.id)
    with pytest.raises(OAuthError):
        await devices.refresh(refresh)


async def test_one_address_has_so_many_codes_at_once(devices: DeviceLogin) -> None:
    for _ in range(MAX_WAITING_FROM_ONE):
        await devices.begin("client", "10.0.0.1")
    with pytest.raises(Unavailable):
        await devices.begin("client", "10.0.0.1")
    await devices.begin("client", "10.0.0.2")
