"""Two workers on two nodes of a real Ray cluster train one model; when one is lost, both go on from the last checkpoint."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from commonweight.serving.ray import Cluster, Needs
from commonweight.tuning.training import Kind, Place, TrainingEvent
from commonweight.tuning.training.ray import RayTrainer
from tests.long.ray_nodes import Nodes, ray_nodes
from tests.tuning.training_world import Heard, a_spec, need_training

pytest.importorskip("ray", reason="needs Ray: pip install -r requirements/ray.txt (make test-long does)")
pytestmark = pytest.mark.long
NODE_BYTES = 3 << 30


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    need_training()
    with (
        tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder,  # a short path
        ray_nodes(Path(folder), memory=NODE_BYTES, cpus=2) as started,  # room for both on one, when the other is lost
    ):
        yield started


@pytest.fixture
async def cluster(nodes: Nodes) -> AsyncIterator[Cluster]:
    async with Cluster.joined(nodes.address) as joined:
        yield joined


async def test_a_lost_worker_has_both_go_on_from_the_last_checkpoint(
    cluster: Cluster, nodes: Nodes, tiny_base: Path, tmp_path: Path
) -> None:
    spec = a_spec(tmp_path / "tuning", tiny_base)
    on_ray = RayTrainer(cluster, Needs(cpus=1.0), tmp_path / "nodes", workers=2)
    killed: list[str] = []

    async def kill(event: TrainingEvent) -> None:
        if event.kind is Kind.STEP and event.data["step"] == 33 and not killed:
            assert on_ray._placed is not None
            (lost,) = [node for node in nodes.workers if f"({node.address})" in on_ray._placed.names[1]]
            killed.append(lost.address)
            await asyncio.to_thread(lost.kill)

    heard = Heard(lambda event: kill(event))
    trained = await asyncio.wait_for(on_ray.run(spec, heard), 500)
    placed, lost, again = heard.of(Kind.PLACE)
    assert (placed["state"], placed["workers"]) == (Place.NODE, 2)
    assert all(f"({node.address})" in placed["node"] for node in nodes.workers), "one on each"
    assert (lost["state"], lost["step"]) == (Place.LOST, 20)
    assert again["state"] == Place.NODE
    assert killed[0] not in again["node"]
    steps = [step["step"] for step in heard.of(Kind.STEP)]
    assert (steps.count(1), steps.count(21), steps[-1]) == (1, 2, 60)
    assert trained.sample is not None
    assert trained.sample.exact >= 0.95 * trained.sample.asked
    assert (trained.steps, trained.hyperparameters["workers"]) == (60, 2)
