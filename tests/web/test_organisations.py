"""The pages of organisations."""

from __future__ import annotations

from collections.abc import Callable

from commonweight.identity import MemberRole, Role
from tests.policy.world import World
from tests.web.reader import Reader


async def _made(ada: Reader) -> str:
    """The address of the settings of a new organisation."""
    page = await ada.get("/organizations")
    form = {"csrf": page.csrf, "name": "guild", "fullname": "The Guild", "details": "Makers.", "visibility": "private"}
    answer = await ada.post("/organizations", form)
    assert answer.status == 303, answer.words
    return answer.headers["location"]


async def test_a_person_makes_an_organisation_and_gives_roles(ada: Reader, world: World) -> None:
    address = await _made(ada)
    bob = await world.identity.account("bob")
    page = await ada.get(address)
    member = {"csrf": page.csrf, "member": "bob", "role": "contributor"}
    assert (await ada.post(f"{address}/members", member)).status == 303
    page = await ada.get(address)
    assert "gave a role" in page.words
    house = await world.identity.account("guild")
    assert (await world.identity.organisations_of(bob))[house.id][1] is MemberRole.CONTRIBUTOR
    assert (await ada.post(f"{address}/members/remove", {"csrf": page.csrf, "member": "bob"})).status == 303
    assert await world.identity.organisations_of(bob) == {}


async def test_an_organisations_page_shows_its_members_to_those_with_an_account(
    ada: Reader, new_reader: Callable[[], Reader]
) -> None:
    await _made(ada)
    shown = await ada.get("/guild")
    assert "Members and settings" in shown.words
    assert "Makers." in shown.words
    assert "Members" not in (await new_reader().get("/guild")).words
    assert "The Guild" in (await ada.get("/ada")).words


async def test_the_settings_are_for_admins(ada: Reader, world: World, new_reader: Callable[[], Reader]) -> None:
    address = await _made(ada)
    bob, reader = await world.identity.account("bob"), new_reader()
    await reader.sign_in(await world.identity.create_token(bob, "t", Role.WRITE))
    assert (await reader.get(address)).status == 403
    csrf = (await reader.get("/settings")).csrf
    assert (await reader.post(f"{address}/members", {"csrf": csrf, "member": "bob", "role": "admin"})).status == 403


async def test_what_cannot_be_done_is_told_on_the_page(ada: Reader) -> None:
    address = await _made(ada)
    csrf = (await ada.get(address)).csrf
    left = await ada.post(f"{address}/members/remove", {"csrf": csrf, "member": "ada"})
    assert (left.status, "last admin" in left.words) == (409, True)
    nobody = await ada.post(f"{address}/members", {"csrf": csrf, "member": "carl", "role": "read"})
    assert (nobody.status, 'value="carl"' in nobody.text) == (404, True)
