"""
A fine-tune that shares tensors with a base and does not say so, from the unmodified `hf upload` to the verdict that turns
when its owner confirms; on a server with its worker.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server, running
from tests.vetting.suspects_world import BASE, TUNED
from tests.vetting.weight_files import gguf

PEOPLE = """
users:
  - {name: maker, tokens: [{name: test, value: cw_maker, role: write}]}
  - {name: tuner, tokens: [{name: test, value: cw_tuner, role: write}]}
"""
PATIENCE = 60.0  # seconds until the worker has read and compared what was uploaded
PLACE = "/cw/v1/models/tuner/tuned/suspects"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, own_database: dict[str, str]) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("suspected")
    (folder / "people.yaml").write_text(PEOPLE)
    with running(folder / "home", environment={**own_database, "COMMONWEIGHT_DEVELOPMENT": "1"}) as server:
        server.command("seed", str(folder / "people.yaml"))
        yield server


def upload(server: Server, folder: Path, who: str, name: str, licence: str, files: dict[str, bytes]) -> None:
    """`hf upload who/name folder .`"""
    place = folder / name
    place.mkdir(parents=True)
    (place / "README.md").write_text(f"---\nlicense: {licence}\n---\n# {name}\n")
    for path, content in files.items():
        (place / path).write_bytes(content)
    environment = {**os.environ, "HF_ENDPOINT": server.address, "HF_HOME": str(folder / "hf"), "HF_TOKEN": f"cw_{who}"}
    program = str(Path(sys.executable).with_name("hf"))
    done = subprocess.run(
        [program, "upload", f"{who}/{name}", str(place), "."], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def ask(server: Server, path: str, who: str = "", method: str = "GET", body: Any = None) -> tuple[int, Any]:
    status, _, answer = server.request(path, method=method, token=f"cw_{who}" if who else None, body=body)
    return status, json.loads(answer)


def waited_for(server: Server) -> dict[str, Any]:
    """The suspicion, once the worker has found it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        _, answer = ask(server, PLACE, "tuner")
        if answer["suspects"]:
            found: dict[str, Any] = answer["suspects"][0]
            return found
        time.sleep(0.2)
    raise AssertionError("nothing was suspected")


def licences(server: Server) -> list[str]:
    _, rights = ask(server, "/cw/v1/models/tuner/tuned/rights")
    return sorted(rights["verdict"]["verdict"]["terms_digests"])


def test_an_undeclared_base_is_suspected_told_to_the_owner_alone_and_turns_the_verdict_when_confirmed(
    server: Server, tmp_path: Path
) -> None:
    upload(server, tmp_path, "maker", "base", "cc-by-nc-4.0", {"model.safetensors": BASE})
    upload(server, tmp_path, "tuner", "tuned", "mit", {"model.safetensors": TUNED})
    found = waited_for(server)
    assert (found["base"], found["strength"], found["evidence"]["tensors"]) == ("maker/base", "strong", 2)
    assert 0.5 < found["share"] < 0.7
    assert [status for status, _ in (ask(server, PLACE), ask(server, PLACE, "maker"))] == [401, 403]
    _, _, page = server.request("/tuner/tuned/lineage")
    assert b"maker/base" not in page
    assert licences(server) == ["mit"]
    status, confirmed = ask(server, f"{PLACE}/{found['id']}/confirm", "tuner", "POST", {})
    assert (status, confirmed["state"]) == (200, "confirmed")
    assert licences(server) == ["cc-by-nc-4.0", "mit"]
    _, _, page = server.request("/tuner/tuned/lineage")
    assert b"maker/base" in page


def test_a_header_that_says_llama_beside_a_card_that_says_mit_is_shown_with_who_says_what(
    server: Server, tmp_path: Path
) -> None:
    data = gguf({"general.architecture": "llama", "general.license": "llama3"}, {"w": b"\1\2\3\4" * 64})
    upload(server, tmp_path, "tuner", "tiny-GGUF", "mit", {"tiny.gguf": data})
    _, rights = ask(server, "/cw/v1/models/tuner/tiny-GGUF/rights")
    conflicts = rights["verdict"]["verdict"]["label_conflicts"]
    [found] = [one["says"] for one in conflicts if one["kind"] == "named_otherwise"]
    assert found == "tiny-GGUF: the header of a file says llama-3, the card says mit."
