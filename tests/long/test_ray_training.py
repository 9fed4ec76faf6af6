"""A training on a real Ray cluster of two nodes; a lost node costs what came after its last checkpoint."""

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
from tests.tuning.training_world import Heard, a_spec, digest, need_training, trainer

pytest.importorskip("ray", reason="needs Ray: pip install -r requirements/ray.txt (make test-long does)")
pytestmark = pytest.mark.long
NODE_BYTES = 1 << 30


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    need_training()
    with (
        tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder,  # a short path
        ray_nodes(Path(folder), memory=NODE_BYTES) as started,
    ):
        yield started


@pytest.fixture
async def cluster(nodes: Nodes) -> AsyncIterator[Cluster]:
    async with Cluster.joined(nodes.address) as joined:
        yield joined


async def test_a_lost_node_costs_what_came_after_its_last_checkpoint(
    cluster: Cluster, nodes: Nodes, tiny_base: Path, tmp_path: Path
) -> None:
    spec = a_spec(tmp_path / "here", tiny_base)
    here = await trainer(tmp_path / "log").run(spec, Heard())
    there = a_spec(tmp_path / "there", tiny_base, checkpoint_seconds=0.3)
    on_ray = RayTrainer(cluster, Needs(cpus=1.0), tmp_path / "nodes")
    killed = []

    async def kill(event: TrainingEvent) -> None:
        if event.kind is Kind.STEP and event.data["step"] == 33 and not killed:
            placed = await node_of(on_ray)
            (lost,) = [node for node in nodes.workers if node.address == placed]
            killed.append(lost)
            await asyncio.to_thread(lost.kill)

    heard = Heard(lambda event: kill(event))
    trained = await asyncio.wait_for(on_ray.run(there, heard), 500)
    assert killed
    assert [place["state"] for place in heard.of(Kind.PLACE)] == [Place.NODE, Place.LOST, Place.NODE]
    assert heard.of(Kind.PLACE)[1]["step"] > 0
    steps = [step["step"] for step in heard.of(Kind.STEP)]
    assert steps.count(1) == 1, "it did not begin anew"
    assert digest(trained) == digest(here)
    assert trained.adapter == there.folder / "adapter"


async def node_of(on_ray: RayTrainer) -> str:
    import ray

    assert on_ray._placed is not None
    (found,) = [node for node in ray.nodes() if node["NodeID"] == on_ray._placed.nodes[0]]
    return str(found["NodeManagerAddress"])
