"""The driver of a tuning on a cluster tells the worker how it ended, and whose fault that was."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commonweight.tuning.training import Code, Paused, TrainingFailed, TrainingSpec
from commonweight.tuning.training.ray.driver import train
from tests.tuning.on_ray.stand_in import StandInDriver, trained
from tests.tuning.training_world import Told

NOBODY = "127.0.0.1:1"
CRASHED = TrainingFailed(Code.CRASHED, "6 nodes were lost, one after another.")


@pytest.fixture
def somebody() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


async def ended(outcome: Any, address: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """The last line that it tells."""
    told = Told()
    spec = TrainingSpec(folder / "tuning", folder, folder, folder)
    await train(StandInDriver(outcome), spec, told, address)  # type: ignore[arg-type]
    return told.events[-1]


async def test_what_came_of_it_is_told_whole(somebody: str, tmp_path: Path) -> None:
    kind, data = await ended(trained(tmp_path), somebody, tmp_path)
    assert (kind, data["steps"]) == ("done", 60)


async def test_a_pause_is_told_with_its_step(somebody: str, tmp_path: Path) -> None:
    assert await ended(Paused(40), somebody, tmp_path) == ("paused", {"step": 40})


async def test_what_breaks_on_a_cluster_that_answers_is_the_trainings_own_failure(somebody: str, tmp_path: Path) -> None:
    kind, data = await ended(CRASHED, somebody, tmp_path)
    assert (kind, data["code"]) == ("failed", "crashed")


@pytest.mark.parametrize("error", [CRASHED, ConnectionError("GCS")])
async def test_what_breaks_when_the_cluster_has_fallen_silent_is_not(error: Exception, tmp_path: Path) -> None:
    kind, data = await ended(error, NOBODY, tmp_path)
    assert (kind, data["code"]) == ("failed", "cluster")


async def test_a_loss_that_rose_is_told_as_that_whatever_the_cluster_does(tmp_path: Path) -> None:
    _, data = await ended(TrainingFailed(Code.DIVERGED, "The loss rose."), NOBODY, tmp_path)
    assert data["code"] == "diverged"


async def test_what_nobody_has_thought_of_goes_into_the_log(somebody: str, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        await ended(ZeroDivisionError(), somebody, tmp_path)
