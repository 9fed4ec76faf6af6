"""`commonweight ps`, `load`, `unload`, `pin`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from commonweight.cli.engines import load, pin, ps, unload
from commonweight.cli.serve import how_to_call
from commonweight.db.migrate import migrate
from commonweight.rooms import build_rooms
from commonweight.serving import Mode, ModelNotFound, Offer, Order
from commonweight.serving.operating import StillOrdered
from commonweight.settings import Settings
from tests.serving.world import COMMIT, model

NAME = f"ada/tiny@{COMMIT}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation without a server: a model is pinned, and wanted."""

    async def prepare() -> None:
        rooms = build_rooms(Settings(home=tmp_path))
        await migrate(rooms.database)
        await rooms.identity.create_user("operator", is_admin=True)
        await rooms.replicas.orders.set(Order(model(), least=1, most=2, pinned=True))
        await rooms.replicas.want(model())
        await rooms.close()

    asyncio.run(prepare())
    return tmp_path


def test_engines_are_listed_unpinned_and_unloaded(home: Path) -> None:
    run, at = CliRunner(), ["--home", str(home)]
    listed = run.invoke(ps, at, catch_exceptions=False).output
    assert "pinned; 1 to 2 replicas" in listed
    assert "wanted" in listed
    with pytest.raises(StillOrdered):
        run.invoke(unload, [NAME, *at], catch_exceptions=False)
    assert "no longer pinned" in run.invoke(pin, [NAME, "--off", *at], catch_exceptions=False).output
    assert "pinned;" not in run.invoke(ps, at, catch_exceptions=False).output


def test_a_model_that_does_not_exist_is_told(home: Path) -> None:
    for command in (load, pin, unload):
        with pytest.raises(ModelNotFound):
            CliRunner().invoke(command, ["ada/nothing", "--home", str(home)], catch_exceptions=False)


@pytest.mark.parametrize("mode", Mode)
def test_every_kind_of_model_says_how_it_is_called(mode: Mode) -> None:
    said = how_to_call(Offer(replace(model(), mode=mode), ("mit",), "v"), "mine", "http://here", pinned=False)
    assert "curl http://here/v1/" in said
    assert ("file=@" in said) == (mode is Mode.TRANSCRIPTION)
