from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from commonweight.policy import DecisionEdit, OrganisationEdit, PermissionGrant
from tests.policy.world import World
from tests.web.reader import Reader

PAGE = "/rights/decisions"
NEW = f"{PAGE}/new"
MANY = {"kind": "company", "mau": [{"scope": "group", "month": "2023-06", "value": 900_000_000}]}
EXCEPTION = {
    "licence": "llama-2",
    "clause": "llama-2#mau700",
    "choose": "allowed",
    "author": "A. Owner",
    "reason": "Accepted for a trial.",
}


async def _large(world: World) -> None:
    """A company that needs Meta's permission for Llama 2."""
    llama = await world.known.get("meta-llama/llama-2")
    await world.policy.standing_verdict(llama)
    await world.policy.set_organisation(await world.caller("root"), OrganisationEdit(MANY))
    assert (await world.policy.standing_verdict(llama)).value == "needs_permission"


async def _sent(root: Reader, kind: str, fields: dict[str, Any]) -> Any:
    csrf = (await root.get(f"{NEW}/{kind}")).csrf
    return await root.post(f"{NEW}/{kind}", {"csrf": csrf, **fields})


async def test_an_exception_is_recorded_listed_with_what_rests_on_it_and_ended(root: Reader, world: World) -> None:
    await _large(world)
    saved = await _sent(root, "exception", {**EXCEPTION, "name": "risk-12", "until": "2099-01-31"})
    assert saved.status == 303
    listed = await root.get(saved.headers["location"])
    assert "1 verdict came out otherwise" in listed.words
    assert "1 verdict rests on it" in listed.words
    assert "Accepted for a trial." in listed.words
    one = await root.get(f"{PAGE}/exception/risk-12")
    assert "meta-llama/llama-2" in one.words
    number = (await world.policy.decisions.list())[0].id
    csrf = one.csrf
    refused = await root.post(f"{PAGE}/decisions/{number}/end", {"csrf": csrf, "reason": " "})
    assert refused.status == 400
    assert "Say why it ends" in refused.words
    assert (await root.post(f"{PAGE}/decisions/{number}/end", {"csrf": csrf, "reason": "The trial is over."})).status == 303
    assert "risk-12" not in (await root.get(PAGE)).words
    ended = await root.get(f"{PAGE}?show=ended")
    assert "The trial is over." in ended.words
    assert "The trial is over." in (await root.get(f"{PAGE}/exception/risk-12")).words
    again = await root.post(f"{PAGE}/decisions/{number}/end", {"csrf": csrf, "reason": "Once more."})
    assert again.status == 404
    assert "You had written: Once more." in again.words


async def test_the_verdict_names_the_decision_and_leads_to_it(root: Reader, reader: Reader, world: World) -> None:
    await _large(world)
    await _sent(root, "exception", {**EXCEPTION, "name": "risk/12 ?"})
    page = await root.get("/models/meta-llama/llama-2")
    assert "What people decided" in page.words
    assert "decides here" in page.words
    address = f"{PAGE}/exception/risk%2F12%20%3F"
    assert f'href="{address}"' in page.text
    assert (await root.get(address)).status == 200
    assert address not in (await reader.get("/models/meta-llama/llama-2")).text  # nothing to follow without an account


async def test_an_administrator_comes_from_a_clause_to_the_form_filled_in(root: Reader, ada: Reader, world: World) -> None:
    await _large(world)
    page = await root.get("/models/meta-llama/llama-2")
    assert f'href="{NEW}/exception?finding=llama-2%23mau700"' in page.text
    form = await root.get(f"{NEW}/exception?finding=llama-2%23mau700")
    assert 'value="llama-2#mau700" checked' in form.text
    assert "Decide on it" not in (await ada.get("/models/meta-llama/llama-2")).words


async def test_a_bought_licence_lifts_what_the_text_makes_depend_on_it(root: Reader, world: World) -> None:
    await _large(world)
    held = {"licence": "llama-2", "choose": "bought", "author": "Legal", "source": "Contract 7", "name": "meta-1"}
    tried = await _sent(root, "permission", {**held, "preview": "yes"})
    assert "What recording it would change" in tried.words
    assert "meta-llama/llama-2" in tried.words
    assert await world.policy.decisions.permissions() == []
    assert (await _sent(root, "permission", held)).status == 303
    assert (await world.policy.standing_verdict(await world.known.get("meta-llama/llama-2"))).value == "allowed_with_duties"
    number = (await world.policy.decisions.permissions())[0].id
    csrf = (await root.get(PAGE)).csrf
    assert (await root.post(f"{PAGE}/permissions/{number}/end", {"csrf": csrf, "reason": "Not renewed."})).status == 303
    assert (await world.policy.standing_verdict(await world.known.get("meta-llama/llama-2"))).value == "needs_permission"


async def test_a_reading_is_picked_from_those_of_the_record(root: Reader, world: World) -> None:
    terms = next(terms for terms in world.policy.records if terms.ambiguities)
    doubt = terms.ambiguities[0]
    page = await root.get(f"{NEW}/reading?licence={terms.key}")
    clause = f"{terms.key}#{doubt.id}|{doubt.readings[0].id}"
    assert f'value="{clause}"' in page.text
    sent = {"licence": terms.key, "clause": clause, "author": "Counsel", "reason": "Opinion of May.", "name": "c-1"}
    assert (await _sent(root, "reading", sent)).status == 303
    (made,) = await world.policy.decisions.list()
    assert (made.kind, made.finding, made.choose) == ("reading", f"{terms.key}#{doubt.id}", doubt.readings[0].id)


@pytest.mark.parametrize(
    ("kind", "without", "told"),
    [
        ("exception", "clause", "Pick the clause"),
        ("exception", "choose", "Pick what you decide"),
        ("exception", "author", "Say who decided"),
        ("exception", "reason", "Say why"),
        ("permission", "licence", "Pick the licence"),
        ("permission", "choose", "Say how it is held"),
    ],
)
async def test_what_is_left_out_is_asked_for_and_the_rest_stays_typed(
    root: Reader, world: World, kind: str, without: str, told: str
) -> None:
    fields = {**EXCEPTION, "source": "Minutes 9", "choose": "allowed" if kind == "exception" else "bought"}
    refused = await _sent(root, kind, {name: value for name, value in fields.items() if name != without})
    assert refused.status == 400
    assert told in refused.words
    assert "Minutes 9" in refused.text
    assert await world.policy.decisions.list() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": "soon"},
        {"since": "2027-02-01", "until": "2027-01-01"},
        {"finding": "llama-2"},
        {"use": "999"},
        {"model": "no/such"},
    ],
)
async def test_what_cannot_be_is_refused_and_what_was_typed_stays(root: Reader, world: World, wrong: dict[str, str]) -> None:
    refused = await _sent(root, "exception", {**EXCEPTION, **wrong})
    assert refused.status in (400, 404)
    assert "Accepted for a trial." in refused.words
    assert await world.policy.decisions.list() == []


async def test_an_exception_for_one_model_is_tried_on_that_model(root: Reader, world: World) -> None:
    await _large(world)
    tried = await _sent(root, "exception", {**EXCEPTION, "model": "meta-llama/llama-2", "preview": "yes", "reason": ""})
    assert "1 model" in tried.words
    assert "meta-llama/llama-2" in tried.words
    other = await _sent(root, "exception", {**EXCEPTION, "model": "xai/grok-1", "preview": "yes"})
    assert "No verdict would come out otherwise" in other.words


async def test_what_lapses_soon_comes_first(root: Reader, world: World) -> None:
    caller, today = await world.caller("root"), world.policy.today()
    for name, until in (
        ("long", today + timedelta(days=400)),
        ("soon", today + timedelta(days=20)),
        ("over", today - timedelta(days=1)),
    ):
        await world.policy.grant_permission(caller, PermissionGrant("llama-2", "granted", name=name, until=until))
    await world.policy.grant_permission(caller, PermissionGrant("llama-3", "granted", name="later", since=date(2099, 1, 1)))
    words = (await root.get(PAGE)).words
    order = [words.index(title) for title in ("About to lapse", "In force 1", "Not yet in force", "Lapsed 1")]
    assert order == sorted(order)
    assert words.index("soon") < words.index("long")


async def test_whoever_is_no_administrator_reads_and_records_nothing(ada: Reader, root: Reader, world: World) -> None:
    await _sent(root, "exception", {**EXCEPTION, "name": "risk-12"})
    number = (await world.policy.decisions.list())[0].id
    page = await ada.get(PAGE)
    assert "risk-12" in page.words
    assert "End it" not in page.words
    assert (await ada.post(f"{PAGE}/decisions/{number}/end", {"csrf": page.csrf, "reason": "x"})).status == 403
    refused = await _sent(ada, "exception", EXCEPTION)
    assert refused.status == 403
    assert "Accepted for a trial." in refused.words
    assert len(await world.policy.decisions.list()) == 1


async def test_names_of_private_models_are_not_told_to_others(ada: Reader, root: Reader, world: World) -> None:
    revision = await world.publish("secret", {"license": "llama2"}, by="bob", visibility="private")
    await world.policy.set_organisation(await world.caller("root"), OrganisationEdit(MANY))
    await world.policy.standing_verdict(revision)
    edit = DecisionEdit("exception", "llama-2#mau700", "allowed", "A. Owner", "Trial.", name="risk-12")
    await world.policy.record_decision(await world.caller("root"), edit)
    await world.policy.standing_verdict(revision)
    assert "bob/secret" in (await root.get(f"{PAGE}/exception/risk-12")).words
    assert "bob/secret" not in (await ada.get(f"{PAGE}/exception/risk-12")).words


async def test_a_moved_document_that_waits_is_told_of(root: Reader, world: World) -> None:
    terms = next(terms for terms in world.policy.records if terms.policies)
    await world.policy.documents.tell(await world.caller("root"), terms.key, terms.policies[0].id, date(2026, 11, 1))
    page = await root.get(PAGE)
    assert "1 document that licences bring in has changed" in page.words
    assert 'href="/rights/policy#documents"' in page.text


async def test_a_form_whose_session_ended_is_given_back(root: Reader, reader: Reader) -> None:
    kept = await reader.post(f"{NEW}/exception", {**EXCEPTION, "csrf": "0"})
    assert kept.status == 401
    assert "Accepted for a trial." in kept.words
    anew = await root.post(f"{NEW}/exception", {**EXCEPTION, "csrf": "0" * 64})
    assert anew.status == 403
    assert "signed in anew" in anew.words
    assert "Accepted for a trial." in anew.words


async def test_what_is_not_there_is_missing(root: Reader) -> None:
    assert (await root.get(f"{PAGE}/exception/none")).status == 404
    assert (await root.get(f"{NEW}/wish")).status == 404


async def test_that_a_document_changed_is_told_and_waits_to_be_read(root: Reader, ada: Reader, world: World) -> None:
    terms = next(terms for terms in world.policy.records if terms.policies)
    page = await root.get(f"{PAGE}/document")
    fields = {
        "csrf": page.csrf,
        "document": f"{terms.key}#{terms.policies[0].id}",
        "seen_on": "2026-11-01",
        "note": "by mail",
    }
    told = await root.post(f"{PAGE}/document", fields)
    assert (told.status, told.headers["location"]) == (303, "/rights/policy#documents")
    (moved,) = await world.policy.documents.list()
    assert (moved.licence, moved.note, moved.is_reviewed) == (terms.key, "by mail", False)
    csrf = (await ada.get(f"{PAGE}/document")).csrf
    assert (await ada.post(f"{PAGE}/document", {**fields, "csrf": csrf})).status == 403


@pytest.mark.parametrize(
    ("wrong", "status"), [({"document": ""}, 400), ({"seen_on": "May"}, 400), ({"document": "x#y"}, 404)]
)
async def test_a_document_that_cannot_be_is_refused_and_its_text_stays(
    root: Reader, world: World, wrong: dict[str, str], status: int
) -> None:
    terms = next(terms for terms in world.policy.records if terms.policies)
    fields = {"document": f"{terms.key}#{terms.policies[0].id}", "seen_on": "2026-11-01", "text": "You agree not to fly."}
    refused = await root.post(f"{PAGE}/document", {"csrf": (await root.get(PAGE)).csrf, **fields, **wrong})
    assert refused.status == status
    assert "You agree not to fly." in refused.words
    assert await world.policy.documents.list() == []
