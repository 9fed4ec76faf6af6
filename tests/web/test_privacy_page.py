"""What is kept and what must not be said, decided and ended by people on a page."""

from __future__ import annotations

import re
from collections.abc import Callable

from commonweight.identity import Role
from commonweight.retention import Kind, NewAnswer, Retention
from tests.policy.world import World
from tests.web.reader import Reader

PAGE = "/settings/privacy"
KEEP = {"account": "ada", "scope": "responses", "days": "30", "reason": "Support looks into complaints."}
GUARD = {"name": "code names", "words": "project tern\n\nblue whale", "side": "answer", "action": "refuse",
         "scope": "account", "subject": "ada", "likeness": "0.5", "reason": "Not public."}  # fmt: skip


async def admin(world: World, new_reader: Callable[[], Reader], name: str) -> Reader:
    reader = new_reader()
    account = await world.identity.account(name)
    await reader.sign_in(await world.identity.create_token(account, "page", Role.ADMIN))
    return reader


async def test_nothing_is_kept_until_it_is_decided_and_it_goes_when_that_ends(
    world: World, new_reader: Callable[[], Reader]
) -> None:
    ada = await admin(world, new_reader, "ada")
    page = await ada.get(PAGE)
    assert "Nothing: no decision is in force." in page.words
    assert (await ada.post(f"{PAGE}/retention", {**KEEP, "csrf": page.csrf})).status == 303
    retention, account = Retention(world.database, world.clock), await world.identity.account("ada")
    decision = await retention.decisions.in_force(account.id, Kind.RESPONSE)
    assert decision is not None
    assert (decision.days, decision.decided_by) == (30, "ada")
    await retention.kept.keep(decision, NewAnswer("resp_1", Kind.RESPONSE, "m", "completed", {}, {"id": "resp_1"}))
    listed = await ada.get(PAGE)
    assert "Kept now 1" in listed.words
    assert "Support looks into complaints." in listed.words
    number = re.search(rf"{PAGE}/retention/(\d+)/end", listed.text)
    assert number
    assert (await ada.post(f"{PAGE}/retention/{number[1]}/end", {"csrf": listed.csrf})).status == 303
    assert await retention.kept.by_id("resp_1") is None
    ended = await ada.get(PAGE)
    assert "Ended by ada" in ended.words
    assert "/end" not in ended.text


async def test_a_guardrail_is_decided_shown_and_ended(world: World, new_reader: Callable[[], Reader]) -> None:
    ada = await admin(world, new_reader, "ada")
    csrf = (await ada.get(PAGE)).csrf
    assert (await ada.post(f"{PAGE}/guardrails", {**GUARD, "csrf": csrf})).status == 303
    listed = await ada.get(PAGE)
    assert "in answers · for an account or organisation ada" in listed.words
    assert "project tern blue whale" in listed.words
    number = re.search(rf"{PAGE}/guardrails/(\d+)/end", listed.text)
    assert number
    assert (await ada.post(f"{PAGE}/guardrails/{number[1]}/end", {"csrf": csrf})).status == 303
    assert "Ended by ada" in (await ada.get(PAGE)).words


async def test_what_was_typed_is_shown_again_with_what_is_wrong(world: World, new_reader: Callable[[], Reader]) -> None:
    ada = await admin(world, new_reader, "ada")
    csrf = (await ada.get(PAGE)).csrf
    wrong = (
        ({**GUARD, "words": ""}, "nothing to look for", 400),
        ({**GUARD, "topics": "weapons"}, "expected a name, a colon and a sentence", 400),
        ({**GUARD, "topics": "weapons: how?", "judge": "m"}, None, 303),
        ({**GUARD, "scope": "key", "subject": "seven"}, "no number", 400),
        ({**GUARD, "scope": "installation"}, "may not decide", 403),
        ({**GUARD, "thing": "souls"}, "none of email", 400),
        ({**GUARD, "likeness": "much"}, "expected one such as 0.5", 400),
    )
    for fields, said, status in wrong:
        answer = await ada.post(f"{PAGE}/guardrails", {**fields, "csrf": csrf})
        assert answer.status == status, fields
        assert said is None or (said in answer.words and 'value="code names"' in answer.text), answer.words
    for change, said in (
        ({"days": "many"}, "no number"),
        ({"days": "0"}, "expected 1 to"),
        ({"account": "root"}, "may not decide"),
    ):
        answer = await ada.post(f"{PAGE}/retention", {**KEEP, **change, "csrf": csrf})
        assert answer.status in (400, 403)
        assert said in answer.words
        assert "Support looks into complaints." in answer.text


async def test_whoever_administers_nothing_sees_that_and_decides_nothing(
    world: World, new_reader: Callable[[], Reader]
) -> None:
    reader = new_reader()
    await reader.sign_in(await world.identity.create_token(await world.identity.account("ada"), "small", Role.READ))
    page = await reader.get(PAGE)
    assert "New guardrail" not in page.words
    assert (await reader.post(f"{PAGE}/guardrails", {**GUARD, "csrf": page.csrf})).status == 403
    assert (await reader.post(f"{PAGE}/retention", {**KEEP, "csrf": page.csrf})).status == 403
    for deed in ("retention", "guardrails"):
        for number in ("1", "x", "9" * 30):
            assert (await reader.post(f"{PAGE}/{deed}/{number}/end", {"csrf": page.csrf})).status == 404


async def test_an_administrator_of_the_server_sees_what_was_decided_about_everybody(
    world: World, new_reader: Callable[[], Reader]
) -> None:
    ada, root = await admin(world, new_reader, "ada"), await admin(world, new_reader, "root")
    await ada.post(f"{PAGE}/retention", {**KEEP, "csrf": (await ada.get(PAGE)).csrf})
    page = await root.get(PAGE)
    assert "ada · responses" in page.words
    everybody = {**GUARD, "scope": "installation", "subject": "", "csrf": page.csrf}
    assert (await root.post(f"{PAGE}/guardrails", everybody)).status == 303
    assert "code names" not in (await ada.get(PAGE)).words
