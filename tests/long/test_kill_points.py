"""The whole installation is killed at 200 random points; what was acknowledged is there, and nothing is half made."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from tests.kill_points.harness import Harness
from tests.support.server import Server
from tests.tuning.conversions.world import CONFIG, weights
from tests.tuning.converting.models import byte_tokenizer

pytestmark = pytest.mark.long

POINTS = int(os.environ.get("KILL_POINTS", "200"))
SEED = int(os.environ.get("KILL_SEED", "20261201"))
BASE = "operator/base"
CONVERSION_EVERY, COLLECTION_EVERY, WHOLE_CHECK_EVERY = 20, 3, 25
FINISH_S = 300


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, own_database: dict[str, str]) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("kill-points") / "home", environment=own_database).start()
    yield server
    server.stop()


def test_nothing_acknowledged_is_lost_and_nothing_is_half_made(server: Server, tmp_path: Path) -> None:
    _publish_base(server, tmp_path / "base")
    harness, conversions, refused = Harness(server, tmp_path, SEED), [], []
    for point in range(1, POINTS + 1):
        if point % CONVERSION_EVERY == 1:
            target = f"operator/made-{point}"
            said = server.command("convert", BASE, "--to", target, "--format", "F16,Q8_0", "--no-score", "--no-wait")
            conversions.append((said.split()[0], target))
        collect = point % COLLECTION_EVERY == 0
        told = harness.kill_once(collect=collect)
        # What is being uploaded while three weeks go by at once may be refused; nothing else may, and never by a failure.
        refused += [one for one in told.refused if not collect or (one["status"] or 500) >= 500]
        if point % WHOLE_CHECK_EVERY == 0:
            harness.check_everything()
    assert refused == []
    assert harness.check_everything() > 0
    assert {"create", "commit", "branch", "squash", "delete"} <= set(harness.kinds)
    for made, target in conversions:
        _check_conversion(server, made, target)
    assert server.command("storage", "scrub").endswith(": 0 damaged.")


def _publish_base(server: Server, folder: Path) -> None:
    """The tiny Llama that is converted."""
    folder.mkdir()
    byte_tokenizer(folder)
    (folder / "model.safetensors").write_bytes(weights())
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Tiny\n")
    api = HfApi(server.address, token=server.admin_token)
    api.create_repo(BASE)
    api.upload_folder(repo_id=BASE, folder_path=folder)


def _check_conversion(server: Server, made: str, target: str) -> None:
    """It came to its end, whatever was killed under it, and its files are whole."""
    deadline = time.monotonic() + FINISH_S
    while True:
        status, _, body = server.request(f"/cw/v1/conversions/{made}", token=server.admin_token)
        said = json.loads(body)
        if said["status"] not in ("queued", "running") or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert (status, said["status"]) == (200, "succeeded"), body
    name = target.partition("/")[2]
    for file in (f"{name}-F16.gguf", f"{name}-Q8_0.gguf"):
        status, _, body = server.request(f"/{target}/resolve/main/{file}", token=server.admin_token)
        assert (status, body[:4]) == (200, b"GGUF"), (file, status)
