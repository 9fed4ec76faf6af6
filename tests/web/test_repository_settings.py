"""The settings of a repository, as a page."""

from __future__ import annotations

from collections.abc import Callable

from commonweight.identity import Role
from tests.policy.world import World
from tests.web.reader import Reader


async def _made(ada: Reader, name: str = "tiny") -> str:
    """The address of the settings of a new private model."""
    csrf = (await ada.get("/new")).csrf
    form = {"csrf": csrf, "kind": "model", "namespace": "ada", "name": name, "visibility": "private"}
    return f"{(await ada.post('/new', form)).headers['location']}/settings"


async def test_a_repository_is_opened_moved_and_deleted(ada: Reader, new_reader: Callable[[], Reader]) -> None:
    address, stranger = await _made(ada), new_reader()
    csrf = (await ada.get(address)).csrf
    assert (await stranger.get("/ada/tiny")).status == 404
    assert (await ada.post(address, {"csrf": csrf, "visibility": "public"})).status == 303
    assert (await stranger.get("/ada/tiny")).status == 200
    moved = await ada.post(f"{address}/move", {"csrf": csrf, "namespace": "ada", "name": "small"})
    assert moved.headers["location"] == "/ada/small/settings"
    wrong = await ada.post("/ada/small/settings/delete", {"csrf": csrf, "typed": "small"})
    assert (wrong.status, "expected ada/small" in wrong.words) == (400, True)
    gone = await ada.post("/ada/small/settings/delete", {"csrf": csrf, "typed": "ada/small"})
    assert gone.headers["location"] == "/ada"
    assert (await ada.get("/ada/small")).status == 404


async def test_a_name_that_is_taken_is_told_on_the_page(ada: Reader) -> None:
    address, _other = await _made(ada), await _made(ada, "other")
    csrf = (await ada.get(address)).csrf
    answer = await ada.post(f"{address}/move", {"csrf": csrf, "namespace": "ada", "name": "other"})
    assert (answer.status, 'value="other"' in answer.text) == (409, True)


async def test_the_settings_are_for_who_administers_it(ada: Reader, world: World, new_reader: Callable[[], Reader]) -> None:
    address = await _made(ada)
    csrf = (await ada.get(address)).csrf
    await ada.post(address, {"csrf": csrf, "visibility": "public"})
    bob = new_reader()
    await bob.sign_in(await world.identity.create_token(await world.identity.account("bob"), "t", Role.WRITE))
    assert (await bob.get(address)).status == 403
    csrf = (await bob.get("/settings/tokens")).csrf
    assert (await bob.post(f"{address}/delete", {"csrf": csrf, "typed": "ada/tiny"})).status == 403
    assert "Settings" not in (await bob.get("/ada/tiny")).words
    assert (await new_reader().post(f"{address}/delete", {"typed": "ada/tiny"})).status in (401, 403)
