"""Deliveries are tried again until they arrive or are given up; whoever never answers is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commonweight.errors import Conflict, InvalidInput, NotAllowed
from commonweight.identity import Caller, Role, TokenInfo
from commonweight.outgoing import PrivateAddress
from commonweight.webhooks import Answer, Sender, WebhookNotFound
from commonweight.webhooks.delivering import MAX_GIVEN_UP, WAITS
from tests.webhooks.conftest import Told, wanted


async def test_what_does_not_arrive_is_tried_again_with_longer_waits_and_then_given_up(told: Told, ada: Caller) -> None:
    made = await told.webhooks.create(ada, wanted())
    told.receiver.answer = Answer(500, "not today")
    await told.hub.create(ada, "model", None, "new")
    await told.passes()
    for number, wait in enumerate(WAITS, 1):
        [one] = await told.webhooks.deliveries(ada, made.key)
        assert (one.state, one.tries, one.status, one.answer) == ("waiting", number, 500, "not today")
        await told.passes(seconds=int(wait.total_seconds()) - 1)
        await told.passes(seconds=1)
        assert len(told.receiver.came) == number
        await told.passes()
    [one] = await told.webhooks.deliveries(ada, made.key)
    assert (one.state, one.tries) == ("failed", len(WAITS) + 1)
    await told.passes(days=2)
    assert len(told.receiver.came) == len(WAITS) + 1


async def test_what_arrives_at_the_second_try_is_delivered(told: Told, ada: Caller) -> None:
    made = await told.webhooks.create(ada, wanted())
    told.receiver.answer = Answer(None, "No answer within 10 seconds.")
    await told.hub.create(ada, "model", None, "new")
    await told.passes(seconds=11)
    told.receiver.answer = Answer(204, "")
    await told.passes()
    [one] = await told.webhooks.deliveries(ada, made.key)
    assert (one.state, one.tries, one.status) == ("delivered", 2, 204)
    assert told.receiver.came[0][1] == told.receiver.came[1][1]


async def test_a_webhook_that_never_answers_is_disabled_with_the_reason_and_enabled_again(told: Told, ada: Caller) -> None:
    made = await told.webhooks.create(ada, wanted())
    told.receiver.answer = Answer(410, "gone")
    for number in range(MAX_GIVEN_UP):
        await told.hub.create(ada, "model", None, f"m{number}")
    await told.passes()
    for wait in WAITS:
        await told.passes(seconds=int(wait.total_seconds()) + 1)
    await told.passes()
    found = await told.webhooks.find(ada, made.key)
    assert (found.is_enabled, "answered 410" in found.why_disabled) == (False, True)
    sent = len(told.receiver.came)
    await told.hub.create(ada, "model", None, "unheard")
    await told.passes()
    assert len(told.receiver.came) == sent
    old = (await told.webhooks.deliveries(ada, made.key))[0]
    with pytest.raises(Conflict):
        await told.webhooks.resend(ada, made.key, old.id)
    assert (await told.webhooks.enable(ada, made.key, True)).why_disabled == ""
    told.receiver.answer = Answer(200, "")
    again = await told.webhooks.resend(ada, made.key, old.id)
    await told.passes()
    newest = (await told.webhooks.deliveries(ada, made.key))[0]
    assert (newest.id, newest.state, newest.body) == (again.id, "delivered", old.body)


async def test_what_was_still_to_be_told_of_a_disabled_webhook_is_given_up(told: Told, ada: Caller) -> None:
    made = await told.webhooks.create(ada, wanted())
    told.receiver.answer = Answer(503, "")
    await told.hub.create(ada, "model", None, "new")
    await told.passes(seconds=11)
    await told.webhooks.enable(ada, made.key, False)
    await told.passes()
    [one] = await told.webhooks.deliveries(ada, made.key)
    assert (one.state, len(told.receiver.came)) == ("failed", 1)


async def test_webhooks_are_their_accounts_own(told: Told, ada: Caller, bob: Caller) -> None:
    made = await told.webhooks.create(ada, wanted())
    assert await told.webhooks.list(bob) == []
    for deed in (told.webhooks.find, told.webhooks.delete, told.webhooks.deliveries):
        with pytest.raises(WebhookNotFound):
            await deed(bob, made.key)
    reader = replace(ada, token=TokenInfo(3, "t", Role.READ))
    key = replace(ada, token=TokenInfo(3, "t", Role.WRITE, is_key=True))
    for caller in (Caller(), reader, key):
        with pytest.raises(NotAllowed):
            await told.webhooks.list(caller)


@pytest.mark.parametrize(
    "url",
    [
        "http://ci.example.org/hook",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://[::1]/",
        "https://localhost./",
        "https://169.254.169.254/latest",
        "https://user:pass@example.org/",
        "ftp://example.org/",
        "https:///hook",
        "https://example.org/\x01",
    ],
)
async def test_addresses_of_this_house_and_odd_ones_are_refused(told: Told, ada: Caller, url: str) -> None:
    with pytest.raises(InvalidInput):
        await told.webhooks.create(ada, wanted(url=url))
    assert (await Sender().post(url, b"{}", {})).status is None


@pytest.mark.parametrize("watched", ["bucket ada/b", "model ada", "user ada/tiny"])
async def test_what_cannot_be_watched_is_refused(told: Told, ada: Caller, watched: str) -> None:
    with pytest.raises(InvalidInput):
        await told.webhooks.create(ada, wanted(watched))


def test_a_setting_lets_webhooks_be_at_addresses_of_this_network() -> None:
    assert Sender(allow_private=True).check("http://127.0.0.1:9/hook") == "http://127.0.0.1:9/hook"
    with pytest.raises(PrivateAddress) as caught:
        Sender().check("https://127.0.0.1:9/hook")
    assert "COMMONWEIGHT_PRIVATE_WEBHOOKS" in caught.value.hint
