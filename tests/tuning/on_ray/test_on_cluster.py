"""A tuning on a cluster, as its worker sees it: a cluster that is away is waited for, and never takes the worker along."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from commonweight.serving.ray import answers
from commonweight.settings import Settings
from commonweight.tuning.training import Cancelled, Code, Died, Kind, Paused, Trainer, TrainingFailed, TrainingSpec
from commonweight.tuning.training.machine import Machine
from commonweight.tuning.training.ray import OnCluster, Order
from commonweight.tuning.training.ray.on_cluster import DEATHS
from commonweight.tuning_places import trains, tunings_machine
from tests.tuning.on_ray.stand_in import StandInDriver, keep, trained
from tests.tuning.training_world import Heard

ADDRESS = "127.0.0.2:6379"
GONE = Died(Code.CRASHED, "The training ended with status 1, without a word.")
REFUSED = TrainingFailed(Code.CLUSTER, "The cluster speaks another version.", "Install the same one.")


@pytest.fixture
def spec(tmp_path: Path) -> TrainingSpec:
    (tmp_path / "tuning").mkdir()
    return TrainingSpec(tmp_path / "tuning", tmp_path, tmp_path, tmp_path)


class There:
    """Whether the cluster answers, one look after the other; the last one holds."""

    def __init__(self, *looks: bool) -> None:
        self.looks = list(looks)

    async def __call__(self, address: str) -> bool:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


def on_cluster(there: There, *drivers: StandInDriver) -> OnCluster:
    return OnCluster(ADDRESS, iter(drivers).__next__, there, again_seconds=0.01)


def places(heard: Heard) -> list[str]:
    return [data["state"] for data in heard.of(Kind.PLACE)]


def test_tunings_go_to_the_cluster_where_one_is_named_and_ray_is_installed(tmp_path: Path) -> None:
    here, there = Settings(home=tmp_path), Settings(home=tmp_path, ray_address=ADDRESS)
    assert isinstance(trains(here, tmp_path / "log", lambda: True), Trainer)
    assert isinstance(trains(there, tmp_path / "log", lambda: False), Trainer)
    assert isinstance(trains(there, tmp_path / "log", lambda: True), OnCluster)


def test_what_fits_is_asked_of_a_node_of_the_cluster_and_not_of_this_host(tmp_path: Path) -> None:
    there = Settings(home=tmp_path, ray_address=ADDRESS)
    gpus = Settings(home=tmp_path, ray_address=ADDRESS, tuning_gpus=1)
    assert tunings_machine(Settings(home=tmp_path)) is None
    assert [tunings_machine(one, lambda: True) for one in (there, gpus)] == [
        Machine(device, None, "a node of the Ray cluster") for device in ("cpu", "cuda")
    ]


def test_an_order_comes_out_of_its_words_as_it_went_in() -> None:
    settings = Settings(ray_address=ADDRESS, tuning_cpus=4, tuning_gpus=1)
    from commonweight.serving.ray import Needs

    order = Order(settings.ray_address, Needs(4.0, 1.0), Path("/srv/my node"), 2)
    assert Order.parse(order.as_program()[1:]) == order


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_a_look_at_an_address_is_over_at_once(listening: int) -> None:
    began = time.monotonic()
    assert await answers(f"127.0.0.1:{listening}")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        assert not await answers(f"127.0.0.1:{taken.getsockname()[1]}")
    for wrong in ("", "cluster", "cluster:", "cluster:99999999", ":80"):
        assert not await answers(wrong)
    assert time.monotonic() - began < 10


async def test_a_cluster_that_is_away_is_waited_for_and_told_of_once(spec: TrainingSpec) -> None:
    heard, made = Heard(), trained(spec.folder)
    assert await on_cluster(There(False, False, False, True), StandInDriver(made)).run(spec, heard) == made
    assert [dict(data) for data in heard.of(Kind.PLACE)] == [{"state": "away", "address": ADDRESS}]


async def test_a_cluster_that_cannot_be_joined_says_why_and_is_tried_again(spec: TrainingSpec) -> None:
    heard = Heard()
    drivers = StandInDriver(REFUSED), StandInDriver(REFUSED), StandInDriver(trained(spec.folder))
    await on_cluster(There(True), *drivers).run(spec, heard)
    (told,) = heard.of(Kind.PLACE)
    assert told["state"] == "refused"
    assert told["reason"] == "The cluster speaks another version. Install the same one."


async def test_a_driver_that_dies_with_the_cluster_is_followed_by_another_when_that_is_back(spec: TrainingSpec) -> None:
    heard = Heard()
    drivers = StandInDriver(GONE, keeps=10), StandInDriver(trained(spec.folder))
    await on_cluster(There(True, False, True), *drivers).run(spec, heard)
    assert places(heard) == ["refused", "away"]
    assert drivers[1].begun.is_set()


async def test_drivers_that_die_again_and_again_without_a_checkpoint_end_it(spec: TrainingSpec) -> None:
    drivers = [StandInDriver(GONE) for _ in range(DEATHS)]
    with pytest.raises(Died):
        await on_cluster(There(True), *drivers).run(spec, Heard())
    assert all(driver.begun.is_set() for driver in drivers)


async def test_drivers_that_came_further_each_time_may_die_as_often_as_they_do(spec: TrainingSpec) -> None:
    drivers = [StandInDriver(GONE, keeps=step + 1) for step in range(2 * DEATHS)]
    await on_cluster(There(True), *drivers, StandInDriver(trained(spec.folder))).run(spec, Heard())


async def test_what_is_wrong_with_the_training_itself_is_not_tried_again(spec: TrainingSpec) -> None:
    diverged = TrainingFailed(Code.DIVERGED, "The loss rose.")
    with pytest.raises(TrainingFailed, match="The loss rose"):
        await on_cluster(There(True), StandInDriver(diverged)).run(spec, Heard())


@pytest.mark.parametrize(("deed", "outcome"), [("pause", Paused), ("cancel", Cancelled)])
async def test_while_it_waits_for_the_cluster_it_is_paused_and_cancelled(
    spec: TrainingSpec, deed: str, outcome: type[Exception]
) -> None:
    keep(spec.folder, 40)
    waiting, told = on_cluster(There(False)), asyncio.Event()
    running = asyncio.ensure_future(waiting.run(spec, Heard(lambda _: told.set())))
    await asyncio.wait_for(told.wait(), 10)
    await getattr(waiting, deed)()
    with pytest.raises(outcome, match="at step 40"):
        await asyncio.wait_for(running, 10)


async def test_a_driver_at_work_is_told_to_pause(spec: TrainingSpec) -> None:
    driver = StandInDriver(None)
    waiting = on_cluster(There(True), driver)
    running = asyncio.ensure_future(waiting.run(spec, Heard()))
    await asyncio.wait_for(driver.begun.wait(), 10)
    await waiting.pause()
    assert driver.said == ["pause"]
    running.cancel()
