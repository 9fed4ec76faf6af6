"""The pages of webhooks."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.policy.world import World
from tests.web.reader import Reader

HOOKS = "/settings/webhooks"
SENT = {"url": "https://ci.example.org/hook", "watched": "user ada\nmodel ada/tiny", "repo": "yes", "secret": "hush hush"}


async def made(ada: Reader) -> str:
    token = (await ada.get(HOOKS)).csrf
    answer = await ada.post(HOOKS, {"csrf": token, **SENT})
    assert answer.status == 303, answer.words
    return answer.headers["location"]


async def test_a_webhook_is_made_changed_switched_off_and_deleted(ada: Reader) -> None:
    address = await made(ada)
    page = await ada.get(address)
    assert "enabled" in page.words
    assert "signed" in page.words
    assert "hush" not in page.text
    fields = {"csrf": page.csrf, **SENT, "secret": "", "watched": "org acme", "forget": "yes"}
    assert (await ada.post(address, fields)).status == 303
    page = await ada.get(address)
    assert "org acme" in page.words
    assert "signed" not in page.words.replace("unsigned", "")
    assert (await ada.post(f"{address}/enable", {"csrf": page.csrf, "enabled": "no"})).status == 303
    assert "disabled" in (await ada.get(HOOKS)).words
    assert (await ada.post(f"{address}/delete", {"csrf": page.csrf})).headers["location"] == HOOKS
    assert (await ada.get(address)).status == 404


async def test_what_was_typed_comes_back_where_it_is_refused_but_for_the_secret(ada: Reader) -> None:
    token = (await ada.get(HOOKS)).csrf
    for wrong in ({"url": "https://10.0.0.1/x"}, {"watched": "model"}, {"repo": ""}):
        answer = await ada.post(HOOKS, {"csrf": token, **SENT, **wrong})
        assert answer.status == 400
        assert "hush" not in answer.text
        assert "ada/tiny" in answer.text or "watched" in wrong


async def test_a_webhook_is_its_accounts_own(
    ada: Reader, reader: Reader, new_reader: Callable[[], Reader], world: World
) -> None:
    address, bob = await made(ada), new_reader()
    await bob.sign_in(world.tokens["bob"])
    token = (await bob.get(HOOKS)).csrf
    assert (await bob.get(address)).status == 404
    for deed in ("", "/enable", "/delete", "/resend"):
        assert (await bob.post(f"{address}{deed}", {"csrf": token, **SENT})).status == 404
    assert (await reader.get(HOOKS)).status in (303, 401)


async def test_a_delivery_that_is_not_there_is_not_sent_again(ada: Reader) -> None:
    address = await made(ada)
    page = await ada.get(address)
    assert re.search("Nothing has happened yet", page.words)
    assert (await ada.post(f"{address}/resend", {"csrf": page.csrf, "delivery": "7"})).status == 404
    assert (await ada.post(f"{address}/resend", {"csrf": page.csrf, "delivery": "x"})).status == 400
