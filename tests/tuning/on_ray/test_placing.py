"""What a tuning asks of a node of a cluster, and what is told while no node has it."""

from __future__ import annotations

import asyncio
import multiprocessing
from pathlib import Path

import pytest

from commonweight.serving.ray import Needs
from commonweight.tuning.training import Cancelled, Kind, Paused
from commonweight.tuning.training.estimate import LIBRARIES
from commonweight.tuning.training.ray import RayTrainer
from commonweight.tuning.training.ray.own_folder import OwnFolder
from commonweight.tuning.training.ray.placing import SAY_S, Asked, Wait, asked_of
from tests.tuning.on_ray.stand_in import GIB, StandInCluster, a_room, keep
from tests.tuning.test_estimating import a_spec, write_base
from tests.tuning.training_world import Heard

ASKED = Asked(2.0, 0.0, 1 << 30)


def test_memory_is_asked_for_by_the_estimate_and_in_parts_where_nodes_are_small(tmp_path: Path) -> None:
    spec = a_spec(tmp_path, write_base(tmp_path / "base", hidden=1024, layers=20, vocabulary=50_000))
    roomy, tight = asked_of(spec, Needs(1.0), 64 * GIB), asked_of(spec, Needs(1.0), 2 * GIB)
    assert roomy.memory > 2 * GIB > tight.memory > LIBRARIES
    assert roomy.bundle == {"CPU": 1.0, "memory": float(roomy.memory)}


def test_with_a_gpu_the_hosts_memory_holds_the_weights_alone(tmp_path: Path) -> None:
    spec = a_spec(tmp_path, write_base(tmp_path / "base", hidden=1024, layers=20))
    asked = asked_of(spec, Needs(4.0, 1.0), 0.0)
    assert asked.bundle == {"CPU": 4.0, "GPU": 1.0, "memory": float(asked.memory)}
    assert asked.memory < asked_of(spec, Needs(4.0), 0.0).memory


async def test_a_full_cluster_is_told_of_with_what_is_asked_and_what_there_is() -> None:
    heard = Heard()
    await Wait(ASKED, lambda: a_room(1.0, 2.0, 1.0), heard).tell(0.0)
    (told,) = heard.of(Kind.PLACE)
    assert dict(told) == {
        "state": "full",
        "asked": "2 CPU, 0 GPU, 1024 MB",
        "free": "1 CPU, 0 GPU, 2048 MB",
        "total": "3 CPU, 0 GPU, 4096 MB",
        "nodes": 2,
    }


async def test_that_no_node_is_large_enough_is_told_with_the_largest() -> None:
    heard = Heard()
    await Wait(ASKED, lambda: a_room(3.0, 1.0, 1.0, 1.0), heard).tell(0.0)
    (told,) = heard.of(Kind.PLACE)
    assert (told["state"], told["largest"]) == ("small", "1 CPU, 0 GPU, 2048 MB")


async def test_the_same_is_told_once_and_what_changes_not_all_the_time() -> None:
    heard, rooms = Heard(), [a_room(1.0, 2.0), a_room(1.0, 2.0), a_room(0.5, 2.0)]
    wait = Wait(ASKED, lambda: rooms.pop(0), heard)
    for now in (0.0, 1.0, SAY_S + 1.0, SAY_S + 2.0):
        await wait.tell(now)
    assert [told["free"][:5] for told in heard.of(Kind.PLACE)] == ["1 CPU", "0.5 C"]


@pytest.mark.parametrize(("deed", "outcome"), [("pause", Paused), ("cancel", Cancelled)])
async def test_while_it_waits_for_room_it_is_paused_and_cancelled_and_asks_for_no_room_any_more(
    tmp_path: Path, deed: str, outcome: type[Exception]
) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install -r requirements/ray.txt (make test-long does)")
    spec = a_spec(tmp_path, write_base(tmp_path / "base"))
    keep(spec.folder, 40)
    cluster, told = StandInCluster(a_room(0.0, 1.0)), asyncio.Event()
    trainer = RayTrainer(cluster, Needs(1.0), tmp_path / "nodes")  # type: ignore[arg-type]
    running = asyncio.ensure_future(trainer.run(spec, Heard(lambda _: told.set())))
    await asyncio.wait_for(told.wait(), 20)
    await getattr(trainer, deed)()
    with pytest.raises(outcome, match="at step 40"):
        await asyncio.wait_for(running, 20)
    assert [bundle["CPU"] for bundle in cluster.asked] == [1.0]
    assert cluster.reserved.given_back


def _hold(root: str, name: str) -> None:
    (OwnFolder(Path(root), name).path / "weights").write_text("large")


def test_what_a_process_that_ended_left_on_a_node_goes_and_what_another_holds_stays(tmp_path: Path) -> None:
    ended = multiprocessing.get_context("spawn").Process(target=_hold, args=(str(tmp_path), "ended"))
    ended.start()
    ended.join()
    assert (tmp_path / "ended" / "weights").exists()
    mine = OwnFolder(tmp_path, "mine")
    (mine.path / "weights").write_text("large")
    other = OwnFolder(tmp_path, "other")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["mine", "other"]
    assert (mine.path / "weights").exists()
    other.remove()
    mine.remove()
    assert list(tmp_path.iterdir()) == []
