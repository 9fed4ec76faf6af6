"""
A whole installation whose tunings are trained on a real Ray cluster of two nodes: waited for while it is away, gone on with
on another node when one is lost, and after the worker was killed.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from tests.long.ray_nodes import Nodes, free_ports, ray_nodes
from tests.support.server import running
from tests.tuning.journey import ENVIRONMENT, KEY, World, publish_base
from tests.tuning.training_world import need_training

pytest.importorskip("ray", reason="needs Ray: pip install -r requirements/ray.txt (make test-long does)")
pytestmark = pytest.mark.long
WAIT_S = 400.0
NODE_BYTES = 3 << 30
TENFOLD = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 10}}}


class Cluster:
    """Not there before `start`."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.port = free_ports(1)[0]
        self.nodes: Nodes | None = None

    def start(self) -> Nodes:
        folder = self._stack.enter_context(
            tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True)  # a short path
        )
        made = ray_nodes(Path(folder), memory=NODE_BYTES, cpus=8, port=self.port)
        self.nodes = self._stack.enter_context(made)
        return self.nodes


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(stack)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path, cluster: Cluster) -> Iterator[World]:
    need_training()
    folder = tmp_path_factory.mktemp("tuning")
    settings = {"COMMONWEIGHT_RAY_ADDRESS": f"127.0.0.2:{cluster.port}", "COMMONWEIGHT_ENGINE_THREADS": "1"}
    with running(folder / "home", environment={**ENVIRONMENT, **settings}) as server:
        asyncio.run(publish_base(server, tiny_base, folder))
        yield World(server, openai.OpenAI(base_url=f"{server.address}/v1", api_key=KEY, max_retries=2))


def until(condition: Callable[[], Any], said: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WAIT_S
    while not (found := condition()):
        assert time.monotonic() < deadline, said()
        time.sleep(0.3)
    return found


def told(world: World, job: Any, beginning: str) -> list[str]:
    return [message for message in world.messages(job) if message.startswith(beginning)]


def trained_to(world: World, job: Any, step: int) -> None:
    until(
        lambda: world.own(f"/tuning/jobs/{job.id}")["progress"].get("step", 0) >= step,
        lambda: world.messages(job),
    )


def ended(world: World, job: Any) -> Any:
    until(
        lambda: world.own(f"/tuning/jobs/{job.id}")["status"] in ("succeeded", "failed", "cancelled"),
        lambda: world.messages(job),
    )
    return world.client.fine_tuning.jobs.retrieve(job.id)


def test_a_tuning_waits_for_the_cluster_and_a_lost_node_costs_what_came_after_its_last_checkpoint(
    world: World, cluster: Cluster
) -> None:
    job = world.tune(suffix="there", method=TENFOLD)
    until(lambda: told(world, job, "Waiting for the Ray cluster: nothing answers at"), lambda: world.messages(job))
    nodes = cluster.start()
    (first,) = until(lambda: told(world, job, "Training runs on the node"), lambda: world.messages(job))
    (lost,) = [node for node in nodes.workers if f"({node.address})" in first]
    trained_to(world, job, 40)  # an epoch has 26
    lost.kill()
    (said,) = until(lambda: told(world, job, "The node was lost"), lambda: world.messages(job))
    assert int(said.rpartition(" ")[2]) >= 26
    job = ended(world, job)
    assert job.status == "succeeded", (job.error, world.messages(job))
    assert len(told(world, job, "Training runs on the node")) == 2
    assert job.fine_tuned_model.startswith("ft:tiny:acme:there:")
    assert world.right(job.fine_tuned_model, 20) >= 0.95


def test_it_goes_on_after_a_pause_and_after_its_worker_was_killed(world: World, cluster: Cluster) -> None:
    assert cluster.nodes is not None, "the test before starts it"
    job = world.tune(method=TENFOLD)
    trained_to(world, job, 25)
    world.client.fine_tuning.jobs.pause(job.id)
    (paused,) = until(lambda: told(world, job, "Training is paused at step"), lambda: world.messages(job))
    assert int(paused.rpartition(" ")[2]) >= 25
    world.client.fine_tuning.jobs.resume(job.id)
    trained_to(world, job, 65)
    for worker in workers_of(world):
        worker.kill()
    job = ended(world, job)
    assert job.status == "succeeded", (job.error, world.messages(job))
    assert len(told(world, job, "Training runs on the node")) == 3
    assert world.right(job.fine_tuned_model, 20) >= 0.95


def workers_of(world: World) -> list[psutil.Process]:
    """The worker of the installation, without its children: they have to end by themselves."""
    children = psutil.Process(world.server.pid).children()
    return [child for child in children if "commonweight.worker" in " ".join(child.cmdline())]
