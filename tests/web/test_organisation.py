from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from commonweight.policy import OrganisationEdit
from tests.policy.world import World
from tests.web.reader import Answer, Reader

PAGE = "/rights/organisation"


def hidden(page: Answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found
    return found[1].replace("&#34;", '"')


def fields_of(page: Answer, **changes: Any) -> dict[str, Any]:
    """What a browser sends from the form, with some answers; the others are left empty."""
    named = {name.replace("__", "."): value for name, value in changes.items()}
    return {"csrf": page.csrf, "seen": hidden(page, "seen"), "was": hidden(page, "was"), **named}


async def _facts(world: World) -> dict[str, Any]:
    return dict((await world.policy.uses.organisation()).facts)


async def test_saving_shows_what_changed_with_its_cause(root: Reader, world: World) -> None:
    await root.get("/")  # verdicts stand
    page = await root.get(PAGE)
    answers = fields_of(page, organisation__kind="company", organisation__principal_place="de", group="Acme and below")
    saved = await root.post(PAGE, answers)
    assert saved.status == 303
    shown = await root.get(saved.headers["location"])
    assert "Saved." in shown.words
    assert "verdicts came out otherwise" in shown.words
    assert "/rights/changes?cause=" in shown.text
    assert await _facts(world) == {"kind": "company", "principal_place": "DE"}
    assert (await world.policy.uses.organisation()).group == "Acme and below"


async def test_a_preview_says_what_would_change_and_writes_nothing(root: Reader, world: World) -> None:
    await root.get("/")
    page = await root.get(PAGE)
    tried = await root.post(PAGE, fields_of(page, organisation__principal_place="DE", preview="yes"))
    assert tried.status == 200
    assert "What saving this would change" in tried.words
    assert "meta-llama/llama-4" in tried.words
    assert 'value="DE"' in tried.text  # what was typed stays
    assert hidden(tried, "seen") == hidden(page, "seen")
    assert await _facts(world) == {"kind": "company"}


async def test_each_question_says_which_licences_ask_it(ada: Reader) -> None:
    page = await ada.get(PAGE)
    assert "licences ask for this" in page.words
    assert "/docs/licences/llama-4" in page.text


async def test_facts_that_cannot_be_are_refused_at_their_question_and_stay_typed(root: Reader, world: World) -> None:
    page = await root.get(PAGE)
    refused = await root.post(PAGE, fields_of(page, organisation__principal_place="Germany", organisation__name="Acme"))
    assert refused.status == 400
    assert "expected a country code" in refused.words
    assert 'href="#organisation.principal_place"' in refused.text
    assert 'value="Germany"' in refused.text
    assert 'value="Acme"' in refused.text
    assert await _facts(world) == {"kind": "company"}


async def test_of_two_who_edit_at_once_the_second_is_told_and_nothing_is_overwritten(root: Reader, world: World) -> None:
    page = await root.get(PAGE)
    world.clock.advance(timedelta(seconds=1))
    other = OrganisationEdit({"kind": "company", "principal_place": "FR"})
    await world.policy.set_organisation(await world.caller("root"), other)
    mine = fields_of(page, organisation__kind="company", organisation__name="Acme")
    told = await root.post(PAGE, mine)
    assert told.status == 412
    assert "Somebody was faster" in told.words
    assert "root saved at" in told.words
    assert await _facts(world) == {"kind": "company", "principal_place": "FR"}
    assert 'value="Acme"' in told.text
    assert 'value="FR"' in told.text  # what was left alone follows theirs
    again = {**mine, "csrf": told.csrf, "seen": hidden(told, "seen"), "was": hidden(told, "was")}
    assert (await root.post(PAGE, again)).status == 303
    assert (await _facts(world))["name"] == "Acme"


async def test_a_form_without_its_moment_overwrites_nothing(root: Reader, world: World) -> None:
    csrf = (await root.get(PAGE)).csrf
    assert (await root.post(PAGE, {"csrf": csrf, "organisation.kind": "university"})).status == 412
    assert await _facts(world) == {"kind": "company"}


async def test_a_form_whose_session_ended_comes_back_whole_after_signing_in(
    root: Reader, new_reader: Callable[[], Reader], world: World
) -> None:
    sent = fields_of(await root.get(PAGE), organisation__name="Acme & Söhne", organisation__kind="company")
    nobody = new_reader()
    kept = await nobody.post(PAGE, sent)
    assert kept.status == 401
    assert "nothing that you typed is lost" in kept.words
    assert "Acme &amp; Söhne" in kept.text
    assert sent["csrf"] not in kept.text
    await nobody.sign_in(world.tokens["root"])
    back = await nobody.post(PAGE, {**sent, "csrf": ""})
    assert back.status == 403
    assert "signed in anew" in back.words
    assert 'value="Acme &amp; Söhne"' in back.text
    assert await _facts(world) == {"kind": "company"}
    done = await nobody.post(PAGE, {**sent, "csrf": back.csrf, "seen": hidden(back, "seen")})
    assert done.status == 303


async def test_nobody_learns_the_facts_by_an_ended_session(reader: Reader) -> None:
    answer = await reader.post(PAGE, {"organisation.name": "x"})
    assert answer.status == 401
    assert "company" not in answer.words
    assert (await reader.get(PAGE)).status == 303


async def test_whoever_is_no_administrator_reads_and_changes_nothing(ada: Reader, world: World) -> None:
    page = await ada.get(PAGE)
    assert "Only an administrator" in page.words
    assert "Save and decide again" not in page.words
    refused = await ada.post(PAGE, fields_of(page, organisation__name="Mine"))
    assert refused.status == 403
    assert "administrator" in refused.words
    assert 'value="Mine"' in refused.text
    assert "administrator" in (await ada.post(PAGE, fields_of(page, organisation__name="x", preview="yes"))).words
    assert await _facts(world) == {"kind": "company"}


@pytest.mark.parametrize("saved", ["999", "x", "-1", "9" * 30, "²"])
async def test_an_address_that_names_no_deed_shows_the_page(root: Reader, saved: str) -> None:
    assert (await root.get(f"{PAGE}?saved={saved.encode().hex() if saved == '²' else saved}")).status == 200


async def test_what_a_deed_came_to_is_for_administrators(root: Reader, ada: Reader) -> None:
    page = await root.get(PAGE)
    saved = await root.post(PAGE, fields_of(page, organisation__principal_place="DE"))
    assert "Saved." not in (await ada.get(saved.headers["location"])).words


async def test_a_form_carries_the_facts_it_was_filled_from(root: Reader) -> None:
    assert json.loads(hidden(await root.get(PAGE), "was")) == {"kind": "company"}
