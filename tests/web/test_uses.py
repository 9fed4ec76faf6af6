from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from commonweight.policy import UseEdit
from tests.policy.world import World
from tests.web.reader import Reader
from tests.web.test_organisation import fields_of

NEW = "/rights/uses/new"


async def _default(world: World) -> str:
    return f"/rights/uses/{(await world.policy.standing_use()).id}"


async def _make(root: Reader, **answers: object) -> str:
    """The address of a use made on the page."""
    page = await root.get(f"{NEW}?template=product")
    made = await root.post(NEW, {"csrf": page.csrf, "name": "Our app", "use.acts": ["offer_product"], **answers})
    assert made.status == 303
    return made.headers["location"].partition("?")[0]


async def test_the_list_counts_the_models_of_each_answer(root: Reader, world: World) -> None:
    await root.get("/")
    page = await root.get("/rights/uses")
    counts = (await world.policy.counts())[(await world.policy.standing_use()).id]
    assert "default: decides what is served" in page.words
    assert f"{sum(counts.values())} models" in page.words
    assert f"{await _default(world)}?verdict=allowed#models" in page.text


async def test_a_use_is_made_from_a_template_made_the_default_and_given_up(root: Reader, world: World) -> None:
    page = await root.get(f"{NEW}?template=research")
    assert 'value="Research"' in page.text
    address = await _make(root)
    assert (await world.policy.uses.get("Our app")).own == {"acts": ["offer_product"]}
    csrf = (await root.get("/rights/uses")).csrf
    before = await _default(world)
    assert (await root.post(f"{address}/default", {"csrf": csrf})).status == 303
    assert (await world.policy.standing_use()).name == "Our app"
    refused = await root.post(f"{address}/end", {"csrf": csrf})
    assert refused.status == 400
    assert "The default use cannot be given up" in refused.words
    assert (await root.post(f"{before}/end", {"csrf": csrf})).status == 303
    assert [use.name for use in await world.policy.uses.list()] == ["Our app"]


async def test_a_new_use_is_compared_with_the_default_before_it_is_made(root: Reader, world: World) -> None:
    await root.get("/")
    page = await root.get(f"{NEW}?template=product")
    fields = {"csrf": page.csrf, "name": "x", "use.acts": ["offer_product"], "use.paid": "yes", "preview": "yes"}
    tried = await root.post(NEW, fields)
    assert "Compared with Internal evaluation by a company" in tried.words
    assert "stabilityai/sdxl-turbo" in tried.words
    assert len(await world.policy.uses.list()) == 1


async def test_a_name_that_is_taken_is_refused_and_what_was_typed_stays(root: Reader) -> None:
    await _make(root)
    page = await root.get(NEW)
    refused = await root.post(NEW, {"csrf": page.csrf, "name": "Our app", "use.acts": ["host"], "description": "Mine."})
    assert refused.status == 409
    assert "Another use goes by the name" in refused.words
    assert "Mine." in refused.words


async def test_a_use_is_changed_and_what_changed_is_shown(root: Reader, world: World) -> None:
    await root.get("/")
    address = await _default(world)
    page = await root.get(address)
    saved = await root.post(address, {**fields_of(page, use__acts=["redistribute"]), "name": "Passing on"})
    shown = await root.get(saved.headers["location"])
    assert "verdicts came out otherwise" in shown.words
    assert (await world.policy.standing_use()).name == "Passing on"


async def test_a_use_that_cannot_be_is_refused_and_what_was_typed_stays(root: Reader, world: World) -> None:
    address = await _default(world)
    page = await root.get(address)
    answers = fields_of(page, use__acts=["evaluate"], use__production="yes", use__planned_name="Acme-7")
    refused = await root.post(address, {**answers, "name": "x"})
    assert refused.status == 400
    assert "facts that can both be so" in refused.words
    assert 'value="Acme-7"' in refused.text


async def test_of_two_who_edit_a_use_the_second_is_told(root: Reader, world: World) -> None:
    address = await _default(world)
    page = await root.get(address)
    world.clock.advance(timedelta(seconds=1))
    use = await world.policy.standing_use()
    await world.policy.change_use(await world.caller("root"), use.id, UseEdit({"acts": ["host"]}, "Theirs"))
    told = await root.post(address, {**fields_of(page, use__acts=["evaluate"]), "name": "Mine"})
    assert told.status == 412
    assert "Theirs" in told.words
    assert (await world.policy.standing_use()).own == {"acts": ["host"]}


async def test_a_use_given_up_while_somebody_typed_can_be_made_anew(root: Reader, world: World) -> None:
    address = await _make(root)
    page = await root.get(address)
    await world.policy.end_use(await world.caller("root"), "Our app")
    told = await root.post(address, {**fields_of(page, use__acts=["host"]), "name": "Our app"})
    assert told.status == 404
    assert 'action="/rights/uses/new"' in told.text
    assert 'value="Our app"' in told.text


async def test_a_form_of_another_session_does_nothing(root: Reader, world: World) -> None:
    address = await _make(root)
    for path in (address, f"{address}/default", f"{address}/end", NEW):
        assert (await root.post(path, {"csrf": "0" * 64, "name": "x", "use.acts": "host"})).status == 403
    assert {use.name for use in await world.policy.uses.list()} == {"Internal evaluation by a company", "Our app"}


async def test_only_an_administrator_changes_uses(ada: Reader, root: Reader, world: World) -> None:
    address = await _make(root)
    page = await ada.get(address)
    assert "Only an administrator" in page.words
    for path in (address, f"{address}/default", f"{address}/end", NEW):
        assert (await ada.post(path, {"csrf": page.csrf, "name": "x", "use.acts": "host"})).status == 403
    assert (await world.policy.uses.get("Our app")).own == {"acts": ["offer_product"]}


async def test_its_models_are_found_by_answer_and_name_page_by_page(root: Reader, world: World) -> None:
    await root.get("/")
    address = await _default(world)
    first = await root.get(address)
    assert "Next page" in first.words
    found = await root.get(f"{address}?q=llama-2")
    assert "meta-llama/llama-2" in found.words
    assert "Next page" not in found.words
    none = await root.get(f"{address}?verdict=prohibited&q=nothing-of-that-name")
    assert "No model here that you may see" in none.words
    assert (await root.get(f"{address}?verdict=maybe")).status == 400


async def test_a_private_model_is_listed_for_its_readers_only(
    ada: Reader, new_reader: Callable[[], Reader], world: World
) -> None:
    revision = await world.publish("secret", {"license": "mit"}, visibility="private")
    await world.policy.standing_verdict(revision)
    address = f"{await _default(world)}?q=ada/secret"
    assert "ada/secret" in (await ada.get(address)).words
    bob = new_reader()
    await bob.sign_in(world.tokens["bob"])
    assert "ada/secret @" not in (await bob.get(address)).words


async def test_the_old_address_leads_to_the_default_use(ada: Reader, reader: Reader, world: World) -> None:
    moved = await ada.get("/settings/use")
    assert (moved.status, moved.headers["location"]) == (301, await _default(world))
    assert (await ada.get("/rights")).headers["location"] == "/rights/uses"
    assert (await reader.get("/rights/uses")).status == 303
