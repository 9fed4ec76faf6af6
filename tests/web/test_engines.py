"""The page of the engines, for administrators."""

from __future__ import annotations

from commonweight.serving import Order, Replicas
from tests.policy.world import World
from tests.serving.world import COMMIT, model
from tests.web.reader import Reader

PAGE = "/admin/engines"


async def test_the_page_is_for_administrators(reader: Reader) -> None:
    answer = await reader.get(PAGE)
    assert (answer.status, answer.headers["location"].partition("?")[0]) == (303, "/login")


async def test_it_shows_what_is_ordered_and_that_nobody_could_run_it(root: Reader, world: World) -> None:
    replicas = Replicas(world.database, world.clock)
    await replicas.orders.set(Order(model(), least=1, most=3, pinned=True))
    await replicas.want(model())
    page = await root.get(PAGE)
    assert page.status == 200
    for words in ("No worker is running", "ada/tiny @ 0123456", "pinned", "1 to 3 replicas", "wanted"):
        assert words in page.words


async def test_a_model_is_unpinned_and_unloaded_with_its_buttons(root: Reader, world: World) -> None:
    replicas = Replicas(world.database, world.clock)
    await replicas.orders.set(Order(model(), pinned=True))
    await replicas.want(model())
    fields = {"csrf": (await root.get(PAGE)).csrf, "model": f"ada/tiny@{COMMIT}"}
    refused = await root.post(f"{PAGE}/unload", fields)
    assert (refused.status, "to stay loaded" in refused.words) == (409, True)
    assert (await root.post(f"{PAGE}/unpin", fields)).status == 303
    assert (await root.post(f"{PAGE}/unload", fields)).status == 303
    assert await replicas.of(model().key) == []


async def test_a_model_that_does_not_exist_is_told(root: Reader) -> None:
    page = await root.get(PAGE)
    answer = await root.post(f"{PAGE}/load", {"csrf": page.csrf, "model": "ada/nothing"})
    assert (answer.status, "does not exist" in answer.words) == (404, True)
