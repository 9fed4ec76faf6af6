"""The page on which a device is let in."""

from __future__ import annotations

import pytest

from commonweight.identity import DeviceLogin, OAuthError
from tests.policy.world import World
from tests.web.reader import Reader


@pytest.fixture
def devices(world: World) -> DeviceLogin:
    return DeviceLogin(world.database, world.identity, world.clock)


async def test_somebody_signed_in_lets_a_device_in(ada: Reader, devices: DeviceLogin) -> None:
    begun = await devices.begin("the client", "10.0.0.7")
    page = await ada.get(f"/login/device?code={begun.user_code}")
    assert begun.user_code in page.words
    assert "10.0.0.7" in page.words
    form = {"csrf": page.csrf, "code": begun.user_code, "role": "read", "answer": "approve"}
    assert "goes on by itself" in (await ada.post("/login/device", form)).words
    assert (await devices.poll(begun.device_code)).access_token.startswith("cw_")
    again = await ada.post("/login/device", form)
    assert (again.status, "No device waits" in again.words) == (404, True)


async def test_a_device_is_refused(ada: Reader, devices: DeviceLogin) -> None:
    begun = await devices.begin("the client", "10.0.0.7")
    csrf = (await ada.get("/login/device")).csrf
    form = {"csrf": csrf, "code": begun.user_code.lower(), "answer": "refuse"}
    assert "gets nothing" in (await ada.post("/login/device", form)).words
    with pytest.raises(OAuthError) as caught:
        await devices.poll(begun.device_code)
    assert caught.value.word == "access_denied"


async def test_nobody_is_asked_to_sign_in_and_comes_back(reader: Reader) -> None:
    answer = await reader.get("/login/device?code=BCDF-GHJK")
    assert answer.status == 303
    assert "BCDF-GHJK" in answer.headers["location"]


async def test_a_deed_without_the_sessions_token_does_nothing(ada: Reader, devices: DeviceLogin) -> None:
    begun = await devices.begin("the client", "10.0.0.7")
    form = {"code": begun.user_code, "role": "read", "answer": "approve"}
    assert (await ada.post("/login/device", form)).status == 403
    with pytest.raises(OAuthError):
        await devices.poll(begun.device_code)
