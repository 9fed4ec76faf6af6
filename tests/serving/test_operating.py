"""What administrators see and order: the API, the command, the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from commonweight.db import Database
from commonweight.errors import InvalidInput, NotAllowed
from commonweight.identity import Account, Caller, Role, TokenInfo
from commonweight.serving import Ask, MemoryCatalogue, ModelNotFound, Offer, Operating, Order, seen_document
from commonweight.serving.operating import StillOrdered
from tests.serving.test_pool import WAIT, until
from tests.serving.world import COMMIT, World, mock, model, serving_world

ADMIN = Caller(Account(1, "user", "root", "Root", is_admin=True), TokenInfo(1, "t", Role.ADMIN))
NAME = f"ada/tiny@{COMMIT}"


def operating(world: World) -> Operating:
    return Operating(world.replicas, MemoryCatalogue({"ada/tiny": Offer(model(), (), "v")}))


async def test_engines_are_seen_with_what_all_processes_have_there(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        seat = await world.router.seat(model(), Ask(), WAIT)
        seat.count(50)
        desk = operating(world)

        async def told() -> bool:
            models = (await desk.look(ADMIN)).models
            return bool(models and models[0].engines[0].under_way and models[0].engines[0].tokens_per_second)

        await until(told)
        document = seen_document(await desk.look(ADMIN))
        assert document["hosts"][0]["budget_bytes"] == 1 << 30
        engine = document["models"][0]["engines"][0]
        assert (engine["state"], engine["under_way"], engine["slots"]) == ("ready", 1, 16)
        assert engine["memory_bytes"] > 0
        seat.leave(True)


async def test_a_model_is_loaded_pinned_kept_and_unloaded_by_hand(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        desk = operating(world)
        assert (await desk.load(ADMIN, "ada/tiny")).name == NAME
        await until(lambda: _runs(world))
        await desk.pin(ADMIN, NAME, True)
        with pytest.raises(StillOrdered, match="stay loaded"):
            await desk.unload(ADMIN, NAME)
        order = await desk.pin(ADMIN, "ada/tiny", False)
        assert (order.pinned, order.set_by) == (False, "root")
        assert await desk.unload(ADMIN, NAME) == 1
        await until(lambda: _empty(world))


async def test_orders_that_make_no_sense_and_unknown_models_are_refused(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        desk = operating(world)
        with pytest.raises(InvalidInput, match="5 to 2 replicas"):
            await desk.order(ADMIN, "ada/tiny", lambda before: Order(before.model, least=5, most=2))
        for deed in (desk.load, desk.unload, desk.drop_order):
            with pytest.raises(ModelNotFound):
                await deed(ADMIN, "ada/other")


async def test_only_administrators_see_and_order_engines(database: Database, tmp_path: Path) -> None:
    somebody = Caller(Account(2, "user", "ada", "Ada"), TokenInfo(2, "t", Role.WRITE))
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        desk = operating(world)
        with pytest.raises(NotAllowed):
            await desk.look(somebody)
        for deed in (desk.load, desk.unload, desk.drop_order):
            with pytest.raises(NotAllowed):
                await deed(somebody, "ada/tiny")


async def _runs(world: World) -> bool:
    return any(holding.engine is not None for holding in world.pool.holdings) and (await world.router.is_ready(model()))


async def _empty(world: World) -> bool:
    return not world.pool.holdings
