"""A whole installation whose llama.cpp engines run on a real Ray cluster: a node is killed under load, requests go on."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.long.ray_nodes import Node, Nodes, ray_nodes
from tests.long.test_serving_faults import MODEL, one_request, under_load
from tests.support.server import Server, running

pytest.importorskip("ray", reason="needs Ray: pip install -r requirements/ray.txt (make test-long does)")
pytestmark = pytest.mark.long
WAIT_S = 300.0  # an actor is a Python process that imports Ray; a busy machine takes its time


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with (
        tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder,  # a short path
        ray_nodes(Path(folder)) as started,
    ):
        yield started


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, nodes: Nodes) -> Iterator[Server]:
    settings = {
        "COMMONWEIGHT_RAY_ADDRESS": nodes.address,
        "COMMONWEIGHT_CONTEXT_TOKENS": "512",
        "COMMONWEIGHT_ENGINE_THREADS": "1",
    }
    with running(tmp_path_factory.mktemp("ray") / "home", starter=True, environment=settings) as started:
        yield started


def engines_on(node: Node) -> list[psutil.Process]:
    """llama.cpp's processes below those of a node."""
    found = []
    for process in (child for one in node.processes if one.is_running() for child in one.children(recursive=True)):
        try:
            if any("llamacpp_main" in word for word in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_a_node_that_is_lost_under_load_takes_no_other_request_along(server: Server, nodes: Nodes) -> None:
    order = {"model": MODEL, "least": 2, "most": 2}
    status, _, text = server.request("/cw/v1/serving/orders", method="PUT", token=server.admin_token, body=order)
    assert status in (200, 201), text
    until(lambda: all(engines_on(node) for node in nodes.workers))
    assert one_request(server, stream=False) == "done"
    lost, other = nodes.workers
    outcomes = under_load(server, lost.kill)
    assert set(outcomes) <= {"done", "engine_lost", "engine_overloaded"}, outcomes
    assert engines_on(other)
    assert not engines_on(lost)
    assert one_request(server, stream=True) == "done"
